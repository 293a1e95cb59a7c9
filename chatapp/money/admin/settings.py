"""The money's settings: one row."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from chatapp.money.models import MoneySettings
from chatapp.telemetry.history import SaysWhatChanged


class MoneySettingsForm(forms.ModelForm):
    time_zone = forms.ChoiceField(
        help_text="When a day and a month end for every limit. What was charged before a change keeps its day.",
        error_messages={"invalid_choice": "No time zone has this name. Europe/Berlin and UTC are examples."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "time_zone" in self.fields:
            names = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
            self.fields["time_zone"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]


@admin.register(MoneySettings)
class MoneySettingsAdmin(SaysWhatChanged):
    """One row: the list leads straight to it, and it is neither added nor deleted by hand."""

    form = MoneySettingsForm
    fields = ("time_zone", "contact")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        row, _ = MoneySettings.objects.get_or_create(pk=1)
        return redirect("admin:chatapp_moneysettings_change", row.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: MoneySettings | None = None) -> bool:
        return False
