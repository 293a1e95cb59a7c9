"""The money's own invariants, held against every row: what differs is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chatapp.money.models import Scope
from chatapp.storage import statements


@dataclass(frozen=True, slots=True)
class Difference:
    """A promise that a row breaks, in words for an operator."""

    promise: str
    table: str
    row: str
    sentence: str


# Whose sum, over which time: scope, subject, period and first day, as a counter says of itself whatever its key is.
# A million of them are compared, so they are plain.
_Spot = tuple[str, str, str, str]


def differences() -> Iterator[Difference]:
    """Everything that is not as it must be; empty when all is well. To be called within one snapshot."""
    yield from _counters()
    for promise, table, sql, sentence in _RULES:
        for number, *values in statements.rows(sql):
            yield Difference(promise, table, str(number), sentence.format(*values))


def counted() -> dict[str, int]:
    """How many rows were held against the promises."""
    tables = ("entry", "hold", "counter")
    return {table: int(statements.rows(f"SELECT count(*) FROM chatapp_{table}")[0][0]) for table in tables}  # noqa: S608


def _counters() -> Iterator[Difference]:
    """Every running sum beside the rows that it is the sum of."""
    spent, held = _sums("chatapp_entry"), _sums("chatapp_hold", "WHERE state = 'open'")
    seen: set[_Spot] = set()
    for key, *whose, said_spent, said_held, ceiling in statements.rows(_COUNTERS):
        spot: _Spot = (whose[0], whose[1], whose[2], whose[3])
        if spot in seen:
            yield Difference("B2", "counter", key, "is a second one for the same subject and time")
        seen.add(spot)
        is_spent, is_held = spent.get(spot, 0), held.get(spot, 0)
        if said_spent != is_spent:
            yield Difference("B2", "counter", key, f"says {said_spent} spent, its entries are {is_spent}")
        if said_held != is_held:
            yield Difference("B3", "counter", key, f"says {said_held} held, its open holds are {is_held}")
        if ceiling is not None and is_spent + is_held > ceiling:
            yield Difference("B1", "counter", key, f"spent and held are {is_spent + is_held}, its limit was {ceiling}")
    for promise, sums in (("B2", spent), ("B3", held)):
        for spot in sums.keys() - seen:
            if sums[spot]:
                yield Difference(promise, "counter", " ".join(spot), f"is missing, its rows are {sums[spot]}")


def _sums(table: str, where: str = "") -> dict[_Spot, int]:
    """What each counter should say, by everybody and every time that the rows name."""
    sums: dict[_Spot, int] = {}
    for scope, column in _SUBJECTS:
        subject = f"CAST({column} AS text)" if column else "''"
        group = f"{column}, day" if column else "day"
        sql = f"SELECT {subject}, CAST(day AS text), sum(nanodollars) FROM {table} {where} GROUP BY {group}"  # noqa: S608
        for names, day, amount in statements.rows(sql):
            # A row names all groups of its payer at once.
            for name in names.split(",") if scope == Scope.GROUP else (names,):
                if name or scope == Scope.SITE:
                    _add(sums, scope.value, name, day, int(amount))
    return sums


def _add(sums: dict[_Spot, int], scope: str, name: str, day: str, amount: int) -> None:
    for spot in ((scope, name, "day", day), (scope, name, "month", f"{day[:7]}-01"), (scope, name, "total", "")):
        sums[spot] = sums.get(spot, 0) + amount


_SUBJECTS = (
    (Scope.CONVERSATION, "conversation_id"),
    (Scope.USER, "user_id"),
    (Scope.GROUP, "groups"),
    (Scope.SITE, ""),
)
_COUNTERS = (
    "SELECT key, scope, coalesce(CAST(conversation_id AS text), CAST(user_id AS text), CAST(group_id AS text), ''), "
    "period, coalesce(CAST(starts AS text), ''), spent_nanodollars, held_nanodollars, ceiling_nanodollars "
    "FROM chatapp_counter"
)
# Each finds the rows that break a promise: their number, and what the sentence is to say of them.
_RULES = (
    (
        "B5",
        "hold",
        "SELECT hold.id, hold.state, CASE WHEN entry.id IS NULL THEN 'no' ELSE 'an' END FROM chatapp_hold hold "
        "LEFT JOIN chatapp_entry entry ON entry.hold_id = hold.id "
        "WHERE (hold.state = 'captured') <> (entry.id IS NOT NULL) ORDER BY hold.id",
        "is {0} and has {1} entry",
    ),
    (
        "B5",
        "hold",
        "SELECT hold_id, count(*) FROM chatapp_entry WHERE hold_id IS NOT NULL "
        "GROUP BY hold_id HAVING count(*) > 1 ORDER BY hold_id",
        "has {0} entries",
    ),
    (
        "B5",
        "hold",
        "SELECT id, state FROM chatapp_hold WHERE state NOT IN ('open', 'captured', 'voided') "
        "OR (state = 'open') <> (closed_at IS NULL) ORDER BY id",
        "is {0}, and the time of its end says something else",
    ),
    (
        "B5",
        "entry",
        "SELECT entry.id FROM chatapp_entry entry LEFT JOIN chatapp_hold hold ON hold.id = entry.hold_id "
        "WHERE entry.kind = 'charge' AND hold.id IS NULL ORDER BY entry.id",
        "is a charge without a hold",
    ),
    (
        "B6",
        "entry",
        "SELECT entry.id, entry.nanodollars, hold.nanodollars FROM chatapp_entry entry "
        "JOIN chatapp_hold hold ON hold.id = entry.hold_id "
        "WHERE entry.nanodollars > hold.nanodollars OR entry.nanodollars < 0 ORDER BY entry.id",
        "charges {0} for a hold of {1}",
    ),
    (
        "B6",
        "entry",
        "SELECT entry.id, hold.id FROM chatapp_entry entry JOIN chatapp_hold hold ON hold.id = entry.hold_id "
        "WHERE entry.user_id <> hold.user_id OR entry.conversation_id <> hold.conversation_id "
        "OR entry.groups <> hold.groups OR entry.day <> hold.day OR entry.user_id IS NULL "
        "OR entry.conversation_id IS NULL ORDER BY entry.id",
        "charges somebody else, or on another day, than hold {0}",
    ),
    (
        "B7",
        "hold",
        "SELECT id FROM chatapp_hold WHERE state = 'captured' AND dispatched_at IS NULL ORDER BY id",
        "is captured and was never dispatched",
    ),
)
