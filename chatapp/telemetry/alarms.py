"""What is wrong just now, once per cause: seen by any process, and over when nobody has seen it for a while."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from django.db import IntegrityError, models, transaction
from django.db.models import Q

log = logging.getLogger(__name__)

# What is over for so long is forgotten.
KEPT: Final = timedelta(days=90)
_WRONG_CLOCK: Final = timedelta(hours=1)
_LONGEST_NAME: Final = 200
_LONGEST_SENTENCE: Final = 500


class Kind(models.TextChoices):
    ERROR_RATE = "error_rate", "Error rate"
    FIRST_WORD = "first_word", "Time to the first word"
    SPEND = "spend", "Spend"
    BREAKER = "breaker", "Claude is not asked"
    LEDGER_DRIFT = "ledger_drift", "Ledger drift"
    RETIREMENT = "retirement", "A model retires"


class Alarm(models.Model):
    """One cause from when it was first seen until it was over; when it comes back, it is another one."""

    cause = models.CharField(max_length=_LONGEST_NAME)
    kind = models.CharField(max_length=20, choices=Kind)
    sentence = models.CharField(max_length=_LONGEST_SENTENCE)
    since = models.DateTimeField()
    last_seen = models.DateTimeField()
    cleared_at = models.DateTimeField("over", null=True)

    class Meta:
        app_label = "chatapp"
        ordering: ClassVar = ["-since", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cause"], condition=Q(cleared_at=None), name="one_open_alarm_per_cause")
        ]

    def __str__(self) -> str:
        return self.cause


class Lookout(models.Model):
    """When somebody last looked: whoever moves it on is the one, of however many processes, that looks."""

    looked_at = models.DateTimeField()

    class Meta:
        app_label = "chatapp"
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="lookout_has_one_row")]

    def __str__(self) -> str:
        return f"{self.looked_at}"


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that is wrong now. What has the same name is the same trouble, whoever sees it."""

    name: str
    kind: Kind
    sentence: str


def claim(now: datetime, every: timedelta) -> bool:
    """Whether we are the one whose turn it is to look."""
    # A clock that was put back must not keep everybody from looking until it is there again.
    due = Q(looked_at__lte=now - every) | Q(looked_at__gt=now + _WRONG_CLOCK)
    if Lookout.objects.filter(due, pk=1).update(looked_at=now):
        return True
    try:
        with transaction.atomic():
            return Lookout.objects.get_or_create(pk=1, defaults={"looked_at": now})[1]
    except IntegrityError:
        return False


def see(causes: Iterable[Cause], now: datetime) -> None:
    """These hold now: an alarm that is open stays so, and what was none becomes one."""
    for cause in causes:
        name, sentence = cause.name[:_LONGEST_NAME], cause.sentence[:_LONGEST_SENTENCE]
        if Alarm.objects.filter(cause=name, cleared_at=None).update(last_seen=now, sentence=sentence):
            continue
        try:
            with transaction.atomic():
                Alarm.objects.create(cause=name, kind=cause.kind, sentence=sentence, since=now, last_seen=now)
        except IntegrityError:
            # Another process saw it in the same moment.
            continue
        log.warning("alarm: %s", sentence)


def put_away(unseen_since: datetime, now: datetime, spare: Collection[Kind] = ()) -> None:
    """Over is what nobody has seen since then, but for the kinds that nobody could look at."""
    over = Alarm.objects.filter(cleared_at=None, last_seen__lt=unseen_since).exclude(kind__in=spare)
    for pk, sentence in list(over.values_list("pk", "sentence")):
        # Asked once more: somebody may just have seen it again.
        if over.filter(pk=pk).update(cleared_at=now):
            log.warning("alarm is over: %s", sentence)
            Alarm.objects.filter(cleared_at__lt=now - KEPT).delete()
