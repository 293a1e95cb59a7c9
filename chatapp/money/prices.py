"""What a token costs: the price book, and whole nano-dollars rounded up."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from chatapp.money.models import Price
from chatapp.money.models.prices import MULTIPLIERS, RATES
from chatapp.storage import seldom

NANODOLLARS: Final = 1_000_000_000
# No model writes more in one answer.
MOST_TOKENS: Final = 10_000_000
WHOLE: Final = 100
MOST_PERCENT: Final = 1_000
_MILLION: Final = 1_000_000
_THOUSANDTHS: Final = 1_000


class UnknownPrice(Exception):
    """No price is known for this model and manner today, so nothing may be asked of it."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Counts of one request; the prompt is the sum of all but the output."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    searches: int = 0

    @property
    def prompt(self) -> int:
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h


NOTHING: Final = Tokens()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a request is asked, where that has its price."""

    batch: bool = False
    geo: bool = False
    fast: bool = False
    # What whoever is asked takes of the book's price.
    percent: int = WHOLE

    def __post_init__(self) -> None:
        # More would not fit into the hold's words for it.
        if not WHOLE <= self.percent <= MOST_PERCENT:
            raise ValueError(f"{self.percent}% of a price")

    @property
    def modes(self) -> list[str]:
        return [name for name in MULTIPLIERS if getattr(self, name)]

    def __str__(self) -> str:
        return " ".join(self.modes if self.percent == WHOLE else [*self.modes, f"{self.percent}%"])

    @staticmethod
    def named(words: str) -> Manner:
        """The way back from its words."""
        percent = next((int(word[:-1]) for word in words.split() if word.endswith("%")), WHOLE)
        modes = [word for word in words.split() if not word.endswith("%")]
        return Manner(**dict.fromkeys(modes, True), percent=percent)


PLAIN: Final = Manner()


@dataclass(frozen=True, slots=True)
class Band:
    """One row of the book in whole numbers: nano-dollars per million tokens, multipliers in thousandths."""

    id: int
    prompt_above: int
    input: int
    output: int
    write_5m: int
    write_1h: int
    read: int
    multipliers: dict[str, int | None]
    search: int | None

    @property
    def dearest_input(self) -> int:
        return max(self.input, self.write_5m, self.write_1h, self.read)

    def amount(self, rated: int, manner: Manner, searches: int = 0) -> int:
        """Tokens times rates, in this manner, as nano-dollars; a started one is a whole one."""
        numerator, denominator = rated * manner.percent, _MILLION * WHOLE
        for name in manner.modes:
            factor = self.multipliers[name]
            if factor is None:
                raise UnknownPrice(f"{name} mode")
            numerator, denominator = numerator * factor, denominator * _THOUSANDTHS
        if searches and self.search is None:
            raise UnknownPrice("web search")
        fee = searches * (self.search or 0) * manner.percent
        return -(-numerator // denominator) + -(-fee // WHOLE)


@dataclass(frozen=True, slots=True)
class PriceList:
    """A model's prices from a day on: its bands, the lowest first."""

    model: str
    valid_from: date
    bands: tuple[Band, ...]

    def band(self, prompt_tokens: int) -> Band:
        """The one whose rates a prompt of so many tokens pays, for its output, too."""
        return next(band for band in reversed(self.bands) if band.prompt_above < max(prompt_tokens, 1))

    def worst_case(self, prompt_bound: int, max_tokens: int, manner: Manner = PLAIN, searches: int = 0) -> int:
        """The most that a request can cost: every prompt token at the dearest rate, every output token generated."""
        reachable = [band for band in self.bands if band.prompt_above < max(prompt_bound, 1)]
        return max(
            band.amount(prompt_bound * band.dearest_input + max_tokens * band.output, manner, searches)
            for band in reachable
        )

    def affordable(self, room: int, prompt_bound: int, manner: Manner = PLAIN, searches: int = 0) -> int:
        """How many tokens of output fit into an amount beside the prompt; below zero when not even that fits."""
        counts = range(MOST_TOKENS + 1)
        return (
            bisect.bisect_right(counts, room, key=lambda count: self.worst_case(prompt_bound, count, manner, searches))
            - 1
        )

    def cost(self, tokens: Tokens, manner: Manner = PLAIN) -> int:
        """What the counted tokens cost, in nano-dollars."""
        band = self.band(tokens.prompt)
        return band.amount(
            tokens.input * band.input
            + tokens.output * band.output
            + tokens.cache_read * band.read
            + tokens.cache_write_5m * band.write_5m
            + tokens.cache_write_1h * band.write_1h,
            manner,
            tokens.searches,
        )

    def saved(self, tokens: Tokens, manner: Manner = PLAIN) -> int:
        """What the cache brought: these tokens without one, less what they cost with it."""
        band = self.band(tokens.prompt)
        uncached = tokens.prompt * band.input + tokens.output * band.output
        return band.amount(uncached, manner, tokens.searches) - self.cost(tokens, manner)


def of(model: str, at: datetime) -> PriceList:
    """The model's newest list that is in force, or UnknownPrice."""
    day = at.astimezone(UTC).date()
    for prices in _lists().get(model, ()):
        if prices.valid_from <= day:
            return prices
    raise UnknownPrice(model)


def listed(model: str, valid_from: date) -> PriceList:
    """The list by which a hold was measured."""
    for prices in _lists().get(model, ()):
        if prices.valid_from == valid_from:
            return prices
    raise UnknownPrice(model)


def models() -> list[str]:
    return sorted(_lists())


def _lists() -> dict[str, tuple[PriceList, ...]]:
    """The whole book."""
    return seldom.of("prices", _read)


def _read() -> dict[str, tuple[PriceList, ...]]:
    """By model, the newest list first."""
    bands: dict[tuple[str, date], list[Band]] = {}
    for price in Price.objects.order_by("prompt_above"):
        bands.setdefault((price.model, price.valid_from), []).append(_band(price))
    lists: dict[str, tuple[PriceList, ...]] = {}
    for (model, valid_from), found in sorted(bands.items(), reverse=True):
        # A list that leaves out the shortest prompts has no price for them.
        if found[0].prompt_above == 0:
            lists[model] = (*lists.get(model, ()), PriceList(model, valid_from, tuple(found)))
    return lists


def _band(price: Price) -> Band:
    return Band(
        id=price.pk,
        prompt_above=price.prompt_above,
        **{name: _nanodollars(getattr(price, name)) for name in RATES},
        multipliers={name: _thousandths(getattr(price, name)) for name in MULTIPLIERS},
        search=None if price.search is None else _nanodollars(price.search),
    )


def _nanodollars(dollars: Decimal) -> int:
    return int(dollars * NANODOLLARS)


def _thousandths(factor: Decimal | None) -> int | None:
    return None if factor is None else int(factor * _THOUSANDTHS)
