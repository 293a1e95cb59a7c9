"""The catalogue of models in the admin: what each can do, who may use it, and for how long it answers."""

from __future__ import annotations

import asyncio
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from chatapp.claude import lifecycle
from chatapp.claude.failures import Failure
from chatapp.claude.models import Model
from chatapp.telemetry.history import SaysWhatChanged


@admin.register(Model)
class ModelAdmin(SaysWhatChanged):
    list_display = ("name", "state", "enabled", "offered", "for_whom", "window_tokens", "output_tokens", "better")
    search_fields = ("name",)
    filter_horizontal = ("groups",)
    change_list_template = "admin/claude/catalogue.html"
    fieldsets = (
        (None, {"fields": ("name", "position", "enabled", "offered", "groups", "better")}),
        ("What it can do", {"fields": ("manners", "window_tokens", "output_tokens", "cacheable_tokens")}),
        ("For how long", {"fields": ("not_before", "retires_on", "said")}),
    )
    readonly_fields = ("said",)

    @admin.display(description="State")
    def state(self, row: Model) -> str:
        today = timezone.now().date()
        days = row.days_left(today)
        if days is not None:
            return f"retires on {row.retires_on}, in {days} days" if days > 0 else f"retired on {row.retires_on}"
        words = row.get_lifecycle_display()
        return f"{words}, not before {row.not_before}" if row.not_before and row.not_before > today else str(words)

    @admin.display(description="For")
    def for_whom(self, row: Model) -> str:
        return ", ".join(group.name for group in row.groups.all()) or "everybody"

    @admin.display(description="The Models API says")
    def said(self, row: Model) -> str:
        if row.checked_at is None:
            return "It was not asked yet."
        words = ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in row.theirs.items())
        return f"{row.get_lifecycle_display()}; {words or 'nothing else'} ({row.checked_at:%Y-%m-%d %H:%M})"

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        # Prices, answers and settings know it by its name.
        return (*self.readonly_fields, "name") if obj else self.readonly_fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def get_urls(self) -> list[Any]:
        look = self.admin_site.admin_view(require_POST(self.check_now))
        return [path("check/", look, name="chatapp_model_check"), *super().get_urls()]

    def check_now(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("chatapp.change_model"):
            raise PermissionDenied
        try:
            said = asyncio.run(lifecycle.listed_once()).models
        except Failure as failure:
            messages.error(request, f"The list of models could not be read ({failure.kind}): {failure.detail}")
        else:
            found = lifecycle.keep(said, timezone.now())
            for sentence in found:
                messages.warning(request, sentence)
            if not found:
                messages.success(request, f"Claude lists {len(said)} models; everything in use agrees with the list.")
        return redirect("admin:chatapp_model_changelist")
