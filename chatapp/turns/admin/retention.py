"""How long conversations are kept, legal holds, and the records of what was deleted: numbers and dates, never words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone

from chatapp.money import standings
from chatapp.money.admin.closed import NOTHING, KeptAdmin, ReadAdmin, moment
from chatapp.money.admin.fields import ConversationField, GroupField
from chatapp.money.models import Scope
from chatapp.turns.models import Conversation
from chatapp.turns.retention import holds, rules
from chatapp.turns.retention.models import Erasure, LegalHold, Retention

LOOK_FIRST = "Nothing is saved yet. This is what the rule deletes; press Save once more to set it."


class RetentionForm(forms.ModelForm):
    group = GroupField("The group's name; empty: everybody whose groups have no rule")

    effect: tuple[int, int] | None = None

    def _post_clean(self) -> None:
        """After everything else is right: a rule that nobody has looked at is shown before it is saved."""
        super()._post_clean()  # type: ignore[misc] # Django's own hook, which the stubs leave out
        if not self.errors and self.changed_data and self.data.get("seen") != self.seen:
            self.effect = rules.effect(self.instance, timezone.now())
            self.add_error(None, LOOK_FIRST)

    @property
    def seen(self) -> str:
        """What was looked at; whoever changes it afterwards looks again."""
        return str(self.instance)


@admin.register(Retention)
class RetentionAdmin(admin.ModelAdmin):
    form = RetentionForm
    actions = None
    list_display = ("whom", "days")
    list_select_related = ("group",)
    fields = ("group", "days")
    change_form_template = "admin/retention/rule.html"

    @admin.display(description="For", ordering="group__name")
    def whom(self, row: Retention) -> str:
        return row.whom

    def get_readonly_fields(self, request: HttpRequest, obj: Retention | None = None) -> tuple[str, ...]:
        """Whom it is for stays: a rule for somebody else is another rule."""
        return ("whom",) if obj else ()

    def get_fields(self, request: HttpRequest, obj: Retention | None = None) -> tuple[str, ...]:
        return ("whom", "days") if obj else ("group", "days")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        effect = getattr(form, "effect", None)
        if effect:
            # There is nothing to correct, only something to look at.
            context.update(conversations=effect[0], people=effect[1], seen=form.seen, rule=form.instance, errors=[])
        context.update(show_save_and_continue=False, show_save_and_add_another=False)
        return super().render_change_form(request, context, *args, **kwargs)


class HoldForm(forms.ModelForm):
    number = ConversationField("The number in its address")

    def clean_number(self) -> Any:
        number = self.cleaned_data["number"]
        if number is None or not Conversation.objects.filter(pk=number).exists():
            raise ValidationError("There is no such conversation, or not any more.")
        return number


class LiftForm(forms.Form):
    because = forms.CharField(
        label="Reason", max_length=400, help_text="Who allows it and why; it stays in the record of the hold."
    )


@admin.register(LegalHold)
class LegalHoldAdmin(KeptAdmin):
    form = HoldForm
    list_display = ("number", "owner", "since", "set_by", "state")
    list_filter = ("since",)
    list_select_related = ("set_by", "lifted_by")
    search_fields = ("=number", "=owner_number")
    search_help_text = "A conversation's or a person's number"
    fields = ("number", "reason")
    change_form_template = "admin/retention/hold.html"

    @admin.display(description="Owner", ordering="owner_number")
    def owner(self, hold: LegalHold) -> str:
        return whom(hold.owner_number)

    @admin.display(description="State")
    def state(self, hold: LegalHold) -> str:
        if hold.lifted_at is None:
            return "nobody can delete it"
        return f"lifted {moment(hold.lifted_at)} by {hold.lifted_by or 'somebody who is gone'}"

    def get_fields(self, request: HttpRequest, obj: LegalHold | None = None) -> tuple[str, ...]:
        seen = ("number", "owner", "reason", "since", "set_by", "state", "lifted_because")
        return seen if obj else ("number", "reason")

    def save_model(self, request: HttpRequest, obj: LegalHold, form: forms.ModelForm, change: bool) -> None:
        placed = holds.place(form.cleaned_data["number"], obj.reason, request.user.pk, timezone.now())
        obj.__dict__.update(placed.__dict__)

    def get_urls(self) -> list[Any]:
        lift = path("<int:pk>/lift/", self.admin_site.admin_view(self.lift), name="chatapp_legalhold_lift")
        return [lift, *super().get_urls()]

    def lift(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks for the reason; from then on the conversation can be deleted like any other."""
        if not may_lift(request):
            raise PermissionDenied
        hold = LegalHold.objects.filter(pk=pk).first()
        if hold is None:
            raise Http404
        form = LiftForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            if holds.lift(hold, form.cleaned_data["because"], request.user.pk, timezone.now()):
                self.log_change(request, hold, "Lifted.")
                messages.success(request, "The hold is lifted: the conversation can be deleted again.")
            else:
                messages.warning(request, "This hold was lifted already.")
            return redirect("admin:chatapp_legalhold_change", pk)
        words = {"hold": hold, "form": form, "title": "Lift this hold?"}
        return render(request, "admin/retention/lift.html", {**self.admin_site.each_context(request), **words})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        hold = context.get("original")
        context["may_lift"] = bool(hold and hold.lifted_at is None and may_lift(request))
        context.update(show_save_and_continue=False, show_save_and_add_another=False)
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Erasure)
class ErasureAdmin(ReadAdmin):
    list_display = ("began", "kind", "person", "by", "conversations", "turns", "files", "done")
    list_filter = ("kind", "began_at")
    search_fields = ("=person_number",)
    search_help_text = "A person's number"
    fields = (
        *("kind", "person", "by", "rule", "conversations", "turns", "files", "file_bytes"),
        *("began_at", "ended_at", "wiped_at"),
    )

    @admin.display(description="When", ordering="began_at")
    def began(self, row: Erasure) -> str:
        return moment(row.began_at)

    @admin.display(description="Whose", ordering="person_number")
    def person(self, row: Erasure) -> str:
        return whom(row.person_number)

    @admin.display(description="By")
    def by(self, row: Erasure) -> str:
        if row.by_number is not None:
            return whom(row.by_number)
        return "retention" if row.kind == Erasure.Kind.RETENTION else "the command line"

    @admin.display(description="Done")
    def done(self, row: Erasure) -> str:
        if row.ended_at is None:
            return "stopped on the way"
        if row.kind == Erasure.Kind.EXPORT or row.wiped_at:
            return "yes"
        return "yes; its last traces go in the night"


def whom(number: int | None) -> str:
    """By name as long as there is one, and by number ever after."""
    return NOTHING if number is None else standings.names_of(Scope.USER, [number])[number]


def may_lift(request: HttpRequest) -> bool:
    return request.user.has_perm("chatapp.change_legalhold")
