"""The review desk in the admin: rules, scorecards, labels, and its settings."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path

from chatapp.money.admin.fields import DollarsField
from chatapp.review import scorecards
from chatapp.review.models import Criterion, Review, ReviewSettings, Rule, Scorecard
from chatapp.turns.admin.single import SingleAdmin
from chatapp.turns.register.models import Label


class RuleForm(forms.ModelForm):
    above_nanodollars = DollarsField(
        label="Dearer than", help_text="US dollars; only for what is dearer than an amount."
    )


@admin.register(Rule)
class RuleAdmin(admin.ModelAdmin):
    form = RuleForm
    actions = None
    list_display = ("__str__", "active", "percent")
    fields = ("kind", "active", "percent", "above_nanodollars")

    def get_readonly_fields(self, request: HttpRequest, obj: Rule | None = None) -> tuple[str, ...]:
        return ("kind",) if obj else ()


class CriterionForm(forms.ModelForm):
    answers = forms.CharField(
        label="Answers", widget=forms.Textarea({"rows": 3, "cols": 24}), help_text="One a line, two to nine."
    )

    class Meta:
        model = Criterion
        fields = ("position", "name", "help")
        widgets: ClassVar = {"name": forms.TextInput({"size": 16}), "help": forms.Textarea({"rows": 3, "cols": 28})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["answers"] = "\n".join(self.instance.choices)

    def clean_answers(self) -> list[str]:
        try:
            return scorecards.answers(self.cleaned_data["answers"].splitlines())
        except scorecards.Unclear as unclear:
            raise forms.ValidationError(str(unclear)) from None

    def save(self, commit: bool = True) -> Criterion:
        self.instance.choices = self.cleaned_data["answers"]
        kept: Criterion = super().save(commit)
        return kept


class CriterionInline(admin.TabularInline):
    model = Criterion
    form = CriterionForm
    extra = 1
    fields = ("position", "name", "help", "answers")

    def has_add_permission(self, request: HttpRequest, obj: Scorecard | None = None) -> bool:
        return not _is_used(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Scorecard | None = None) -> bool:
        return not _is_used(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Scorecard | None = None) -> bool:
        return not _is_used(obj) and super().has_delete_permission(request, obj)


class UploadForm(forms.Form):
    file = forms.FileField(label="File", help_text="JSON, as described below.")


@admin.register(Scorecard)
class ScorecardAdmin(admin.ModelAdmin):
    """Once somebody has reviewed with a scorecard it stays as it is: what was answered must keep its meaning."""

    actions = None
    inlines = (CriterionInline,)
    list_display = ("name", "active", "made_at", "used")
    fields = ("name", "active")
    change_list_template = "admin/review/scorecards.html"

    @admin.display(description="Reviews")
    def used(self, card: Scorecard) -> int:
        return Review.objects.filter(scorecard=card).count()

    def get_readonly_fields(self, request: HttpRequest, obj: Scorecard | None = None) -> tuple[str, ...]:
        return ("name",) if _is_used(obj) else ()

    def has_delete_permission(self, request: HttpRequest, obj: Scorecard | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_used(obj)

    def get_urls(self) -> list[Any]:
        return [
            path("upload/", self.admin_site.admin_view(self.upload), name="chatapp_scorecard_upload"),
            *super().get_urls(),
        ]

    def upload(self, request: HttpRequest) -> HttpResponse:
        """A scorecard from a file; what is wrong in it is said, and nothing is kept of it then."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    card = scorecards.read(form.cleaned_data["file"].read(scorecards.MOST_BYTES + 1))
            except scorecards.Unclear as unclear:
                form.add_error("file", str(unclear))
            else:
                self.log_addition(request, card, "Uploaded.")
                messages.success(request, f"“{card}” is here, and reviewers are asked it from now on.")
                return redirect("admin:chatapp_scorecard_change", card.pk)
        context = {**self.admin_site.each_context(request), "title": "Upload a scorecard", "form": form}
        status = 400 if form.errors else 200
        return TemplateResponse(
            request,
            "admin/review/upload.html",
            {**context, "example": json.dumps(scorecards.EXAMPLE, indent=2)},
            status=status,
        )


@admin.register(Label)
class LabelAdmin(admin.ModelAdmin):
    fields = ("name",)


@admin.register(ReviewSettings)
class ReviewSettingsAdmin(SingleAdmin):
    fields = ("owners_see", "second_percent")


def _is_used(card: Scorecard | None) -> bool:
    return card is not None and Review.objects.filter(scorecard=card).exists()
