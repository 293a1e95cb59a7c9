"""The alarms in the admin: a list to read, and who is told of them, with a test of every channel."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from chatapp.money.admin.closed import NOTHING, ReadAdmin, moment
from chatapp.telemetry import post
from chatapp.telemetry.alarm_settings import AlarmSettings
from chatapp.telemetry.alarms import Alarm
from chatapp.telemetry.post import Telling
from chatapp.turns.admin.single import SingleAdmin


@admin.register(Alarm)
class AlarmAdmin(ReadAdmin):
    list_display = ("cause", "sentence", "since", "over", "told", "last_failure")
    list_filter = ("kind",)
    fields = ("cause", "kind", "sentence", "since", "last_seen", "over", "told", "last_failure")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alarm]:
        rows: QuerySet[Alarm] = super().get_queryset(request)
        return rows.prefetch_related("tellings")

    @admin.display(description="Over", ordering="cleared_at")
    def over(self, alarm: Alarm) -> str:
        return moment(alarm.cleared_at) if alarm.cleared_at else "not yet"

    @admin.display(description="Told")
    def told(self, alarm: Alarm) -> str:
        return "; ".join(_told(telling) for telling in _tellings(alarm)) or "nobody"

    @admin.display(description="Last failure")
    def last_failure(self, alarm: Alarm) -> str:
        return " ".join(f"{one.channel}: {one.failure}" for one in _tellings(alarm) if one.failure) or NOTHING


@admin.register(AlarmSettings)
class AlarmSettingsAdmin(SingleAdmin):
    change_form_template = "admin/alarms/settings.html"
    fieldsets = (
        ("Who is told", {"fields": ("addresses", "sender", "webhook_url", "secret_variable", "site")}),
        ("Answers", {"fields": ("minutes", "least_turns", "error_percent", "first_word_ms")}),
        ("Everything else", {"fields": ("spend_percents", "away_seconds", "retire_days", "quiet_minutes")}),
    )

    def get_urls(self) -> list[Any]:
        test = self.admin_site.admin_view(require_POST(self.test))
        return [path("test/", test, name="chatapp_alarmsettings_test"), *super().get_urls()]

    def test(self, request: HttpRequest) -> HttpResponse:
        """One message on every channel, as it was last saved."""
        if not _may_test(request):
            raise PermissionDenied
        tried = post.try_out(AlarmSettings.current(), timezone.now())
        for one in tried:
            messages.add_message(request, messages.SUCCESS if one.ok else messages.ERROR, one.sentence)
        if not tried:
            messages.warning(request, "Nothing was sent: there is neither an e-mail address nor a webhook. Save one.")
        return redirect("admin:chatapp_alarmsettings_changelist")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["may_test"] = _may_test(request)
        return super().render_change_form(request, context, *args, **kwargs)


def _may_test(request: HttpRequest) -> bool:
    return request.user.has_perm("chatapp.change_alarmsettings")


def _tellings(alarm: Any) -> list[Telling]:
    return sorted(alarm.tellings.all(), key=lambda telling: telling.channel)


def _told(telling: Telling) -> str:
    if telling.told_at is None:
        tries = f"{telling.tries} {'try' if telling.tries == 1 else 'tries'}"
        again = f"again at {moment(telling.next_at)}" if telling.next_at else "given up"
        return f"{telling.channel} not yet ({tries}, {again})" if telling.tries else f"{telling.channel} soon"
    end = f", its end {moment(telling.over_told_at)}" if telling.over_told_at else ""
    return f"{telling.channel} {moment(telling.told_at)}{end}"
