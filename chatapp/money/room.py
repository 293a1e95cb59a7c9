"""How much room the limits leave just now: for a look. Only a hold, taken under the ledger's lock, is a promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from chatapp.money import limits
from chatapp.money.ledger import Short
from chatapp.money.limits import Payer, Place
from chatapp.storage import statements


@dataclass(frozen=True, slots=True)
class Look:
    """What a conversation has cost and may cost, and the limits above it that have the least room."""

    spent_nanodollars: int
    limit_nanodollars: int | None
    # What answers that still run have set aside counts against the one, and not against the other.
    tightest: Short | None
    fullest: Short | None
    # The same among the limits that nobody else spends under: the ones whose figures may be told.
    tightest_own: Short | None


def look(payer: Payer, now: datetime) -> Look:
    groups = limits.groups_of(payer.user_id)
    shorts, sums = _stops(payer, limits.places(payer.user_id, payer.conversation_id, groups, limits.today(now)), now)
    here = limits.in_all(payer.conversation_id).key
    own = [short.limit.nanodollars for short in shorts if short.limit.place.key == here]
    spent = sums.get(here, (0, 0))[0]
    return Look(spent, min(own, default=None), _tightest(shorts), _fullest(shorts), _tightest(_unshared(shorts)))


def of_person(user_id: int, now: datetime) -> tuple[Short | None, Short | None]:
    """The fullest limit above a conversation that has not begun, and the fullest that is the person's alone."""
    nowhere = Payer(user_id, uuid4(), "", "")
    groups = limits.groups_of(user_id)
    shorts, _ = _stops(nowhere, limits.places(user_id, None, groups, limits.today(now)), now)
    return _fullest(shorts), _fullest(_unshared(shorts))


def unspent(short: Short) -> int:
    """What is left but for what running answers have set aside, of which most comes back."""
    return short.limit.nanodollars - short.spent_nanodollars


def again(short: Short) -> Short:
    """The same limit as it stands now."""
    return Short(short.limit, *_sums([short.limit.place]).get(short.limit.place.key, (0, 0)))


def _stops(payer: Payer, at: Sequence[Place], now: datetime) -> tuple[list[Short], dict[str, tuple[int, int]]]:
    sums, under = _sums(at), limits.of(payer, at, now)
    shorts = [
        Short(limit, *sums.get(place.key, (0, 0))) for place in at for limit in under.get(place.key, ()) if limit.stops
    ]
    return shorts, sums


def _sums(at: Sequence[Place]) -> dict[str, tuple[int, int]]:
    """Spent and held, by the key of the place; of a place that nobody has used there is nothing."""
    keys = [place.key for place in at]
    sql = (
        f"SELECT key, spent_nanodollars, held_nanodollars FROM chatapp_counter WHERE key IN ({statements.marks(keys)})"  # noqa: S608
    )
    return {key: (spent, held) for key, spent, held in statements.rows(sql, *keys)}


def _unshared(shorts: Sequence[Short]) -> list[Short]:
    return [short for short in shorts if not short.limit.place.is_shared]


def _tightest(shorts: Sequence[Short]) -> Short | None:
    return min(shorts, key=lambda short: short.room, default=None)


def _fullest(shorts: Sequence[Short]) -> Short | None:
    return min(shorts, key=unspent, default=None)
