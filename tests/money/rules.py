"""What must hold of the money in every state, worked out from the rows and from what Claude can have billed."""

from __future__ import annotations

from collections import Counter as Sums
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from chatapp.money.models import Counter, Entry, Hold
from tests.money.claude import Request

Spot = tuple[str, str, str, str]


def spots(user: int | None, conversation: Any, groups: Iterable[int], day: date) -> list[Spot]:
    """Every sum that a payment belongs to: whose, and since when."""
    whose = [("site", "")]
    whose += [("user", str(user))] if user is not None else []
    whose += [("conversation", str(conversation))] if conversation is not None else []
    whose += [("group", str(group)) for group in groups]
    times = (("day", str(day)), ("month", str(day)[:7] + "-01"), ("total", ""))
    return [(scope, subject, *time) for scope, subject in whose for time in times]


@dataclass(frozen=True)
class Rows:
    """The tables as they stand."""

    holds: dict[int, Hold]
    entries: list[Entry]
    counters: list[Counter]

    @classmethod
    def read(cls) -> Rows:
        return cls(Hold.objects.in_bulk(), list(Entry.objects.order_by("pk")), list(Counter.objects.all()))

    @property
    def spent(self) -> Sums[Spot]:
        return _summed((one, one.nanodollars) for one in self.entries)

    @property
    def held(self) -> Sums[Spot]:
        return _summed((one, one.nanodollars) for one in self.holds.values() if one.state == Hold.State.OPEN)

    @property
    def charged(self) -> Sums[Spot]:
        """Corrections left out."""
        return _summed((one, one.nanodollars) for one in self.entries if one.kind == Entry.Kind.CHARGE)

    @property
    def used(self) -> Sums[Spot]:
        return _together(self.spent, self.held)

    def spots_of(self, hold_id: int) -> list[Spot]:
        return _spots(self.holds[hold_id])


def check(rows: Rows, requests: Iterable[Request]) -> None:
    """B1 to B6."""
    spent, held = rows.spent, rows.held
    counted: set[Spot] = set()
    for counter in rows.counters:
        subject = counter.user_id or counter.group_id or counter.conversation_id or ""
        spot = (counter.scope, str(subject), counter.period, str(counter.starts or ""))
        counted.add(spot)
        assert counter.spent_nanodollars == spent[spot], f"B2 {spot}"
        assert counter.held_nanodollars == held[spot], f"B3 {spot}"
        ceiling = counter.ceiling_nanodollars
        assert ceiling is None or spent[spot] + held[spot] <= ceiling, f"B1 {spot}"
    assert {spot for spot, amount in rows.used.items() if amount} <= counted, "B2 and B3: a counter is missing"
    billed: Sums[Spot] = Sums()
    for request in requests:
        for spot in rows.spots_of(request.hold_id):
            billed[spot] += request.billed
    booked = _together(rows.charged, held)
    for spot, amount in billed.items():
        assert amount <= booked[spot], f"B4 {spot}: Claude bills {amount}, {booked[spot]} is booked"
    _resolved_once(rows)


def _resolved_once(rows: Rows) -> None:
    entries: dict[int, list[Entry]] = {number: [] for number in rows.holds}
    for entry in rows.entries:
        if entry.kind == Entry.Kind.CHARGE:
            entries[entry.hold_id or 0].append(entry)
    for number, hold in rows.holds.items():
        wanted = 1 if hold.state == Hold.State.CAPTURED else 0
        assert len(entries[number]) == wanted, f"B5 hold {number}"
        assert all(0 <= entry.nanodollars <= hold.nanodollars for entry in entries[number]), f"B6 hold {number}"


def _together(some: Sums[Spot], more: Sums[Spot]) -> Sums[Spot]:
    sums = some.copy()
    sums.update(more)
    return sums


def _summed(amounts: Iterable[tuple[Hold | Entry, int]]) -> Sums[Spot]:
    sums: Sums[Spot] = Sums()
    for row, amount in amounts:
        for spot in _spots(row):
            sums[spot] += amount
    return sums


def _spots(row: Hold | Entry) -> list[Spot]:
    return spots(row.user_id, row.conversation_id, [int(part) for part in row.groups.split(",") if part], row.day)
