"""What is written down of a question's way: each fact when it is true, a transaction's once it is committed."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatapp.claude import gateway
from chatapp.storage import statements
from chatapp.telemetry import facts, traces
from chatapp.telemetry.facts import Fact

if TYPE_CHECKING:
    from chatapp.money import ledger
    from chatapp.turns.closing import Receipt
    from chatapp.turns.composition import Question
    from chatapp.turns.models import Turn
    from chatapp.turns.opening import Opening
    from chatapp.turns.places import Asked
    from chatapp.turns.running import Running
    from chatapp.turns.tries import Step


def accepted(asked: Asked, turn_id: int, conversation_id: UUID, correlation_id: str, model: str, state: str) -> None:
    traces.remember(correlation_id)
    told = partial(
        facts.tell,
        Fact.ACCEPTED,
        correlation_id=correlation_id,
        turn=turn_id,
        conversation=conversation_id,
        ask_id=asked.ask_id,
        person=asked.asker_id,
        model=model,
        outcome=state,
        files=len(asked.files),
    )
    transaction.on_commit(told)


def held(asked: Question, attempt_id: int, task: str, granted: ledger.Granted) -> None:
    """A request may be sent: its row and its hold are there."""
    told = partial(
        facts.tell,
        Fact.HELD,
        correlation_id=asked.correlation_id,
        turn=asked.turn_id,
        conversation=asked.conversation_id,
        attempt=attempt_id,
        hold=granted.hold_id,
        task=task,
        model=asked.model,
        provider=asked.provider,
        max_tokens=granted.max_tokens,
        nanodollars=granted.nanodollars,
    )
    transaction.on_commit(told)


def waits(turn: Running, opened: Opening, place: int = 0, seconds: float = 0.0) -> None:
    """It stands in line, or the way to Claude is closed for so long."""
    _of(turn, opened, Fact.WAITING, place=place, milliseconds=int(seconds * 1000))


def sent(turn: Running, opened: Opening) -> None:
    """Leave is given, and from now on its bytes may be on their way; that none of them left, only its end may say."""
    _of(turn, opened, Fact.SENT)


def first_word(turn: Running, opened: Opening, exchange: gateway.Exchange) -> None:
    seconds = exchange.first_word_seconds or 0.0
    _of(turn, opened, Fact.FIRST_WORD, request_id=exchange.request_id or "", milliseconds=int(seconds * 1000))


def retried(turn: Running, opened: Opening, failure: gateway.Failure | None, step: Step) -> None:
    """Another attempt is to follow this one, so long from now."""
    facts.tell(
        Fact.RETRIED,
        correlation_id=turn.correlation_id,
        turn=turn.turn_id,
        conversation=turn.conversation_id,
        attempt=opened.attempt_id,
        model=step.way.model,
        provider=step.way.provider,
        failure=failure.kind.value if failure else "",
        manner=step.manner.name.lower(),
        milliseconds=int(step.wait_seconds * 1000),
    )


def settled(attempt_id: int, row: tuple[Any, ...], receipt: Receipt, charged: ledger.Settled) -> None:
    """What an attempt came to, and what the ledger has of it."""
    hold_id, turn_id, task, model, provider, conversation_id, correlation_id = row
    tokens = charged.tokens
    told = partial(
        facts.tell,
        Fact.SETTLED,
        correlation_id=correlation_id,
        turn=turn_id,
        conversation=statements.uuid(conversation_id),
        attempt=attempt_id,
        hold=hold_id,
        task=task,
        model=model,
        provider=provider,
        outcome=receipt.outcome,
        failure=receipt.failure,
        sent=receipt.sent,
        exact=receipt.exact or not receipt.billed,
        request_id=receipt.request_id,
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write_5m + tokens.cache_write_1h,
        nanodollars=charged.nanodollars,
        ttft_milliseconds=receipt.ttft_ms,
        milliseconds=receipt.total_ms,
    )
    transaction.on_commit(told)


def ended(
    correlation_id: str,
    turn_id: int,
    conversation_id: UUID,
    model: str,
    state: str,
    nanodollars: int,
    asked_at: datetime,
) -> None:
    """The turn is over, and this is what all of it cost."""
    told = partial(
        facts.tell,
        Fact.ENDED,
        correlation_id=correlation_id,
        turn=turn_id,
        conversation=conversation_id,
        model=model,
        outcome=state,
        nanodollars=nanodollars,
        milliseconds=int((timezone.now() - asked_at).total_seconds() * 1000),
    )
    transaction.on_commit(told)


def put_off(turn: Turn) -> None:
    """It waits until Claude is back."""
    transaction.on_commit(partial(facts.tell, Fact.PUT_OFF, **_row(turn)))


def taken_over(turn: Turn) -> None:
    """This process asks again what another one had left, or what was put off."""
    facts.tell(Fact.TAKEN_OVER, **_row(turn))


def _of(turn: Running, opened: Opening, fact: Fact, **more: facts.Value) -> None:
    facts.tell(
        fact,
        correlation_id=turn.correlation_id,
        turn=turn.turn_id,
        conversation=turn.conversation_id,
        attempt=opened.attempt_id,
        model=opened.way.model,
        provider=opened.way.provider,
        **more,
    )


def _row(turn: Turn) -> facts.Values:
    return {"correlation_id": turn.correlation_id, "turn": turn.pk, "conversation": turn.conversation_id}
