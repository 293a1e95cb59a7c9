"""The owner's export of a conversation, every branch and every figure of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from django.utils import timezone

from chatapp.money import ledger
from chatapp.turns import meter, scribe, thread
from chatapp.turns.models import Attempt, Conversation, Turn

AT_A_TIME: Final = 20


def as_json(conversation: Conversation) -> dict[str, Any]:
    return {**_head(conversation), "turns": list(_turns(conversation))}


def in_pieces(conversation: Conversation) -> Iterator[str]:
    """The same as text, a few turns at a time in memory, and with what Claude thought."""
    yield f'{json.dumps(_head(conversation), ensure_ascii=False)[:-1]}, "turns": ['
    for number, turn in enumerate(_turns(conversation, thinking=True)):
        yield ("," if number else "") + "\n" + json.dumps(turn, ensure_ascii=False)
    yield "\n]}\n"


def as_markdown(conversation: Conversation) -> Iterator[str]:
    """The shown branch, for reading."""
    yield f"# {conversation.title}\n"
    path = thread.of(conversation.pk, conversation.head_id).path
    turns = Turn.objects.in_bulk(path)
    for turn_id in path:
        turn = turns[turn_id]
        yield f"\n## You\n\n{turn.question}\n"
        yield f"\n## Claude\n\n{text_of(turn) or turn.notice}\n"


def text_of(turn: Turn) -> str:
    """The answer, or what there is of it so far."""
    return scribe.so_far(turn)[0]


def _head(conversation: Conversation) -> dict[str, Any]:
    shown = meter.of(conversation.owner_id, conversation.pk, timezone.now())
    return {
        "conversation": str(conversation.pk),
        "title": conversation.title,
        "spent_usd": shown.spent_usd,
        "limit_usd": shown.limit_usd or None,
    }


def _turns(conversation: Conversation, *, thinking: bool = False) -> Iterator[dict[str, Any]]:
    rows = conversation.turns.order_by("pk").prefetch_related("attempts", "files")
    found = list(rows[:AT_A_TIME])
    while found:
        yield from ({**_turn(turn), **({"thinking": scribe.so_far(turn)[1]} if thinking else {})} for turn in found)
        found = list(rows.filter(pk__gt=found[-1].pk)[:AT_A_TIME])


def _turn(turn: Turn) -> dict[str, Any]:
    attempts = sorted(turn.attempts.all(), key=lambda attempt: attempt.number)
    return {
        "id": turn.pk,
        "parent": turn.parent_id,
        "ask_id": str(turn.ask_id),
        "correlation_id": turn.correlation_id,
        "asked_at": turn.asked_at.isoformat(),
        "ended_at": turn.ended_at.isoformat() if turn.ended_at else None,
        "question": turn.question,
        "files": [file.name for file in turn.files.all()],
        "answer": text_of(turn),
        "state": turn.state,
        "notice": turn.notice,
        "model": turn.model,
        # Where another model stood in for it.
        "asked_model": turn.asked_model or None,
        "stop_reason": turn.stop_reason or None,
        "cost_usd": ledger.usd(sum(attempt.cost_nanodollars for attempt in attempts)),
        "cost_exact": all(attempt.cost_exact for attempt in attempts if attempt.ended_at),
        "attempts": [_attempt(attempt) for attempt in attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "task": attempt.task,
        "model": attempt.model,
        "provider": attempt.provider or None,
        "started_at": attempt.started_at.isoformat(),
        "ended_at": attempt.ended_at.isoformat() if attempt.ended_at else None,
        "request_id": attempt.request_id or None,
        "outcome": attempt.outcome,
        "input_tokens": attempt.input_tokens,
        "output_tokens": attempt.output_tokens,
        "cache_read_tokens": attempt.cache_read_tokens,
        "cache_write_5m_tokens": attempt.cache_write_5m_tokens,
        "cache_write_1h_tokens": attempt.cache_write_1h_tokens,
        "cost_usd": ledger.usd(attempt.cost_nanodollars),
        "cost_exact": attempt.cost_exact,
        "ttft_ms": attempt.ttft_ms,
        "total_ms": attempt.total_ms,
    }
