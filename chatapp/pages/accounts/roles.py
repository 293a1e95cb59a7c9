"""The roles that a new house has, as Django's groups with their permissions."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q

_REVIEWS: Final = ("review_transcripts", "reveal_transcripts", "export_reviews")
_TABLES_OF_READERS: Final = ("visit", "chain", "review", "note", "item", "turn", "conversation", "attempt")

# Everything an administrator does, and no transcript. Who is to lead the reviewers gets `lead_reviews` by hand.
ROLES: Final = {
    "admin": Q(content_type__app_label__in=("chatapp", "auth"))
    & ~Q(content_type__app_label="chatapp", content_type__model__in=_TABLES_OF_READERS)
    # Who may have everything of a person handed out reads transcripts, and who may erase cannot be undone.
    & ~Q(codename__in=("export_person", "erase_person")),
    "reviewer": Q(codename__in=_REVIEWS),
    "auditor": Q(codename__in=("audit_readings", "view_entry", "view_hold", "view_budget", "view_grant", "view_price")),
    "user": Q(pk=None),
}


def ensure(**_: Any) -> None:
    """After every migration: a role that is missing is made; one that is there is what its administrator made of it."""
    for name, allowed in ROLES.items():
        group, made = Group.objects.get_or_create(name=name)
        if made:
            group.permissions.set(Permission.objects.filter(allowed))


def welcome(user: User) -> None:
    """Whoever signs up is a user, where there is still such a role."""
    user.groups.set(Group.objects.filter(name="user"))
