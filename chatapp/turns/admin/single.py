"""Settings of which there is one row: the list leads straight to it, and nobody adds or deletes one."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from chatapp.money import prices
from chatapp.telemetry.history import SaysWhatChanged

_THE_ROW: Final = 1


class SingleAdmin(SaysWhatChanged):
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        row = self.model._default_manager.first() or self.model._default_manager.create(pk=_THE_ROW)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", row.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ModelNameForm(forms.ModelForm):
    """A form that names a model: it can only be asked if it has a price."""

    def _priced(self, name: str) -> str:
        model: str = self.cleaned_data[name].strip()
        if model:
            try:
                prices.of(model, timezone.now())
            except prices.UnknownPrice:
                raise ValidationError(
                    f"The price book knows no model called {model}, so it could not answer anything."
                ) from None
        return model
