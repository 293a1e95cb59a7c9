"""What nobody changes in the admin, superusers neither."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from chatapp.telemetry.history import SaysWhatChanged

NOTHING = "-"


class KeptAdmin(SaysWhatChanged):
    """Rows that are added and then stay as they are: no changes, no deletions, no actions on many."""

    actions = None
    show_full_result_count = False

    class Media:
        css = {"all": ["css/money-admin.css"]}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadAdmin(KeptAdmin):
    """Rows that the product itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


def moment(at: datetime | None) -> str:
    """A time that fits into a column."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else NOTHING
