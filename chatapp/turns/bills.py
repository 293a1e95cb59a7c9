"""What the answers of turns cost, and what the cache saved; the title's request is the conversation's expense."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.claude.failures import ROWS, FailureKind
from chatapp.money import ledger
from chatapp.storage import statements


@dataclass(frozen=True, slots=True)
class Bill:
    """All attempts of one turn together."""

    nanodollars: int
    saved_nanodollars: int
    exact: bool
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
    attempts: int = 1
    # Why the last of them failed, if it did.
    failure: str = ""

    @property
    def is_hopeful(self) -> bool:
        """Not the question was to blame: it can be answered when Claude is back."""
        return self.failure in ROWS and ROWS[FailureKind(self.failure)].passes

    @property
    def usd(self) -> str:
        return ledger.usd(self.nanodollars)

    @property
    def saved_usd(self) -> str:
        return ledger.usd(self.saved_nanodollars)


_COSTS = (
    "SELECT turn_id, sum(cost_nanodollars), sum(saved_nanodollars), sum(CASE WHEN cost_exact THEN 0 ELSE 1 END), "
    "sum(coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0) "
    "+ coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)), "
    "sum(coalesce(cache_read_tokens, 0)), sum(coalesce(output_tokens, 0)), count(*), "
    "(SELECT failure FROM chatapp_attempt last WHERE last.turn_id = chatapp_attempt.turn_id AND task = 'answer' "
    "ORDER BY number DESC LIMIT 1) "
    "FROM chatapp_attempt WHERE task = 'answer' AND outcome <> 'running' AND turn_id IN ({}) GROUP BY turn_id"
)


def of(turn_ids: Sequence[int]) -> dict[int, Bill]:
    """By turn; of one for which nothing was ever asked there is none."""
    if not turn_ids:
        return {}
    found = statements.rows(_COSTS.format(statements.marks(turn_ids)), *turn_ids)
    return {
        turn_id: Bill(int(cost), int(saved), not inexact, int(prompt), int(cached), int(output), attempts, failure)
        for turn_id, cost, saved, inexact, prompt, cached, output, attempts, failure in found
    }
