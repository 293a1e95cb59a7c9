"""Reserve before a request, settle after it, exactly once; nothing is ever set aside beyond a limit."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chatapp.money import counters, limits, prices
from chatapp.money.counters import Warned
from chatapp.money.limits import Limit, Payer
from chatapp.money.models import Entry, Hold
from chatapp.money.prices import NANODOLLARS
from chatapp.storage import seldom, statements

__all__ = [
    "Granted",
    "NoRoom",
    "Payer",
    "Settled",
    "Wanted",
    "Warned",
    "authorise",
    "dispatch",
    "hold_back",
    "settle",
    "spent",
    "void",
]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that is to be paid for."""

    model: str
    prompt_bound: int
    max_tokens: int
    # With fewer tokens of output than these, thinking included, nobody is served.
    useful_tokens: int = 1
    manner: prices.Manner = prices.PLAIN
    max_searches: int = 0


@dataclass(frozen=True, slots=True)
class Short:
    """The limit that has the least room, and how it stands."""

    limit: Limit
    spent_nanodollars: int
    held_nanodollars: int

    @property
    def room(self) -> int:
        return self.limit.nanodollars - self.spent_nanodollars - self.held_nanodollars


@dataclass(frozen=True, slots=True)
class Granted:
    """A hold, and the ceiling of output that it pays for."""

    hold_id: int
    max_tokens: int
    nanodollars: int
    prices: prices.PriceList
    # The limit for which the ceiling is lower than was wanted.
    clamped_by: Short | None = None


class NoRoom(Exception):
    """A limit leaves no room for this request."""

    def __init__(self, short: Short, payer: Payer, *, hopeless: bool) -> None:
        super().__init__(short.limit.place.key)
        self.short = short
        self.payer = payer
        # Not even the shortest prompt would fit.
        self.hopeless = hopeless


@dataclass(frozen=True, slots=True)
class Settled:
    """What a hold became: the amount, and the counts it was made of."""

    nanodollars: int
    saved_nanodollars: int = 0
    tokens: prices.Tokens = prices.NOTHING
    warned: Sequence[Warned] = ()


def authorise(payer: Payer, wanted: Wanted, now: datetime, *, whole: bool = False) -> Granted:
    """Set the worst case aside, to be committed by the caller before a byte is sent.

    Where it does not fit, the output is cut to what does; `whole` asks for all of it or nothing.
    """
    prices_now = prices.of(wanted.model, now)
    day, groups = limits.today(now), limits.groups_of(payer.user_id)
    standings = counters.locked(limits.places(payer.user_id, payer.conversation_id, groups, day))
    seldom.look_again()
    under = limits.of(payer, [standing.place for standing in standings], now)
    short = _tightest(standings, under)
    max_tokens, clamped_by = wanted.max_tokens, None
    nanodollars = _worst_case(prices_now, wanted, wanted.prompt_bound, max_tokens)
    if short is not None and nanodollars > short.room:
        useful = min(wanted.useful_tokens, wanted.max_tokens)
        hopeless = _worst_case(prices_now, wanted, 1, useful) > short.room
        max_tokens = prices_now.affordable(short.room, wanted.prompt_bound, wanted.manner, wanted.max_searches)
        if whole or hopeless or max_tokens < useful:
            raise NoRoom(short, payer, hopeless=hopeless)
        clamped_by = short
        nanodollars = _worst_case(prices_now, wanted, wanted.prompt_bound, max_tokens)
    counters.set_aside(standings, under, nanodollars)
    hold_id = statements.insert(
        Hold,
        user_id=payer.user_id,
        conversation_id=payer.conversation_id,
        groups=limits.joined(groups),
        day=day,
        correlation_id=payer.correlation_id,
        task=payer.task,
        model=wanted.model,
        priced_from=prices_now.valid_from,
        manner=str(wanted.manner),
        prompt_bound_tokens=wanted.prompt_bound,
        max_tokens=max_tokens,
        max_searches=wanted.max_searches,
        nanodollars=nanodollars,
        opened_at=now,
        dispatched_at=now,
    )
    return Granted(hold_id, max_tokens, nanodollars, prices_now, clamped_by)


def hold_back(hold_id: int) -> None:
    """A request that was about to be sent waits: until `dispatch` provably not a byte of it leaves."""
    statements.run("UPDATE chatapp_hold SET dispatched_at = NULL WHERE id = %s AND state = 'open'", hold_id)


