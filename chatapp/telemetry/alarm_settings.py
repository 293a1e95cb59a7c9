"""Who is told of alarms, how, and from when on something is one, as an administrator chooses it: one row."""

from __future__ import annotations

import re
from typing import ClassVar, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, validate_email
from django.db import models
from django.db.models import Q

_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]*")
# The site's own secrets sign nothing for anybody else.
_OURS: Final = re.compile(r"SECRET_KEY|DATABASE_URL|REDIS_URL|ANTHROPIC_.*|CHATAPP_.*")
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_MOST_ADDRESSES: Final = 20


def _between(least: int, most: int) -> list[MinValueValidator | MaxValueValidator]:
    sentence = f"A whole number from {least} to {most}."
    return [MinValueValidator(least, sentence), MaxValueValidator(most, sentence)]


class AlarmSettings(models.Model):
    """One row; as long as there is none, its defaults."""

    addresses = models.CharField(
        "e-mail addresses", max_length=1000, blank=True, help_text="Who gets a mail; with commas. Empty: nobody."
    )
    sender = models.EmailField(
        "sent from", blank=True, help_text="The sender that your mail server accepts. Empty: the one it knows."
    )
    webhook_url = models.CharField(
        "webhook",
        max_length=500,
        blank=True,
        help_text="Where alarms are posted as JSON: https, or http on this machine. Empty: nowhere.",
    )
    secret_variable = models.CharField(
        "secret's variable",
        max_length=80,
        blank=True,
        help_text="The name of the environment variable with the secret that signs what is posted, never the secret "
        "itself. Empty: it is not signed.",
    )
    site = models.CharField(
        "site's name", max_length=80, blank=True, help_text="What messages call this site. Empty: its first host name."
    )
    minutes = models.PositiveIntegerField(
        "minutes looked at",
        default=15,
        validators=_between(1, 1440),
        help_text="Errors and waits are those of the questions of so many minutes.",
    )
    least_turns = models.PositiveIntegerField(
        "questions at least",
        default=10,
        validators=_between(1, 100_000),
        help_text="With fewer in that time, neither errors nor waits are an alarm.",
    )
    error_percent = models.PositiveSmallIntegerField(
        "errors, percent", default=20, validators=_between(1, 100), help_text="From this share of failed answers on."
    )
    first_word_ms = models.PositiveIntegerField(
        "first word, milliseconds",
        default=10_000,
        validators=_between(100, 600_000),
        help_text="When one question in twenty waits longer than this for its first word.",
    )
    spend_percents = models.CharField(
        "spend, percent",
        max_length=40,
        default="80,100",
        blank=True,
        help_text="Of every budget of the site or of a group, with commas; each is told once. Empty: none.",
    )
    away_seconds = models.PositiveIntegerField(
        "Claude away, seconds",
        default=30,
        validators=_between(0, 3600),
        help_text="Trouble that passes by itself is an alarm when it lasts so long; what needs you is one at once.",
    )
    retire_days = models.PositiveIntegerField(
        "retirement, days", default=60, validators=_between(1, 365), help_text="So long before a model in use retires."
    )
    quiet_minutes = models.PositiveIntegerField(
        "over after, minutes",
        default=5,
        # Of a breaker only its own process knows: a look that it missed must not end the alarm.
        validators=_between(2, 1440),
        help_text="An alarm is over when its cause was not seen for so long.",
    )

    class Meta:
        app_label = "chatapp"
        verbose_name = verbose_name_plural = "alarm settings"
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="alarm_settings_has_one_row")]

    def __str__(self) -> str:
        return "Alarm settings"

    @classmethod
    def current(cls) -> AlarmSettings:
        return cls.objects.first() or cls(pk=1)

    @property
    def recipients(self) -> list[str]:
        return [part.strip() for part in self.addresses.split(",") if part.strip()]

    @property
    def percents(self) -> list[int]:
        return [int(part) for part in self.spend_percents.split(",") if part]

    @property
    def site_name(self) -> str:
        return self.site or next((host for host in settings.ALLOWED_HOSTS if host != "*"), "chat")

    def clean(self) -> None:
        wrong = {
            "addresses": _about_addresses(self.recipients),
            "webhook_url": _about_webhook(self.webhook_url),
            "secret_variable": _about_variable(self.secret_variable),
            "spend_percents": _about_percents(self.spend_percents),
        }
        if any(wrong.values()):
            raise ValidationError({field: sentence for field, sentence in wrong.items() if sentence})
        self.addresses = ", ".join(self.recipients)
        found = {int(part) for part in _parts(self.spend_percents)}
        self.spend_percents = ",".join(str(percent) for percent in sorted(found))


def _about_addresses(addresses: list[str]) -> str:
    if len(addresses) > _MOST_ADDRESSES:
        return f"At most {_MOST_ADDRESSES} addresses. A mailing list reaches more people."
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError:
            return f"{address} is no e-mail address. Write them like ada@example.org, with commas."
    return ""


def _about_webhook(url: str) -> str:
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "This is no address. One begins with https://, as in https://hooks.example/chat."
    if parts.scheme not in ("http", "https") or not parts.hostname or not re.fullmatch(r"[\x21-\x7e]+", url):
        return "A webhook begins with https://, as in https://hooks.example/chat."
    if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
        return "Over a network only https: anybody on the way could read it. http is for localhost."
    if parts.username is not None or parts.fragment:
        return "Only the address: no name or password in it, and nothing after a #."
    return ""


def _about_variable(name: str) -> str:
    if name and not _VARIABLE.fullmatch(name):
        return "The name of a variable, like HOOK_SECRET: capitals, figures and _. The secret itself never goes here."
    if _OURS.fullmatch(name):
        return f"{name} is this site's own. Choose a variable with a secret that only the two of you know."
    return ""


def _about_percents(text: str) -> str:
    for part in _parts(text):
        if not re.fullmatch(r"[0-9]{1,3}", part) or not 1 <= int(part) <= 100:
            return "Write whole percents from 1 to 100, like 80,100."
    return ""


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace("%", "").split(",") if part.strip()]
