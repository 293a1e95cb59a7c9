"""The way to Claude in the admin: its providers, and its stops with the one thing to do about them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from chatapp.claude import providers, trial
from chatapp.claude.models import Provider, Stop
from chatapp.telemetry.history import SaysWhatChanged


@admin.register(Provider)
class ProviderAdmin(SaysWhatChanged):
    list_display = ("name", "kind", "position", "enabled", "state", "price_percent")
    actions = ("try_it",)
    fieldsets = (
        (None, {"fields": ("name", "kind", "position", "enabled")}),
        ("Where, and as whom", {"fields": ("base_url", "key_variable", "region", "project")}),
        ("What, and for how much", {"fields": ("model_names", "price_percent")}),
    )

    @admin.display(description="State")
    def state(self, row: Provider) -> str:
        if not row.enabled:
            return "not asked"
        return providers.obstacle(row.provider()) or "can be asked"

    @admin.action(description="Try it (asks nothing that costs money)", permissions=["change"])
    def try_it(self, request: HttpRequest, rows: QuerySet[Provider]) -> None:
        for row in rows:
            finding = trial.attempt(row.provider())
            messages.add_message(request, messages.SUCCESS if finding.good else messages.ERROR, finding.sentence)

    def save_model(self, request: HttpRequest, obj: Provider, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        sentence = providers.obstacle(obj.provider())
        if obj.enabled and sentence:
            messages.warning(request, f"The provider {obj.name} is passed over for now. {sentence}")


@admin.register(Stop)
class StopAdmin(admin.ModelAdmin):
    """The product itself writes them; a person ends them, once."""

    actions = None
    list_display = ("what", "kind", "since", "state", "ended_at")
    list_select_related = ("ended_by",)
    fields = ("what", "kind", "detail", "since", "state", "ended_at")
    change_form_template = "admin/claude/stop.html"

    @admin.display(description="Provider", ordering="provider")
    def what(self, stop: Stop) -> str:
        return stop.provider or "Claude"

    @admin.display(description="State")
    def state(self, stop: Stop) -> str:
        if stop.ended_at is None:
            return "nothing is asked"
        return f"ended by {stop.ended_by or 'somebody who is gone'}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Stop | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Stop | None = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        end = self.admin_site.admin_view(require_POST(self.end))
        return [path("<int:pk>/end/", end, name="chatapp_stop_end"), *super().get_urls()]

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not _may_end(request):
            raise PermissionDenied
        stop = Stop.objects.filter(pk=pk).first()
        if stop is None:
            raise Http404
        if Stop.end(pk, request.user.pk or 0, timezone.now()):
            self.log_change(request, stop, "Answers may be asked for again.")
            messages.success(request, "Answers may be asked for again; every process knows within two seconds.")
        else:
            messages.warning(request, "This stop was over already.")
        return redirect("admin:chatapp_stop_change", pk)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        stop = context.get("original")
        context["may_end"] = bool(stop and stop.ended_at is None and _may_end(request))
        return super().render_change_form(request, context, *args, **kwargs)


def _may_end(request: HttpRequest) -> bool:
    return request.user.has_perm("chatapp.change_stop")
