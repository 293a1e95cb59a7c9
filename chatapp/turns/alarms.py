"""What is an alarm: one rule for each kind of trouble, which says what holds now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from chatapp.claude import lifecycle
from chatapp.claude.readings import Trouble
from chatapp.money import amounts, standings
from chatapp.money.models import Budget, Scope
from chatapp.telemetry import measures
from chatapp.telemetry.alarm_settings import AlarmSettings
from chatapp.telemetry.alarms import Cause, Kind
from chatapp.telemetry.measures import Measure
from chatapp.turns import lately
from chatapp.turns.states import FINAL, State

FAILED: Final = frozenset({State.FAILED, State.INTERRUPTED})
# Whoever stopped an answer, or may not spend any more, met no failure and no success.
COUNTED: Final = FINAL - {State.STOPPED, State.OVER_BUDGET}
_MOST_GROUPS: Final = 1000


def error_rate(wanted: AlarmSettings, now: datetime) -> list[Cause]:
    """Too many of the last questions were not answered."""
    ended = lately.states(now - timedelta(minutes=wanted.minutes), now)
    asked = sum(ended.get(state, 0) for state in COUNTED)
    failed = sum(ended.get(state, 0) for state in FAILED)
    if asked < wanted.least_turns or failed * 100 < asked * wanted.error_percent:
        return []
    sentence = (
        f"{failed} of the {asked} questions of the last {_minutes(wanted)} were not answered "
        f"({failed * 100 // asked} %). The alarm is set at {wanted.error_percent} %."
    )
    return [Cause("error rate", Kind.ERROR_RATE, sentence)]


def first_word(wanted: AlarmSettings, now: datetime) -> list[Cause]:
    """Too many of the last answers were slow to begin."""
    waits = lately.waits(now - timedelta(minutes=wanted.minutes), now)
    p95 = lately.p95(waits)
    if p95 is None or len(waits) < wanted.least_turns or p95 * 1000 <= wanted.first_word_ms:
        return []
    sentence = (
        f"One in twenty of the {len(waits)} answers of the last {_minutes(wanted)} began after {p95:.1f} s or later. "
        f"The alarm is set at {wanted.first_word_ms / 1000:g} s."
    )
    return [Cause("first word", Kind.FIRST_WORD, sentence)]


def spend(wanted: AlarmSettings, now: datetime) -> list[Cause]:
    """What the site or a group has spent comes near to a budget, or has reached it."""
    shared = Budget.objects.filter(scope__in=(Scope.SITE, Scope.GROUP), own=False).order_by("key")
    return [
        cause
        for budget in (shared if wanted.percents else ())
        for standing in standings.of(budget, now, _MOST_GROUPS)
        for cause in _spent(budget, standing, wanted.percents)
    ]


def ledger_drift(wanted: AlarmSettings, now: datetime) -> list[Cause]:
    """The ledger did not add up when it was last verified."""
    rows = measures.kept(Measure.LEDGER_DRIFT)
    if not rows:
        return []
    sentence = (
        f"The ledger does not add up: {rows} of its rows differ. `manage.py ledger verify` names them; "
        "when they are mended, `manage.py nightly` looks again."
    )
    return [Cause("ledger drift", Kind.LEDGER_DRIFT, sentence)]


def retirement(wanted: AlarmSettings, now: datetime) -> list[Cause]:
    """A model in use is about to retire, or has."""
    soon = lifecycle.retiring(wanted.retire_days)
    return [Cause(f"retirement {name}", Kind.RETIREMENT, sentence) for name, sentence in soon.items()]


# What every process sees in the same rows: one of them looks.
RULES: Final[dict[Kind, Callable[[AlarmSettings, datetime], list[Cause]]]] = {
    Kind.ERROR_RATE: error_rate,
    Kind.FIRST_WORD: first_word,
    Kind.SPEND: spend,
    Kind.LEDGER_DRIFT: ledger_drift,
    Kind.RETIREMENT: retirement,
}


def breaker(troubles: Iterable[Trouble], wanted: AlarmSettings, now: datetime) -> list[Cause]:
    """What this process keeps from being asked: at once where somebody must act, otherwise when it lasts."""
    lasting = timedelta(seconds=wanted.away_seconds)
    return [
        Cause(f"breaker {one.provider or 'Claude'} {one.model or 'all'}", Kind.BREAKER, one.sentence)
        for one in troubles
        if one.outage.operator or now - one.outage.since >= lasting
    ]


def _spent(budget: Budget, standing: standings.Standing, percents: Iterable[int]) -> list[Cause]:
    limit, spent = standing.limit_nanodollars, standing.spent_nanodollars
    # A limit of nothing is a prohibition: it is always reached, and nobody comes near it.
    reached = [percent for percent in percents if limit and spent * 100 >= limit * percent]
    whom = standing.whom if budget.scope == Scope.SITE else f"the group {standing.whom}"
    so_far = f"{whom[:1].upper()}{whom[1:]} has spent {amounts.about(spent)} of {amounts.about(limit)}"
    return [
        Cause(
            f"spend {budget.key} {standing.whom} {percent}",
            Kind.SPEND,
            f"{so_far} {budget.get_period_display()}: {percent} % or more.",
        )
        for percent in reached
    ]


def _minutes(wanted: AlarmSettings) -> str:
    return "minute" if wanted.minutes == 1 else f"{wanted.minutes} minutes"
