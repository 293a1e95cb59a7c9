"""The catalogue: which models there are, what each of them can do, and who may use it."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Final

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from chatapp.claude.catalogue import EFFORTS
from chatapp.environment import MODEL_NAME

THINKING: Final = ("adaptive", "between_tools", "disabled")


def _manners() -> dict[str, list[str]]:
    return {}


class Model(models.Model):
    """One model. What a request may say to it depends on this row, so nothing is sent that it refuses."""

    class Lifecycle(models.TextChoices):
        UNKNOWN = "", "Not checked yet"
        ACTIVE = "active", "Active"
        DEPRECATED = "deprecated", "Deprecated"
        RETIRED = "retired", "Retired"
        ABSENT = "absent", "Claude does not list it"

    name = models.CharField(max_length=80, unique=True, help_text="As in a request, for example claude-sonnet-5-5")
    position = models.PositiveSmallIntegerField(default=100, help_text="Lower ones stand first where people choose.")
    enabled = models.BooleanField(default=True, help_text="Off: it is never asked for anything.")
    offered = models.BooleanField(default=False, help_text="People may choose it for a question.")
    groups: models.ManyToManyField[Group, Any] = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text="Who may use it; none chosen: everybody."
    )
    better = models.CharField(
        max_length=80, blank=True, help_text="The model that one click asks the same question, under an answer."
    )
    window_tokens = models.PositiveIntegerField("window, tokens", default=200_000, validators=[MinValueValidator(1000)])
    output_tokens = models.PositiveIntegerField(
        "output ceiling, tokens", default=64_000, validators=[MinValueValidator(1)]
    )
    cacheable_tokens = models.PositiveIntegerField(
        "least that is cached, tokens",
        default=4096,
        validators=[MaxValueValidator(100_000)],
        help_text="Shorter prompts get no cache mark: they would not be cached anyway.",
    )
    manners = models.JSONField(
        "thinking and effort",
        default=_manners,
        blank=True,
        help_text='What it accepts, each kind of thinking with its efforts: {"adaptive": ["low", "high"], '
        '"disabled": ["low"]}. Kinds: adaptive, between_tools, disabled. Efforts: low, medium, high, xhigh, max. '
        "Empty: neither is ever mentioned to it.",
    )
    not_before = models.DateField(
        "retires not before", null=True, blank=True, help_text="Promised by Anthropic: it answers at least until then."
    )
    # What the Models API says, as last asked.
    lifecycle = models.CharField(max_length=10, choices=Lifecycle, default=Lifecycle.UNKNOWN, blank=True)
    retires_on = models.DateField("retires on", null=True, blank=True, help_text="Announced: it stops answering then.")
    theirs = models.JSONField(default=dict, blank=True, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        app_label = "chatapp"
        ordering: ClassVar = ["position", "name"]
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(name=""), name="model_has_a_name")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        wrong = {
            "name": "" if MODEL_NAME.fullmatch(self.name) else "Letters, figures, dots and hyphens, as in a request.",
            "better": "A model is not better than itself." if self.better and self.better == self.name else "",
            "manners": _about_manners(self.manners),
        }
        if given := {name: sentence for name, sentence in wrong.items() if sentence}:
            raise ValidationError(given)

    def days_left(self, today: date) -> int | None:
        """Until it stops answering; None where nothing is announced."""
        return (self.retires_on - today).days if self.retires_on else None


def _about_manners(said: Any) -> str:
    if not isinstance(said, dict):
        return 'Write it as {"adaptive": ["low", "medium", "high"]}.'
    for kind, efforts in said.items():
        if kind not in THINKING:
            return f"{kind}: there is no such thinking. Known are {', '.join(THINKING)}."
        if not isinstance(efforts, list) or not set(map(str, efforts)) <= set(EFFORTS):
            return f"{kind}: efforts are a list of {', '.join(EFFORTS)}."
    return ""
