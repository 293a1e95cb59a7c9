"""The site's day on the admin's first page: a handful of figures, the site's budgets, and the questions by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.safestring import SafeString

from chatapp.money import amounts, standings
from chatapp.money.admin import bars
from chatapp.money.models import Budget, Scope
from chatapp.turns import day
from chatapp.turns.day import Day, Hour

HEIGHT: Final = 40
# What went wrong is seen also where it is one question of a thousand.
_LEAST: Final = 3
_MARKS: Final = 4
NOTHING: Final = "–"  # noqa: RUF001 # as a table shows it


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour in the drawing: what went well below, what failed above it."""

    left: int
    good_top: float
    good_height: float
    failed_top: float
    failed_height: float


@dataclass(frozen=True, slots=True)
class Line:
    """The same hour in the table."""

    hour: str
    turns: int
    failed: int


@dataclass(frozen=True, slots=True)
class Board:
    day: Day
    figures: Sequence[tuple[str, str, str]]
    """Each with what it is, and a word more where it needs one."""
    budgets: Sequence[tuple[str, SafeString]]
    bars: Sequence[Bar]
    marks: Sequence[str]
    lines: Sequence[Line]
    words: str


def board() -> Board:
    """For a template, which calls it only where it is shown."""
    now = timezone.now()
    found = day.of(now)
    budgets = Budget.objects.filter(scope=Scope.SITE).order_by("period")
    return Board(
        day=found,
        figures=_figures(found, standings.spent_today(now)),
        budgets=[
            (f"{amounts.exact(one.limit_nanodollars)} {one.get_period_display()}", bars.of(one)) for one in budgets
        ],
        bars=_bars(found.hours),
        marks=[_clock(found.hours[len(found.hours) * mark // _MARKS].begins) for mark in range(_MARKS)],
        lines=[Line(_span(hour), hour.turns, hour.failed) for hour in found.hours if hour.begins <= now],
        words=_words(found),
    )


def _figures(found: Day, spent_nanodollars: int) -> list[tuple[str, str, str]]:
    waits = found.waits
    some = f"of every {_ordinal(found.every)} question" if found.every > 1 else ""
    over = found.turns - found.running
    share = f"{100 * found.failed / over:.1f} %" if over > 0 else NOTHING
    cache = NOTHING if found.cache_percent is None else f"{found.cache_percent} %"
    return [
        ("Questions", f"{found.turns:,}", ""),
        ("Being answered now", f"{found.running:,}", ""),
        ("Cost", amounts.about(spent_nanodollars), ""),
        ("Failed or interrupted", share, f"{found.failed:,} of them" if found.failed else ""),
        ("First word, median", _seconds(waits.median_ms), some),
        ("First word, 19 of 20 within", _seconds(waits.p95_ms), some),
        ("From Claude's cache", cache, some),
    ]


def _bars(hours: Sequence[Hour]) -> list[Bar]:
    most = max(hour.turns for hour in hours) or 1
    return [_bar(left, hour, most) for left, hour in enumerate(hours) if hour.turns]


def _bar(left: int, hour: Hour, most: int) -> Bar:
    whole = max(HEIGHT * hour.turns / most, _LEAST)
    failed = max(whole * hour.failed / hour.turns, _LEAST) if hour.failed else 0.0
    top = HEIGHT - whole
    return Bar(left, round(top + failed, 2), round(whole - failed, 2), round(top, 2), round(failed, 2))


def _words(found: Day) -> str:
    busiest = max(found.hours, key=lambda hour: hour.turns)
    if not busiest.turns:
        return "Questions by the hour: none so far"
    failed = f"; {found.failed:,} failed or interrupted" if found.failed else "; none failed"
    return f"Questions by the hour: {found.turns:,} so far, most of them at {_span(busiest)}, {busiest.turns:,}{failed}"


def _span(hour: Hour) -> str:
    return f"{_clock(hour.begins)} to {(hour.begins.hour + 1) % 24 or 24}:{hour.begins:%M}"


def _clock(moment: datetime) -> str:
    return f"{moment.hour}:{moment:%M}"


def _seconds(milliseconds: int | None) -> str:
    return NOTHING if milliseconds is None else f"{milliseconds / 1000:.1f} s"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return {2: "second", 3: "third"}.get(number, f"{number}{ending}")
