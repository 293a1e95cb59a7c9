"""The way to Claude: the providers beside the environment's own key, and the stops that only an operator ends."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from chatapp.claude import providers
from chatapp.claude.providers import Kind
from chatapp.environment import MODEL_NAME

LEAST_PERCENT: Final = 100
MOST_PERCENT: Final = 1000
_PERCENT: Final = "A whole number from 100 to 1000: 100 is the price book's price, 110 a tenth more."
_KINDS: Final = [
    (Kind.ANTHROPIC.value, "Anthropic's API, or a gateway that speaks it"),
    (Kind.BEDROCK.value, "Amazon Bedrock"),
    (Kind.VERTEX.value, "Google Vertex AI"),
]
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]*")
_PLACE: Final = re.compile(r"[a-z][a-z0-9-]*")
_PROJECT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]*")
# The site's own secrets are no keys to anything else, and a provider would be sent them.
_NEVER_SENT: Final = re.compile(r"SECRET_KEY|DATABASE_URL|REDIS_URL|CHATAPP_.*")


class Provider(models.Model):
    """Where else Claude can be asked. No secret is kept here, only the name of the variable that holds it."""

    name = models.SlugField(
        max_length=40,
        unique=True,
        db_index=False,
        help_text="Letters, figures and hyphens; it stays with every answer that came from there.",
    )
    kind = models.CharField(max_length=10, choices=_KINDS, default=Kind.ANTHROPIC.value)
    position = models.PositiveSmallIntegerField(
        default=1, help_text="Lower ones are asked first; the environment's own key comes before all of them."
    )
    enabled = models.BooleanField(default=True)
    base_url = models.CharField(
        "address", max_length=200, blank=True, help_text="Empty: the usual one. Without any user name or password."
    )
    key_variable = models.CharField(
        "key's variable",
        max_length=80,
        blank=True,
        help_text="The name of the environment variable that holds the key or token, never the key itself. Empty for "
        "Bedrock and Vertex: the cloud's own credentials, which need its library installed.",
    )
    region = models.CharField(
        max_length=40, blank=True, help_text="Bedrock and Vertex: us-east-1, europe-west1, global …"
    )
    project = models.CharField(max_length=80, blank=True, help_text="Vertex: the project's id.")
    model_names = models.JSONField(
        default=dict,
        blank=True,
        help_text='Our name for a model and theirs: {"claude-sonnet-5-5": "their-name"}. Where any are given, only '
        "these are asked there. Empty: all, under their usual names.",
    )
    price_percent = models.PositiveSmallIntegerField(
        "price, percent",
        default=LEAST_PERCENT,
        validators=[MinValueValidator(LEAST_PERCENT, _PERCENT), MaxValueValidator(MOST_PERCENT, _PERCENT)],
        help_text="Of the price book: 110 where the provider asks a tenth more, as regional endpoints do.",
    )

    class Meta:
        app_label = "chatapp"
        ordering: ClassVar = ["position", "name"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="provider_has_a_name"),
            models.CheckConstraint(condition=Q(kind__in=[kind for kind, _ in _KINDS]), name="provider_kind_is_known"),
            models.CheckConstraint(
                condition=Q(price_percent__gte=LEAST_PERCENT, price_percent__lte=MOST_PERCENT),
                name="provider_price_is_sane",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def provider(self) -> providers.Provider:
        """The row as everybody else takes it."""
        return providers.Provider(
            name=self.name,
            kind=Kind(self.kind),
            base_url=self.base_url,
            key_variable=self.key_variable,
            region=self.region,
            project=self.project,
            model_names=tuple(sorted(self.model_names.items())),
            price_percent=self.price_percent,
        )

    def clean(self) -> None:
        wrong = {
            "base_url": _about_address(self.base_url),
            "key_variable": _about_variable(self.kind, self.key_variable),
            "region": _about_region(self.kind, self.region),
            "project": _about_project(self.kind, self.project),
            "model_names": _about_names(self.model_names),
        }
        if any(wrong.values()):
            raise ValidationError({field: sentence for field, sentence in wrong.items() if sentence})


def _about_address(text: str) -> str:
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return "This is no address. One begins with https://, as in https://gateway.example/claude."
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", text):
        return "An address begins with https://, as in https://gateway.example/claude."
    if parts.username is not None or parts.query or parts.fragment:
        return "Only the address: no name or password in it, and nothing after a ? or #. Keys stay in the environment."
    return ""


def _about_variable(kind: str, name: str) -> str:
    if not name:
        return "Name the environment variable that holds this provider's key." if kind == Kind.ANTHROPIC else ""
    if not _VARIABLE.fullmatch(name):
        return "The name of a variable, like CLAUDE_EU_KEY: capitals, figures and _. The key itself never goes here."
    if _NEVER_SENT.fullmatch(name):
        return f"{name} is this site's own and is never sent to anybody. Choose the variable with the provider's key."
    return ""


def _about_region(kind: str, region: str) -> str:
    if not region:
        return "" if kind == Kind.ANTHROPIC else "Say the region, us-east-1 for instance."
    return "" if _PLACE.fullmatch(region) else "A region is written like us-east-1: small letters, figures and hyphens."


def _about_project(kind: str, project: str) -> str:
    if not project:
        return "Say the project's id: Vertex answers for a project." if kind == Kind.VERTEX else ""
    return "" if _PROJECT.fullmatch(project) else "A project's id has letters, figures and hyphens, nothing else."


def _about_names(names: Any) -> str:
    if not isinstance(names, dict):
        return 'Names are written as {"claude-sonnet-5-5": "their-name"}; leave {} where theirs are the usual ones.'
    for ours, theirs in names.items():
        if not MODEL_NAME.fullmatch(ours) or not isinstance(theirs, str) or not MODEL_NAME.fullmatch(theirs):
            return f"For {ours!r} write their name between quotation marks, as one word."
    if len(set(names.values())) < len(names):
        return "Two of our models have the same name there, so nobody could say which one answered."
    return ""


class Stop(models.Model):
    """Why nothing goes to a provider; written once, ended once, never rewritten."""

    provider = models.CharField(max_length=40, blank=True, default="")
    kind = models.CharField(max_length=40)
    # What Claude said: for staff only.
    detail = models.TextField(blank=True, default="")
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        app_label = "chatapp"
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(fields=["provider"], condition=Q(ended_at=None), name="one_open_stop_per_provider")
        ]

    def __str__(self) -> str:
        return f"{self.provider or 'Claude'}: {self.kind}"

    @classmethod
    def end(cls, pk: int, by_id: int, now: datetime) -> bool:
        """Whether it was still open."""
        return bool(cls.objects.filter(pk=pk, ended_at=None).update(ended_at=now, ended_by_id=by_id))
