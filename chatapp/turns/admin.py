"""What people get when Claude cannot answer, as an administrator chooses it: one row."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from chatapp.money import prices
from chatapp.turns.fallbacks import Fallbacks


class FallbacksForm(forms.ModelForm):
    def clean_stand_in(self) -> str:
        model: str = self.cleaned_data["stand_in"].strip()
        if model:
            try:
                prices.of(model, timezone.now())
            except prices.UnknownPrice:
                raise ValidationError(
                    f"The price book knows no model called {model}, so it could not answer anything."
                ) from None
        return model


@admin.register(Fallbacks)
class FallbacksAdmin(admin.ModelAdmin):
    """One row: the list leads straight to it, and it is neither added nor deleted by hand."""

    form = FallbacksForm
    fields = ("retries", "stand_in", "other_providers", "kept_hours", "later")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        row = Fallbacks.objects.first() or Fallbacks.objects.create(pk=1)
        return redirect("admin:chatapp_fallbacks_change", row.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Fallbacks | None = None) -> bool:
        return False
