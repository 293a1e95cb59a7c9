"""What happened to a turn, for those who run the site: every attempt, and not a word of the conversation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chatapp.claude.catalogue import label
from chatapp.money import ledger
from chatapp.turns import cache
from chatapp.turns.models import Attempt, Turn

# What an error repeats of the conversation is longer than what any two texts have in common.
SHORTEST_QUOTE = 16
QUOTE = "[…]"


@dataclass(frozen=True, slots=True)
class Account:
    """One request to Claude, as it went."""

    number: int
    task: str
    model: str
    provider: str
    outcome: str
    failure: str
    detail: str
    request_id: str
    tokens: tuple[tuple[str, int | None], ...]
    # Why Claude read again what it had in its cache, in its own opinion.
    cache_miss: str
    usd: str
    exact: bool
    started_at: datetime
    first_word: str
    took: str
    # From the end of the attempt before it.
    waited: str


@dataclass(frozen=True, slots=True)
class Findings:
    """A turn from the outside."""

    turn_id: int
    correlation_id: str
    asker: str
    state: str
    notice: str
    model_label: str
    asked_label: str
    asked_at: datetime
    took: str
    kept_from: datetime | None
    attempts: list[Account]


def of(turn: Turn) -> Findings:
    """Everything that is known of a turn but what was said in it."""
    rows = sorted(turn.attempts.all(), key=lambda row: row.number)
    texts = Turn.objects.filter(conversation_id=turn.conversation_id).values_list("question", "answer")
    said = [text for pair in texts for text in pair if text] if any(row.detail for row in rows) else []
    return Findings(
        turn_id=turn.pk,
        correlation_id=turn.correlation_id,
        asker=turn.asker.get_username(),
        state=turn.state,
        notice=turn.notice,
        model_label=label(turn.model),
        asked_label=label(turn.asked_model) if turn.asked_model else "",
        asked_at=turn.asked_at,
        took=_seconds(turn.ended_at - turn.asked_at) if turn.ended_at else "",
        kept_from=turn.kept_from,
        attempts=[_account(row, before, said) for row, before in zip(rows, [None, *rows], strict=False)],
    )


def without_quotes(detail: str, said: Iterable[str]) -> str:
    """What Claude or the network said, without what it repeats of a conversation."""
    whole = "\0".join(said)
    kept: list[str] = []
    at = 0
    while at < len(detail):
        length = _quoted(detail, at, whole)
        kept.append(QUOTE if length else detail[at])
        at += length or 1
    return "".join(kept)


def _account(row: Attempt, before: Attempt | None, said: Iterable[str]) -> Account:
    ended_before = before.ended_at if before else None
    return Account(
        number=row.number,
        task=row.task,
        model=row.model,
        provider=row.provider or "the first one",
        outcome=row.outcome,
        failure=row.failure,
        detail=without_quotes(row.detail, said),
        request_id=row.request_id,
        tokens=(
            ("in", row.input_tokens),
            ("from the cache", row.cache_read_tokens),
            ("to the cache", _sum(row.cache_write_5m_tokens, row.cache_write_1h_tokens)),
            ("out", row.output_tokens),
        ),
        cache_miss=cache.WORDS.get(row.cache_miss, row.cache_miss),
        usd=ledger.usd(row.cost_nanodollars),
        exact=row.cost_exact,
        started_at=row.started_at,
        first_word=_milliseconds(row.ttft_ms),
        took=_milliseconds(row.total_ms),
        waited=_seconds(row.started_at - ended_before) if ended_before else "",
    )


def _quoted(detail: str, at: int, whole: str) -> int:
    """How much from here on stands in the conversation, if it is long enough for a quote."""
    length = SHORTEST_QUOTE
    if len(detail) - at < length or detail[at : at + length] not in whole:
        return 0
    while at + length < len(detail) and detail[at : at + length + 1] in whole:
        length += 1
    return length


def _sum(*numbers: int | None) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _milliseconds(number: int | None) -> str:
    return "" if number is None else _seconds(timedelta(milliseconds=number))


def _seconds(length: timedelta) -> str:
    return f"{length.total_seconds():.2f} s"
