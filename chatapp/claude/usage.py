"""How many tokens an answer took, as far as Claude has said so and can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

# Twice the largest context window.
MOST_TOKENS: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    input_tokens: int = 0
    """Neither read from the cache nor written to it."""
    output_tokens: int = 0
    """0 until the end: what Claude says at the start is a placeholder."""
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0
    final: bool = False
    """The output count came together with the reason why Claude stopped."""
    trusted: bool = True
    """False when a count was missing or cannot be: charge an upper bound instead."""


class Counts:
    """Merges what the events say. Counts are cumulative, so the later one stands; they are never added."""

    __slots__ = ("_asks_for_hours", "_max_tokens", "_trusted", "usage")

    def __init__(self, max_tokens: int, asks_for_hours: bool) -> None:
        self.usage: Usage | None = None
        self._max_tokens = max_tokens
        self._asks_for_hours = asks_for_hours
        self._trusted = True

    def begin(self, said: Any) -> None:
        """What message_start says: the only place with the two kinds of cache writes apart."""
        said = said if isinstance(said, Mapping) else {}
        split = said.get("cache_creation")
        split = split if isinstance(split, Mapping) else {}
        usage = Usage(
            input_tokens=self._count(said, "input_tokens", 0, required=True),
            cache_read_tokens=self._count(said, "cache_read_input_tokens", 0),
            cache_write_5m_tokens=self._count(split, "ephemeral_5m_input_tokens", 0),
            cache_write_1h_tokens=self._count(split, "ephemeral_1h_input_tokens", 0),
        )
        self._keep(usage, said)

    def go_on(self, said: Any, last: bool) -> None:
        """What a message_delta says; the last one has the whole output."""
        said = said if isinstance(said, Mapping) else {}
        known = self.usage
        if known is None:
            known = Usage()
            self._trusted = False
        usage = replace(
            known,
            input_tokens=self._count(said, "input_tokens", known.input_tokens),
            output_tokens=self._count(said, "output_tokens", known.output_tokens, most=self._max_tokens),
            cache_read_tokens=self._count(said, "cache_read_input_tokens", known.cache_read_tokens),
            final=last and type(said.get("output_tokens")) is int,
        )
        self._keep(usage, said)

    def _keep(self, usage: Usage, said: Mapping[str, Any]) -> None:
        """Cache writes that came without their kind are of the kind that was asked for."""
        known = usage.cache_write_5m_tokens + usage.cache_write_1h_tokens
        kind = "cache_write_1h_tokens" if self._asks_for_hours else "cache_write_5m_tokens"
        rest = self._count(said, "cache_creation_input_tokens", known) - known
        self.usage = replace(usage, trusted=self._trusted, **{kind: getattr(usage, kind) + rest})

    def _count(
        self,
        said: Mapping[str, Any],
        name: str,
        known: int,
        *,
        required: bool = False,
        most: int = MOST_TOKENS,
    ) -> int:
        count = said.get(name)
        if count is None and not required:
            return known
        if type(count) is not int or not 0 <= count <= most:
            self._trusted = False
            return known
        return max(known, count)
