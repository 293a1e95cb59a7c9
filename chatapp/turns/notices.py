"""What the people who run the site tell everybody for a while: a banner on every page while it runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import ClassVar, Final
from zlib import crc32

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from chatapp.storage import statements

LONGEST: Final = 300
_RUNNING: Final = (
    "SELECT id, kind, text FROM chatapp_notice WHERE starts_at <= %s AND ends_at > %s ORDER BY starts_at, id"
)


class Notice(models.Model):
    """One sentence or two for everybody who is signed in, from one moment to another."""

    class Kind(models.TextChoices):
        INFORMATION = "information", "Information"
        WARNING = "warning", "Warning"

    text = models.CharField(max_length=LONGEST, help_text=f"Up to {LONGEST} characters, as everybody will read it.")
    kind = models.CharField(max_length=11, choices=Kind, default=Kind.INFORMATION)
    starts_at = models.DateTimeField("starts")
    ends_at = models.DateTimeField("ends")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name="made by"
    )

    class Meta:
        app_label = "chatapp"
        ordering: ClassVar = ["-starts_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="notice_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(kind__in=["information", "warning"]), name="notice_kind_is_known"),
        ]

    def __str__(self) -> str:
        return self.text if len(self.text) <= 60 else f"{self.text[:59]}…"

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError(
                {"ends_at": "A notice ends after it starts. Choose a later end, or an earlier start."}
            )


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as a page shows it."""

    # What somebody has put away on a page stays away, but not when it is another text.
    key: str
    kind: str
    text: str

    @property
    def word(self) -> str:
        """Its kind, for whoever sees no colours."""
        return "Warning" if self.kind == Notice.Kind.WARNING else "Notice"

    def as_json(self) -> dict[str, str]:
        return {**asdict(self), "word": self.word}


def running(now: datetime) -> tuple[Told, ...]:
    """All that are to be read at this moment, those first that began first."""
    return tuple(
        Told(f"{number}-{crc32(f'{kind} {text}'.encode()):08x}", kind, text)
        for number, kind, text in statements.rows(_RUNNING, now, now)
    )


def shown(told: tuple[Told, ...]) -> str:
    """What a page says it shows, in one word."""
    return ",".join(one.key for one in told)
