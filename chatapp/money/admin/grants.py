"""Grants: an extra amount for a while, with a reason; given once, ended at most once, never rewritten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone

from chatapp.money import amounts
from chatapp.money.admin.closed import KeptAdmin, moment
from chatapp.money.admin.fields import ConversationField, DollarsField, GroupField, PersonField
from chatapp.money.models import Grant

USUAL = timedelta(days=7)


class GrantForm(forms.ModelForm):
    nanodollars = DollarsField(
        label="Amount", help_text="US dollars, like 5 or 0.25; on top of every limit of the scope"
    )
    user = PersonField("The person's name; empty: every person")
    group = GroupField("The group's name; empty: every group")
    conversation_id = ConversationField("The number in its address; empty: every conversation")

    def clean_nanodollars(self) -> int | None:
        nanodollars: int | None = self.cleaned_data["nanodollars"]
        if nanodollars == 0:
            raise ValidationError("A grant of nothing helps nobody.")
        return nanodollars

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at and expires_at <= timezone.now():
            raise ValidationError("This is over already. A grant ends in the future.")
        return expires_at


@admin.register(Grant)
class GrantAdmin(KeptAdmin):
    form = GrantForm
    list_display = ("whom", "amount", "reason", "author", "given", "expires", "state")
    list_filter = ("scope", "given_at")
    list_select_related = ("user", "group", "author", "ended_by")
    search_fields = ("user__username", "group__name", "reason")
    change_form_template = "admin/money/grant.html"
    fieldsets = (
        (None, {"fields": ("scope", "user", "group", "conversation_id")}),
        (None, {"fields": ("nanodollars", "expires_at", "reason")}),
    )

    @admin.display(description="Amount", ordering="nanodollars")
    def amount(self, grant: Grant) -> str:
        return amounts.exact(grant.nanodollars)

    @admin.display(description="For")
    def whom(self, grant: Grant) -> str:
        return grant.whom

    @admin.display(description="Given", ordering="given_at")
    def given(self, grant: Grant) -> str:
        return moment(grant.given_at)

    @admin.display(description="Expires", ordering="expires_at")
    def expires(self, grant: Grant) -> str:
        return moment(grant.expires_at)

    @admin.display(description="State")
    def state(self, grant: Grant) -> str:
        if grant.ended_at:
            return f"ended by {grant.ended_by or 'somebody who is gone'}"
        return "running" if _running(grant) else "run out"

    def get_fieldsets(self, request: HttpRequest, obj: Grant | None = None) -> Any:
        if obj is None:
            return self.fieldsets
        return (
            (None, {"fields": ("whom", "amount", "reason", "author", "given_at", "expires_at", "state", "ended_at")}),
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"scope": "user", "expires_at": timezone.now() + USUAL, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Grant, form: forms.ModelForm, change: bool) -> None:
        obj.author_id = request.user.pk
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[Any]:
        end = path("<int:pk>/end/", self.admin_site.admin_view(self.end), name="chatapp_grant_end")
        return [end, *super().get_urls()]

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask first, then take it back; what was spent of it stays spent."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        grant = Grant.objects.filter(pk=pk).first()
        if grant is None:
            raise Http404
        if request.method == "POST":
            if grant.end(request.user.pk or 0, timezone.now()):
                self.log_change(request, grant, "Ended early.")
                messages.success(
                    request, f"The grant of {amounts.exact(grant.nanodollars)} for {grant.whom} has ended."
                )
            else:
                messages.warning(request, "This grant was over already.")
            return redirect("admin:chatapp_grant_change", pk)
        words = {"grant": grant, "amount": amounts.exact(grant.nanodollars), "title": "End this grant?"}
        return render(request, "admin/money/end_grant.html", {**self.admin_site.each_context(request), **words})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        grant = context.get("original")
        context["may_end"] = bool(grant and _running(grant) and self.has_add_permission(request))
        context.update(show_save_and_continue=False, show_save_and_add_another=False)
        return super().render_change_form(request, context, *args, **kwargs)


def _running(grant: Grant) -> bool:
    return grant.ended_at is None and grant.expires_at > timezone.now()
