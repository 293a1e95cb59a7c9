"""How alarms get to people: what each channel has told of each, tried again with growing pauses, twice by nobody."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from django.db import connections, models
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from chatapp.telemetry import channels
from chatapp.telemetry.alarm_settings import AlarmSettings
from chatapp.telemetry.alarms import Alarm
from chatapp.telemetry.channels import Message, NotDelivered

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# Longer than any channel takes, step by step; after that, whoever had it in hand is gone.
IN_HAND: Final = timedelta(minutes=3)
_FIRST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(hours=1)
# A day.
MOST_TRIES: Final = 30
# What is over for so long is no news to a channel that was away.
_STALE: Final = timedelta(days=1)


class Telling(models.Model):
    """What one channel has told of one alarm: that it is there, and then that it is over."""

    alarm = models.ForeignKey(Alarm, models.CASCADE, related_name="tellings")
    channel = models.CharField(max_length=10)
    told_at = models.DateTimeField(null=True)
    over_told_at = models.DateTimeField(null=True)
    # When whoever comes first may try; None: it was tried often enough.
    next_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    # Why the last try that failed did.
    failure = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        app_label = "chatapp"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["alarm", "channel"], name="one_telling_per_alarm_and_channel")
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.alarm_id}"


@dataclass(frozen=True, slots=True)
class Tried:
    """How a test went on one channel."""

    channel: str
    ok: bool
    sentence: str


def prepare(wanted: AlarmSettings, now: datetime) -> None:
    """Every open alarm is to be told on every channel in use, also on one that is new."""
    open_ = Alarm.objects.filter(cleared_at=None)
    known = set(Telling.objects.filter(alarm__in=open_).values_list("alarm_id", "channel"))
    new = [
        Telling(alarm_id=pk, channel=channel, next_at=now)
        for pk in open_.values_list("pk", flat=True).order_by("pk")
        for channel in channels.used(wanted)
        if (pk, channel) not in known
    ]
    if new:
        Telling.objects.bulk_create(new, ignore_conflicts=True)


def due(channel: str, now: datetime) -> QuerySet[Telling]:
    untold = Q(told_at=None) | Q(over_told_at=None, alarm__cleared_at__isnull=False)
    fresh = Q(alarm__cleared_at=None) | Q(alarm__cleared_at__gt=now - _STALE)
    return Telling.objects.filter(untold, fresh, channel=channel, next_at__lte=now).order_by("pk")


def deliver(channel: str, wanted: AlarmSettings, clock: Clock = timezone.now) -> None:
    """Tell what is due there, one after the other."""
    for telling in list(due(channel, clock())):
        now = clock()
        if _take(telling, now):
            _tell(telling, wanted, clock)


def begin(wanted: AlarmSettings, now: datetime) -> None:
    """Deliver in threads of their own: a mail server may take its time, and a process that ends waits for none."""
    for channel in channels.used(wanted):
        if channel not in _busy and due(channel, now).exists():
            _busy.add(channel)
            threading.Thread(target=_deliver, args=(channel, wanted), name=f"post-{channel}", daemon=True).start()


def try_out(wanted: AlarmSettings, now: datetime) -> list[Tried]:
    """One message on each channel, at once, and how that went."""
    return [_try_out(channel, wanted, now) for channel in channels.used(wanted)]


_busy: set[str] = set()


def _deliver(channel: str, wanted: AlarmSettings) -> None:
    try:
        deliver(channel, wanted)
    except Exception:
        log.exception("alarms could not be told by %s; trying again", channel)
    finally:
        _busy.discard(channel)
        for connection in connections.all(initialized_only=True):
            connection.close()


def _take(telling: Telling, now: datetime) -> bool:
    """Whether we are the one that tries now."""
    as_seen = Telling.objects.filter(
        pk=telling.pk,
        next_at=telling.next_at,
        tries=telling.tries,
        told_at=telling.told_at,
        over_told_at=telling.over_told_at,
    )
    return bool(as_seen.update(next_at=now + IN_HAND, tries=F("tries") + 1))


def _tell(telling: Telling, wanted: AlarmSettings, clock: Clock) -> None:
    # As it is now: what is over before it could be told is told in one.
    alarm = Alarm.objects.get(pk=telling.alarm_id)
    number = f"{telling.pk}-{'over' if alarm.cleared_at else 'open'}"
    message = Message(number, alarm.cause, alarm.kind, alarm.sentence, alarm.since, alarm.cleared_at)
    row = Telling.objects.filter(pk=telling.pk)
    try:
        channels.send(telling.channel, wanted, message)
    except NotDelivered as error:
        tries = telling.tries + 1
        log.warning("an alarm could not be told by %s: %s", telling.channel, error)
        row.update(failure=str(error)[:400], next_at=clock() + _pause(tries) if tries < MOST_TRIES else None)
    else:
        now = clock()
        over = now if alarm.cleared_at else None
        row.update(told_at=telling.told_at or now, over_told_at=over, next_at=now, tries=0)


def _pause(tries: int) -> timedelta:
    return min(_FIRST_PAUSE * (1 << min(tries - 1, 20)), _LONGEST_PAUSE)


def _try_out(channel: str, wanted: AlarmSettings, now: datetime) -> Tried:
    words = "This is a test: alarms of this site arrive here. Nothing is wrong, and there is nothing to do."
    try:
        channels.send(channel, wanted, Message(f"test-{now:%Y%m%d%H%M%S}", "test", "test", words, now))
    except NotDelivered as error:
        return Tried(channel, ok=False, sentence=str(error))
    return Tried(channel, ok=True, sentence=_ARRIVED[channel].format(wanted.addresses))


_ARRIVED: Final = {"mail": "The mail server took a mail to {0}.", "webhook": "The webhook took it."}
