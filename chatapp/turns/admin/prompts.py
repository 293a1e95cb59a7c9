"""The numbered system prompts: drafts, the active one, what is different between two, and who is told which."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from chatapp.context import prompts
from chatapp.context.models import SystemPrompt
from chatapp.telemetry.history import SaysWhatChanged
from chatapp.turns.models import Conversation


class SystemPromptForm(forms.ModelForm):
    def clean_text(self) -> str:
        return str(self.cleaned_data["text"]).replace("\r\n", "\n").strip()


@admin.register(SystemPrompt)
class SystemPromptAdmin(SaysWhatChanged):
    form = SystemPromptForm
    actions = None
    list_display = ("__str__", "stage", "note", "written_by", "written_at", "activated_by", "activated_at", "told")
    list_select_related = ("written_by", "activated_by")
    fields = ("text", "note")
    change_form_template = "admin/prompts/version.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SystemPrompt]:
        count = Conversation.objects.filter(prompt=OuterRef("pk")).values("prompt").annotate(n=Count("pk")).values("n")
        versions: QuerySet[SystemPrompt] = super().get_queryset(request)
        return versions.annotate(conversations=Coalesce(Subquery(count), 0))

    @admin.display(description="Conversations")
    def told(self, row: Any) -> int:
        return int(row.conversations)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"text": prompts.active().text}

    def has_change_permission(self, request: HttpRequest, obj: SystemPrompt | None = None) -> bool:
        draft = obj is None or obj.stage == SystemPrompt.Stage.DRAFT
        return draft and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: SystemPrompt | None = None) -> bool:
        draft = obj is not None and obj.stage == SystemPrompt.Stage.DRAFT
        return draft and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: SystemPrompt, form: forms.ModelForm, change: bool) -> None:
        if change:
            obj.save()
            return
        made = prompts.draft(obj.text, obj.note, request.user.pk, timezone.now())
        obj.__dict__.update(made.__dict__)

    def get_urls(self) -> list[Any]:
        acts = (("activate", self.activate), ("move", self.move))
        return [
            *(
                path(
                    f"<int:pk>/{name}/",
                    self.admin_site.admin_view(require_POST(act)),
                    name=f"chatapp_systemprompt_{name}",
                )
                for name, act in acts
            ),
            *super().get_urls(),
        ]

    def activate(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self._version(request, pk)
        if prompts.activate(pk, request.user.pk, timezone.now()):
            self.log_change(request, version, "Activated: conversations that begin now are told it.")
            messages.success(request, f"{version} is active. Conversations that have begun keep theirs.")
        else:
            messages.warning(request, f"{version} was active already.")
        return redirect("admin:chatapp_systemprompt_change", pk)

    def move(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Every conversation is told this version from its next question on."""
        version = self._version(request, pk)
        if version.stage != SystemPrompt.Stage.ACTIVE:
            messages.warning(request, "Only the active version can be given to conversations that have begun.")
        else:
            moved = Conversation.objects.exclude(prompt=pk).update(prompt=pk)
            self.log_change(request, version, f"{moved} conversations moved on to it.")
            messages.success(request, f"{moved} conversations moved on. Each reads its whole prompt anew once.")
        return redirect("admin:chatapp_systemprompt_change", pk)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        version: SystemPrompt | None = context.get("original")
        if version is not None:
            others = list(SystemPrompt.objects.exclude(pk=version.pk))
            against = _against(request, version, others)
            context["others"], context["against"] = others, against
            context["lines"] = list(prompts.difference(against.text, version.text)) if against else []
            may = _may(request)
            active = version.stage == SystemPrompt.Stage.ACTIVE
            context["may_activate"], context["may_move"] = may and not active, may and active
            context["elsewhere"] = Conversation.objects.exclude(prompt=version.pk).count()
        return super().render_change_form(request, context, *args, **kwargs)

    def _version(self, request: HttpRequest, pk: int) -> SystemPrompt:
        if not _may(request):
            raise PermissionDenied
        version = SystemPrompt.objects.filter(pk=pk).first()
        if version is None:
            raise Http404
        return version


def _may(request: HttpRequest) -> bool:
    return request.user.has_perm("chatapp.change_systemprompt")


def _against(request: HttpRequest, version: SystemPrompt, others: list[SystemPrompt]) -> SystemPrompt | None:
    """The version it is compared with: the one that was chosen, or the active one, or the one before it."""
    wanted = request.GET.get("against", "")
    chosen = next((one for one in others if str(one.number) == wanted), None)
    active = next((one for one in others if one.stage == SystemPrompt.Stage.ACTIVE), None)
    return chosen or active or next((one for one in others if one.number < version.number), None)
