"""The site's day so far in numbers: its questions hour by hour, how they ended, and how long people waited.

Questions are counted along indexes, so that hardly a row is read, however many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from chatapp.money import limits
from chatapp.money.models import Period
from chatapp.storage import statements
from chatapp.turns.models import IS_BROKEN, IS_OPEN

# So many questions tell how long people wait; of more than that, every second or third one is looked at.
MOST_LOOKED_AT: Final = 2_000
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the site's day; the day on which the clocks change has 23 or 25."""

    begins: datetime
    turns: int
    failed: int


@dataclass(frozen=True, slots=True)
class Waits:
    """From a request to Claude to its first word; None where nobody has waited yet."""

    median_ms: int | None
    p95_ms: int | None


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    zone: str
    hours: Sequence[Hour]
    running: int
    waits: Waits
    cache_percent: int | None
    """Of what Claude was told, how much it had in its cache; None where it was told nothing."""
    every: int
    """Every so many-th question was looked at for the waits and the cache."""

    @property
    def turns(self) -> int:
        return sum(hour.turns for hour in self.hours)

    @property
    def failed(self) -> int:
        """Failed or interrupted, for whatever reason."""
        return sum(hour.failed for hour in self.hours)


def of(now: datetime) -> Day:
    """The day that it is at the site."""
    zone = limits.zone()
    today = limits.today(now)
    begins = datetime(today.year, today.month, today.day, tzinfo=zone).astimezone(UTC)
    ends = limits.ends(today, Period.DAY) or begins
    starts = [begins + _HOUR * number for number in range(-((begins - ends) // _HOUR))]
    counted = zip(starts, _by_hour(_ASKED, starts), _by_hour(_FAILED, starts), strict=True)
    hours = [Hour(at.astimezone(zone), turns, failed) for at, turns, failed in counted]
    every, looked_at = _looked_at(begins)
    return Day(
        day=today,
        zone=str(zone),
        hours=hours,
        running=int(statements.rows(_RUNNING)[0][0]),
        waits=_waits(looked_at),
        cache_percent=_cache_percent(looked_at),
        every=every,
    )


def _looked_at(begins: datetime) -> tuple[int, list[tuple[Any, ...]]]:
    """The requests of today's questions, or of every so many-th: they are numbered as they were asked."""
    first, last = (statements.row(_NUMBERED.format(order), begins) for order in ("ASC", "DESC"))
    if first is None or last is None:
        return 1, []
    every = 1 + (last[0] - first[0]) // MOST_LOOKED_AT
    numbers = range(first[0], last[0] + 1, every)
    return every, statements.rows(_ANSWERS.format(marks=statements.marks(numbers)), *numbers)


def _waits(answers: Sequence[tuple[Any, ...]]) -> Waits:
    known = sorted(ttft_ms for ttft_ms, _, _ in answers if ttft_ms is not None)
    if not known:
        return Waits(None, None)
    return Waits(known[(len(known) - 1) // 2], known[(len(known) * 95 - 1) // 100])


def _cache_percent(answers: Sequence[tuple[Any, ...]]) -> int | None:
    prompt = sum(prompt or 0 for _, _, prompt in answers)
    return 100 * sum(read or 0 for _, read, _ in answers) // prompt if prompt else None


_RUNNING = f"SELECT count(*) FROM chatapp_turn WHERE {IS_OPEN}"  # noqa: S608
_ASKED = "SELECT count(*) FROM chatapp_turn WHERE asked_at >= %s AND asked_at < %s"
_FAILED = f"{_ASKED} AND {IS_BROKEN}"
_NUMBERED = "SELECT id FROM chatapp_turn WHERE asked_at >= %s ORDER BY asked_at {0}, id {0} LIMIT 1"
_ANSWERS = (
    "SELECT ttft_ms, cache_read_tokens, coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0) "
    "+ coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0) FROM chatapp_attempt "
    "WHERE task = 'answer' AND turn_id IN ({marks})"
)


def _by_hour(count: str, starts: Sequence[datetime]) -> list[int]:
    """One statement for all of them, each of which is a walk along an index."""
    union = " UNION ALL ".join(f"SELECT {number}, ({count})" for number in range(len(starts)))
    bounds = [bound for at in starts for bound in (at, at + _HOUR)]
    return [count for _, count in sorted(statements.rows(union, *bounds))]
