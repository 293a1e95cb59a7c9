"""The price book: a new price is a new row, and a row that was used stays."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.utils import timezone

from chatapp.money.admin.closed import KeptAdmin
from chatapp.money.models import Hold, Price
from chatapp.money.models.prices import CHEAPEST, DEAREST, DEAREST_SEARCH, MULTIPLIERS, RATES

TOO_LOW = "A price is an amount above zero: US dollars per million tokens."
TOO_HIGH = "More than $10,000 per million tokens. Is that a price per token, or in cents?"


class PriceForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in RATES:
            self._bound(name, CHEAPEST, TOO_LOW, DEAREST, TOO_HIGH)
        for name in MULTIPLIERS:
            self._bound(name, Decimal("0.01"), "A multiplier is a number like 0.5 or 1.1.", None, "")
        searching = "A search never costs less than nothing.", "More than $10 for a search. Is that the price of many?"
        self._bound("search", Decimal(0), searching[0], DEAREST_SEARCH, searching[1])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        model, day = cleaned.get("model"), cleaned.get("valid_from")
        if model and day and _used(model, day):
            raise ValidationError(
                {"valid_from": "Answers were charged by the list of this day already. Choose the day of the change."}
            )
        return cleaned

    def _bound(self, name: str, low: Decimal, too_low: str, high: Decimal | None, too_high: str) -> None:
        """Say it in our words before the model says it in Django's."""
        if name not in self.fields:
            return
        ours: list[Any] = [MinValueValidator(low, too_low)]
        if high is not None:
            ours.append(MaxValueValidator(high, too_high))
        theirs = tuple(type(validator) for validator in ours)
        field = self.fields[name]
        field.validators = [*(one for one in field.validators if not isinstance(one, theirs)), *ours]


@admin.register(Price)
class PriceAdmin(KeptAdmin):
    form = PriceForm
    list_display = ("model", "since", "band", *RATES, "standing")
    search_fields = ("model",)
    fieldsets = (
        (None, {"fields": ("model", "valid_from", "prompt_above")}),
        ("US dollars per million tokens", {"fields": RATES}),
        ("Where it costs something else", {"fields": (*MULTIPLIERS, "search")}),
    )

    def get_list_display(self, request: HttpRequest) -> Any:
        return [_plain(name) if name in RATES else name for name in self.list_display]

    @admin.display(description="From", ordering="valid_from")
    def since(self, price: Price) -> str:
        return price.valid_from.isoformat()

    @admin.display(description="Prompts", ordering="prompt_above")
    def band(self, price: Price) -> str:
        return f"above {price.prompt_above:,}" if price.prompt_above else "all"

    @admin.display(description="State")
    def standing(self, price: Price) -> str:
        if price.valid_from > _today():
            return "to come"
        later = Price.objects.filter(model=price.model, valid_from__lte=_today(), valid_from__gt=price.valid_from)
        return "replaced" if later.exists() else "in force"

    def has_delete_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        if obj is None:
            return False  # nothing is deleted by the dozen
        may = request.user.has_perm("chatapp.delete_price")
        return may and obj.valid_from > _today() and not _used(obj.model, obj.valid_from)

    def save_model(self, request: HttpRequest, obj: Price, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        here = Price.objects.filter(model=obj.model, valid_from=obj.valid_from)
        before = Price.objects.filter(model=obj.model, valid_from__lt=obj.valid_from).order_by("-valid_from").first()
        if not here.filter(prompt_above=0).exists():
            messages.warning(request, "This list begins to count when it has a row for prompts above 0, too.")
        elif before:
            old = Price.objects.filter(model=obj.model, valid_from=before.valid_from, prompt_above__gt=0)
            gone = old.exclude(prompt_above__in=here.values("prompt_above")).values_list("prompt_above", flat=True)
            for tokens in gone:
                messages.warning(
                    request,
                    f"The list before had a price of its own for prompts above {tokens:,} tokens. "
                    "Add that band with the same day, if it stays.",
                )


_HEADINGS = {"write_5m": "Write 5 min", "write_1h": "Write 1 h", "read": "Read"}


def _plain(name: str) -> Any:
    """A column without the zeros that say nothing."""

    @admin.display(description=_HEADINGS.get(name, name.capitalize()), ordering=name)
    def column(price: Price) -> str:
        return f"{getattr(price, name).normalize():f}"

    return column


def _used(model: str, day: Any) -> bool:
    return Hold.objects.filter(model=model, priced_from=day).exists()


def _today() -> Any:
    return timezone.now().astimezone(UTC).date()
