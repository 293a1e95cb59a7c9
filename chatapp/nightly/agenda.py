"""What is done every night. Each item may run twice without harm, and one that fails stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from chatapp.money import limits
from chatapp.nightly.models import Night
from chatapp.telemetry import measures
from chatapp.telemetry.measures import Measure
from chatapp.turns import attachments, audit, kept
from chatapp.turns.retention import nights

log = logging.getLogger(__name__)

# In the site's own time zone: after midnight, when the day's figures are complete.
BEGINS_AT_HOUR = 3


@dataclass(frozen=True, slots=True)
class Done:
    """How one item went."""

    item: str
    ok: bool
    words: str


def verify_ledger() -> Done:
    """Hold every sum of the money against the rows; what differs is named in the log and counted as a measure."""
    found = audit.audit()
    for one in found.differences:
        log.error("the ledger does not add up: %s %s %s %s", one.promise, one.table, one.row, one.sentence)
    now = timezone.now()
    measures.keep(Measure.LEDGER_DRIFT, len(found.differences), now)
    measures.keep(Measure.LEDGER_VERIFIED, int(now.timestamp()), now)
    return Done("ledger", not found.differences, f"{len(found.differences)} rows differ")


def forget_kept_answers() -> Done:
    """Drop the earlier answers that are too old to be shown again."""
    return Done("kept", ok=True, words=f"{kept.forget(timezone.now())} too old to be shown again")


def delete_what_was_kept_long_enough() -> Done:
    """Retention, and no trace of what was deleted since the last night, whoever deleted it."""
    swept = nights.sweep(timezone.now())
    words = f"{swept.conversations} conversations deleted, {swept.failed} could not be"
    left = "" if swept.wiped else "; the database's file still has to be written anew"
    return Done("retention", ok=swept.wiped and not swept.failed, words=words + left)


def sweep_attachments() -> Done:
    """Throw away the files that nobody has asked with, and those that belong to nobody any more."""
    return Done("files", ok=True, words=f"{attachments.sweep(timezone.now())} forgotten files thrown away")


AGENDA: dict[str, Callable[[], Done]] = {
    "ledger": verify_ledger,
    "kept": forget_kept_answers,
    "files": sweep_attachments,
    # The last one, for it may write the whole file of the database anew.
    "retention": delete_what_was_kept_long_enough,
}


def run() -> list[Done]:
    """The whole agenda, now."""
    return [_done(item, act) for item, act in AGENDA.items()]


def run_what_is_due(now: datetime) -> list[Done]:
    """What nobody has begun for this night, if it is night."""
    day = limits.today(now)
    if limits.hour(now) < BEGINS_AT_HOUR:
        return []
    return [_done(item, act) for item, act in AGENDA.items() if _claim(item, day)]


def _claim(item: str, day: date) -> bool:
    """Whether we are the one, of however many processes, that begins the item for this day."""
    if Night.objects.filter(item=item, day__lt=day).update(day=day):
        return True
    try:
        with transaction.atomic():
            return Night.objects.get_or_create(item=item, defaults={"day": day})[1]
    except IntegrityError:
        return False


def _done(item: str, act: Callable[[], Any]) -> Done:
    try:
        done: Done = act()
    except Exception as error:
        log.exception("the night's item %s failed", item)
        return Done(item, ok=False, words=f"{type(error).__name__}; the log says more")
    return done