def dispatch(hold_id: int, now: datetime) -> bool:
    """To be committed before the first byte is sent; False when the hold was given back meanwhile."""
    return bool(
        statements.run("UPDATE chatapp_hold SET dispatched_at = %s WHERE id = %s AND state = 'open'", now, hold_id)
    )


def settle(hold_id: int, tokens: prices.Tokens | None, *, exact: bool, now: datetime) -> Settled:
    """Turn a hold into an entry; without counts all of it. Whoever comes second finds the first one's figure.

    What was held back to the end is given back: it was never sent.
    """
    hold = _closed(hold_id, Hold.State.CAPTURED, now)
    if hold is not None and hold.state == Hold.State.VOIDED:
        counters.move(hold, 0, now)
        return Settled(0)
    if hold is None:
        found = statements.row("SELECT nanodollars, saved_nanodollars FROM chatapp_entry WHERE hold_id = %s", hold_id)
        return Settled(*found) if found else Settled(0)
    listed, manner = prices.listed(hold.model, hold.priced_from), prices.Manner.named(hold.manner)
    counts = tokens or worst_tokens(hold)
    cost = listed.cost(counts, manner) if tokens else hold.nanodollars
    # A hold is the most that may be charged; that it covers the request was seen to when it was taken.
    nanodollars = min(cost, hold.nanodollars)
    if cost > nanodollars:
        log.error("hold %s of %s was too small for a request of %s", hold_id, hold.nanodollars, cost)
    saved = listed.saved(counts, manner) if tokens else 0
    statements.insert(
        Entry,
        hold_id=hold_id,
        user_id=hold.user_id,
        conversation_id=hold.conversation_id,
        groups=hold.groups,
        day=hold.day,
        correlation_id=hold.correlation_id,
        task=hold.task,
        model=hold.model,
        price_id=listed.band(counts.prompt).id,
        nanodollars=nanodollars,
        saved_nanodollars=saved,
        exact=exact and tokens is not None,
        input_tokens=counts.input,
        output_tokens=counts.output,
        cache_read_tokens=counts.cache_read,
        cache_write_5m_tokens=counts.cache_write_5m,
        cache_write_1h_tokens=counts.cache_write_1h,
        searches=counts.searches,
        at=now,
    )
    return Settled(nanodollars, saved, counts, counters.move(hold, nanodollars, now))


def void(hold_id: int, now: datetime) -> None:
    """Give a hold back; only for a request of which provably nothing was billed."""
    hold = _closed(hold_id, Hold.State.VOIDED, now)
    if hold is not None:
        counters.move(hold, 0, now)


def worst_tokens(hold: Hold) -> prices.Tokens:
    """What a request of which nothing at all is known may have used: everything it was allowed."""
    return prices.Tokens(output=hold.max_tokens, cache_write_1h=hold.prompt_bound_tokens, searches=hold.max_searches)


def spent(conversation_id: UUID) -> int:
    """Nano-dollars that a conversation has cost so far."""
    place = limits.in_all(conversation_id)
    found = statements.row("SELECT spent_nanodollars FROM chatapp_counter WHERE key = %s", place.key)
    return int(found[0]) if found else 0


def usd(nanodollars: int) -> str:
    """An exact decimal string: 1_500_000_000 is '1.500000000'."""
    sign = "-" if nanodollars < 0 else ""
    whole, rest = divmod(abs(nanodollars), NANODOLLARS)
    return f"{sign}{whole}.{rest:09d}"


def _tightest(standings: Iterable[counters.Standing], under: Mapping[str, list[Limit]]) -> Short | None:
    shorts = [
        Short(limit, standing.spent, standing.held)
        for standing in standings
        for limit in under.get(standing.place.key, ())
        if limit.stops
    ]
    return min(shorts, key=lambda short: short.room, default=None)


def _worst_case(listed: prices.PriceList, wanted: Wanted, prompt_bound: int, max_tokens: int) -> int:
    return listed.worst_case(prompt_bound, max_tokens, wanted.manner, wanted.max_searches)


def _closed(hold_id: int, state: Hold.State, now: datetime) -> Hold | None:
    """The hold, if it was open until now."""
    return statements.changed(
        Hold,
        "UPDATE chatapp_hold SET state = CASE WHEN dispatched_at IS NULL THEN 'voided' ELSE %s END, closed_at = %s "
        "WHERE id = %s AND state = 'open'",
        state,
        now,
        hold_id,
    )
