"""Invitations: making a link that opens sign-up for one person, and using it up."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from chatapp.pages.models import Invitation

LIFETIME = timedelta(days=7)


def make_code() -> str:
    return secrets.token_urlsafe(24)


def hash_code(code: str) -> str:
    """What the database keeps; the code itself has too much randomness to need a slow hash."""
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


def default_expiry() -> datetime:
    return timezone.now() + LIFETIME


def is_good(code: str) -> bool:
    return _good(code).exists()


def redeem(code: str, by: User) -> bool:
    """Uses the invitation up, and says whether this caller was the one who did."""
    return _good(code).update(used_at=timezone.now(), used_by=by) == 1


def _good(code: str) -> QuerySet[Invitation]:
    return Invitation.objects.filter(code_hash=hash_code(code), used_at__isnull=True, expires_at__gt=timezone.now())
