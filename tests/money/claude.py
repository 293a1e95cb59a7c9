"""What Claude would bill, by a price list of the tests' own: typed in from Anthropic's page, not read from the book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

Rates = tuple[str, str, str, str, str]
# US dollars per million tokens: input, output, 5-minute write, 1-hour write, cache read.
_OPUS: Rates = ("5", "25", "6.25", "10", "0.50")
_SONNET: Rates = ("3", "15", "3.75", "6", "0.30")
_RATES: Mapping[str, Rates] = {
    "fable-5-2": ("8", "40", "10", "16", "0.20"),
    "fable-5-1": ("10", "50", "12.50", "20", "0.25"),
    "fable-5": ("10", "50", "12.50", "20", "1.00"),
    "mythos-5-2": ("8", "40", "10", "16", "0.20"),
    "mythos-5-1": ("10", "50", "12.50", "20", "0.25"),
    "mythos-5": ("10", "50", "12.50", "20", "1.00"),
    "opus-5-5": ("4", "20", "5", "8", "0.20"),
    **dict.fromkeys(("opus-5", "opus-4-8", "opus-4-7", "opus-4-6", "opus-4-5"), _OPUS),
    "sonnet-5-5": ("2", "10", "2.50", "4", "0.10"),
    "sonnet-5": ("2", "10", "2.50", "4", "0.20"),
    **dict.fromkeys(("sonnet-4-6", "sonnet-4-5"), _SONNET),
    "haiku-5-5": ("0.10", "0.50", "0.125", "0.20", "0.01"),
    "haiku-4-5": ("1", "5", "1.25", "2", "0.10"),
}
_SONNET_5_5_BEFORE: Rates = ("2", "10", "2.50", "4", "0.20")
_CUT = date(2026, 10, 7)
_BAND = 100_000
_KINDS = ("input_tokens", "output_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens")


@dataclass(frozen=True)
class Request:
    """A request that is out, or was, and what Claude has it cost."""

    hold_id: int
    billed: int


def bill(model: str, counts: Mapping[str, int], day: date = date.max) -> int:
    """Nano-dollars, a started one as a whole one."""
    name = model.removeprefix("claude-")
    rates = _SONNET_5_5_BEFORE if name == "sonnet-5-5" and day < _CUT else _RATES[name]
    prompt = sum(count for kind, count in counts.items() if kind != "output_tokens")
    # Above the line every token of the request costs five times as much, the output, too.
    times = 5 if name == "haiku-5-5" and prompt > _BAND else 1
    dollars = sum(Fraction(rate) * counts.get(kind, 0) for kind, rate in zip(_KINDS, rates, strict=True))
    return -int(-(dollars * times * 1000) // 1)
