"""The price book: what a model's tokens cost from a day on. A row is never changed; a new price is a new row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

RATES = ("input", "output", "write_5m", "write_1h", "read")
MULTIPLIERS = ("batch", "geo", "fast")
# Beyond these somebody has mistyped: dollars for cents, or a price per token for one per million.
DEAREST = Decimal(10_000)
CHEAPEST = Decimal("0.0001")
DEAREST_SEARCH = Decimal(10)


class Unchangeable(ValidationError):
    """Somebody tries to rewrite what money was counted by."""


def _rate(what: str) -> models.DecimalField[Any, Any]:
    return models.DecimalField(
        what,
        max_digits=12,
        decimal_places=6,
        validators=[MinValueValidator(CHEAPEST), MaxValueValidator(DEAREST)],
        help_text="US dollars per million tokens",
    )


def _multiplier(what: str, most: int) -> models.DecimalField[Any, Any]:
    return models.DecimalField(
        what,
        max_digits=6,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(most))],
        help_text="Times the price; empty where it is not offered, and then such a request is refused",
    )


class Price(models.Model):
    """One band of a model's price list. Rows of one model and day belong together and replace all earlier ones."""

    model = models.CharField(max_length=80, help_text="As in a request, for example claude-sonnet-5-5")
    valid_from = models.DateField(help_text="From the beginning of this day, UTC")
    prompt_above = models.PositiveIntegerField(
        "prompts above", default=0, help_text="The band: for prompts of more tokens than this, cached ones included"
    )
    input = _rate("input")
    output = _rate("output")
    write_5m = _rate("5-minute cache write")
    write_1h = _rate("1-hour cache write")
    read = _rate("cache read")
    batch = _multiplier("batch multiplier", 1)
    geo = _multiplier("US-only multiplier", 10)
    fast = _multiplier("fast mode multiplier", 100)
    search = models.DecimalField(
        "per web search",
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(DEAREST_SEARCH)],
        help_text="US dollars for each search; empty where it is not offered",
    )

    class Meta:
        app_label = "chatapp"
        ordering: ClassVar = ["model", "-valid_from", "prompt_above"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["model", "valid_from", "prompt_above"], name="one_price_per_band_and_day"),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{name}__gte": CHEAPEST, f"{name}__lte": DEAREST}), name=f"price_{name}_is_sane"
                )
                for name in RATES
            ),
        ]

    def __str__(self) -> str:
        band = f" above {self.prompt_above:,} tokens" if self.prompt_above else ""
        return f"{self.model} from {self.valid_from}{band}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Unchangeable("A price that was in force is not rewritten. Add a row with the day of the change.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        # A hold that was measured by it could never be settled.
        if self.valid_from <= timezone.now().date():
            raise Unchangeable("A price that was in force stays in the book. Add a row with the day of the change.")
        return super().delete(*args, **kwargs)

    def clean(self) -> None:
        given = {name: getattr(self, name) for name in RATES}
        if any(value is None for value in given.values()):
            return  # the fields say so themselves
        if not given["read"] <= given["input"] <= given["write_5m"] <= given["write_1h"]:
            raise ValidationError(
                "Reading from the cache is never dearer than input, writing never cheaper, and an hour never "
                "cheaper than five minutes. Please look at these four prices again."
            )
        if given["output"] < given["input"]:
            raise ValidationError({"output": "Output is never cheaper than input. Are the two exchanged?"})
