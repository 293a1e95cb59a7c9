"""Operators' stops in the database: written once, read in the background, never on a request's own way."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from chatapp.claude.breaker import STOPS, Stopped
from chatapp.claude.failures import FailureKind
from chatapp.claude.models import Stop

_KINDS = {kind.value: kind for kind in STOPS}


def write(provider: str, stopped: Stopped, detail: str) -> bool:
    """Whether no other process had said so yet."""
    if Stop.objects.filter(provider=provider, ended_at=None).exists():
        return False
    try:
        with transaction.atomic():
            Stop.objects.create(provider=provider, kind=stopped.kind.value, detail=detail, since=stopped.since)
    except IntegrityError:
        return False
    return True


def standing() -> dict[str, Stopped]:
    """The stops that hold, by provider."""
    rows = Stop.objects.filter(ended_at=None).values_list("provider", "kind", "since")
    # A kind that this version does not know stops as well as any other.
    return {provider: Stopped(_KINDS.get(kind, FailureKind.BILLING), since) for provider, kind, since in rows}
