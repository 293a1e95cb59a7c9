"""What a running answer has cost so far, as well as its length tells: looked at once a second."""

from __future__ import annotations

import time

from chatapp.claude.gateway import Exchange
from chatapp.money.prices import Manner, PriceList, Tokens

EVERY_SECONDS = 1.0
CHARACTERS_PER_TOKEN = 3.5


class Taximeter:
    __slots__ = ("_due", "_exchange", "_manner", "_prices")

    def __init__(self, listed: PriceList, exchange: Exchange, manner: Manner) -> None:
        self._manner = manner
        self._prices = listed
        self._exchange = exchange
        self._due = 0.0

    def read(self, characters: int) -> int:
        """Nano-dollars; 0 when it was read a moment ago."""
        now = time.monotonic()
        if now < self._due:
            return 0
        self._due = now + EVERY_SECONDS
        usage = self._exchange.usage
        if usage is None:
            return 0
        counted = Tokens(
            input=usage.input_tokens,
            output=int(characters / CHARACTERS_PER_TOKEN) + 1,
            cache_read=usage.cache_read_tokens,
            cache_write_5m=usage.cache_write_5m_tokens,
            cache_write_1h=usage.cache_write_1h_tokens,
        )
        return self._prices.cost(counted, self._manner)
