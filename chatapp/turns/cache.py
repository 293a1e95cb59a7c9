"""How well Claude's cache serves: the share of prompts that it had already, what that saved, and why it broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from chatapp.money import ledger, reports
from chatapp.storage import statements

# Claude's own words for it, and ours where it says nothing.
WORDS: Final = {
    "model_changed": "another model was asked",
    "system_changed": "the system prompt changed",
    "tools_changed": "the tools changed",
    "messages_changed": "something earlier in the conversation was told in other words",
    "settings_changed": "thinking or effort changed",
    "provider_changed": "another provider was asked",
    "digest_changed": "older turns were condensed, or no longer",
    "previous_message_not_found": "Claude no longer knew the last answer",
    "expired": "the pause was longer than Claude keeps it",
    "unavailable": "Claude did not say",
    "unknown": "nobody knows: nothing was changed here",
}
MINUTES: Final = 5
# Less than this is what a cut between two tokens makes, and no break.
_SLACK_TOKENS: Final = 64
_PARTS: Final = ("system_changed", "digest_changed", "settings_changed", "settings_changed", "settings_changed")
_COLUMNS: Final = (
    "attempt.id, turn.parent_id, attempt.turn_id, attempt.model, attempt.provider, attempt.told, attempt.cache_miss, "
    "coalesce(attempt.input_tokens, 0), coalesce(attempt.cache_read_tokens, 0), "
    "coalesce(attempt.cache_write_5m_tokens, 0) + coalesce(attempt.cache_write_1h_tokens, 0), "
    "attempt.saved_nanodollars, attempt.started_at"
)
# Names of our own columns, no value of anybody's.
_OF = (
    f"SELECT {_COLUMNS} FROM chatapp_attempt attempt JOIN chatapp_turn turn ON turn.id = attempt.turn_id "  # noqa: S608
    "WHERE attempt.task = 'answer' AND attempt.message_id <> '' AND turn.conversation_id = %s ORDER BY attempt.id"
)
_SINCE = (
    "SELECT attempt.model, count(*), sum(coalesce(input_tokens, 0)), sum(coalesce(cache_read_tokens, 0)), "
    "sum(coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)), sum(saved_nanodollars) "
    "FROM chatapp_attempt attempt WHERE task = 'answer' AND message_id <> '' AND started_at > %s "
    "GROUP BY attempt.model ORDER BY 2 DESC"
)
_BUSY = (
    "SELECT turn.conversation_id FROM chatapp_attempt attempt JOIN chatapp_turn turn ON turn.id = attempt.turn_id "
    "WHERE attempt.task = 'answer' AND attempt.message_id <> '' AND attempt.started_at > %s "
    "GROUP BY turn.conversation_id HAVING count(*) > 1 ORDER BY max(attempt.id) DESC LIMIT 200"
)


@dataclass(frozen=True, slots=True)
class Request:
    """One answered request, as far as the cache is concerned."""

    id: int
    parent_id: int | None
    turn_id: int
    model: str
    provider: str
    told: str
    cache_miss: str
    input: int
    read: int
    written: int
    saved_nanodollars: int
    started_at: datetime

    @property
    def prompt(self) -> int:
        return self.input + self.read + self.written


@dataclass(frozen=True, slots=True)
class Break:
    """One request that had to read again what Claude had in its cache before."""

    turn_id: int
    reason: str
    tokens: int

    @property
    def tokens_words(self) -> str:
        return f"{self.tokens:,}"

    @property
    def words(self) -> str:
        return WORDS.get(self.reason, WORDS["unknown"])


@dataclass(frozen=True, slots=True)
class Health:
    """How the cache served a number of requests."""

    requests: int
    read: int
    prompt: int
    saved_nanodollars: int
    breaks: Sequence[Break] = ()

    @property
    def percent(self) -> int:
        return 100 * self.read // self.prompt if self.prompt else 0

    @property
    def saved_usd(self) -> str:
        """Negative where writing has cost more than reading has saved so far."""
        return ledger.usd(self.saved_nanodollars)

    @property
    def saved_words(self) -> str:
        return reports.about(self.saved_nanodollars, up=False)

    @property
    def saved(self) -> bool:
        return self.saved_nanodollars > 0


def of(conversation_id: UUID) -> Health:
    made = [_request(row) for row in statements.rows(_OF, conversation_id)]
    return Health(
        len(made),
        sum(one.read for one in made),
        sum(one.prompt for one in made),
        sum(one.saved_nanodollars for one in made),
        list(breaks(made)),
    )


def breaks(made: Iterable[Request]) -> Iterable[Break]:
    """Each request is held against the last one of the turn before it, whose prompt it begins with."""
    last: dict[int, Request] = {}
    for one in made:
        before = last.get(one.parent_id or 0)
        last[one.turn_id] = one
        if before is None:
            continue
        missed = before.read + before.written - one.read
        if missed > _SLACK_TOKENS:
            yield Break(one.turn_id, _reason(before, one), missed)


def by_model(since: datetime) -> list[tuple[str, Health]]:
    return [
        (model, Health(count, int(read), int(rest + read + written), int(saved)))
        for model, count, rest, read, written, saved in statements.rows(_SINCE, since)
    ]


def why(since: datetime) -> list[tuple[str, int, int]]:
    """The reasons in the conversations that were asked last: in words, how often, and how many tokens that cost."""
    times: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for (conversation_id,) in statements.rows(_BUSY, since):
        for broken in of(statements.uuid(conversation_id)).breaks:
            times[broken.words] += 1
            tokens[broken.words] += broken.tokens
    return [(words, count, tokens[words]) for words, count in times.most_common()]


def _reason(before: Request, one: Request) -> str:
    """Claude's own, unless it only says that something changed and we know what; ours where it says nothing."""
    if before.provider != one.provider:
        return "provider_changed"
    if before.model != one.model:
        return "model_changed"
    for name, was, is_now in zip(_PARTS, before.told.split("/"), one.told.split("/"), strict=False):
        if was != is_now:
            return name
    if one.cache_miss and one.cache_miss not in ("unavailable", "previous_message_not_found"):
        return one.cache_miss
    if one.started_at - before.started_at > timedelta(minutes=MINUTES):
        return "expired"
    return one.cache_miss or "unknown"


def _request(row: Sequence[Any]) -> Request:
    values: list[Any] = [*row[:-1], statements.moment(row[-1])]
    return Request(*values)
