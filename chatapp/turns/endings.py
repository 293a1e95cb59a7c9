"""How an answer ended: the state, the sentence a person reads, and what is known of its cost."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import datetime

from chatapp.claude import gateway
from chatapp.money import prices
from chatapp.money.ledger import Short
from chatapp.turns.closing import Ending, Receipt
from chatapp.turns.models import Attempt
from chatapp.turns.opening import Opening
from chatapp.turns.running import Running
from chatapp.turns.states import FULL, State

NO_PRICE = "This model has no price yet, so it may not be used. Please tell an administrator."
UNCOUNTED = "Claude could not look through what you attached just now, so nothing was asked. Please ask again."
STOPPED = "Stopped by you."
AT_LIMIT = "Stopped at your limit."
LOST_WITH_TEXT = "We were interrupted here. What had arrived is kept; you can continue it or ask again."
LOST = "We were interrupted before the answer began. Please ask again."
EMPTY = "Claude ended without writing anything. You can ask again, perhaps in other words."
NOTHING_NEW = (
    "The answer broke off, and when we asked again Claude wrote nothing. "
    "What had arrived is kept; you can continue it or ask again."
)

# Every stop reason that is not a plain end, with its state and sentence; whatever is unknown counts as a plain end.
STOP_REASONS: dict[str, tuple[State, str]] = {
    "max_tokens": (State.TRUNCATED, "The answer reached its length limit. Continue to read on."),
    FULL: (
        State.TRUNCATED,
        "This conversation is as long as Claude can read. Start a new one.",
    ),
    "pause_turn": (State.TRUNCATED, "Claude paused here. Continue to read on."),
    "refusal": (State.REFUSED, "Claude declined to answer this. You can ask in another way."),
}
# Without a word there is nothing to continue, so nothing of the kind is promised.
NOTHING_WRITTEN = {
    "max_tokens": "Claude reached its length limit before it wrote anything. You can ask again, perhaps for less.",
    FULL: STOP_REASONS[FULL][1],
}

# Nobody was asked: it was stopped while it waited.
NOT_SENT = Receipt(Attempt.Outcome.STOPPED, tokens=None, exact=True, billed=False, sent=False)

# A model does not write faster than this; it bounds what was generated after the last word we saw.
TOKENS_PER_SECOND = 400


@dataclass(slots=True)
class Heard:
    """What was heard of an answer and when, from which follows the most that can have been written."""

    began_at: float = field(default_factory=time.monotonic)
    last_at: float = field(default_factory=time.monotonic)
    seen_bytes: int = 0
    thinking_seconds: float = 0.0
    # Between two pieces, whatever was in them.
    longest_silence_seconds: float | None = None
    # Nobody broke off the listening: every word that reached us was passed on.
    out: bool = False

    def take(self, batch: gateway.Batch) -> None:
        now = time.monotonic()
        if batch.thinking or batch.thinking_now:
            self.thinking_seconds += now - self.last_at
        if self.seen_bytes and now - self.last_at > (self.longest_silence_seconds or -1.0):
            self.longest_silence_seconds = now - self.last_at
        self.last_at = now
        self.seen_bytes += len(batch.text.encode()) + len(batch.thinking.encode())

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began_at

    def output_bound(self, max_tokens: int) -> int:
        """A token that was seen has at least a byte; what was thought, or written after the last word that
        reached us, is bounded by how fast a model writes."""
        unseen_seconds = self.thinking_seconds + (time.monotonic() - self.last_at) + 1
        return min(max_tokens, self.seen_bytes + int(TOKENS_PER_SECOND * unseen_seconds))


def of_answer(
    turn: Running,
    opened: Opening,
    exchange: gateway.Exchange,
    failure: gateway.Failure | None,
    heard: Heard,
    *,
    from_before: bool = False,
) -> Ending:
    """The ending of an answer that was listened to, in the order in which the facts outrank each other.

    What is shown may be `from_before`: of an earlier attempt, for this one has written nothing.
    """
    if turn.stop_asked and not (exchange.complete and heard.out):
        return stopped(turn)
    if failure is not None:
        return failed(turn, failure.sentence)
    if not exchange.complete:
        return failed(turn, LOST)
    reason = exchange.stop_reason or ""
    state, notice = STOP_REASONS.get(reason, (State.ANSWERED, ""))
    if state is State.REFUSED:
        return Ending(state, "", stop_reason=reason, notice=notice)
    if from_before and reason != FULL:
        return failed(turn, NOTHING_NEW)
    if reason == "max_tokens" and opened.clamped_by:
        return replace(_with_text(turn, state, AT_LIMIT, reason), short=opened.clamped_by)
    if not turn.text.strip():
        notice = NOTHING_WRITTEN.get(reason, EMPTY)
    return _with_text(turn, state, notice, reason)


def is_too_long(ending: Ending, failure: gateway.Failure | None) -> bool:
    """Claude could not read the whole conversation."""
    if failure is not None:
        return failure.kind is gateway.FailureKind.TOO_LONG
    return ending.stop_reason == FULL


def over_budget(turn: Running, short: Short) -> Ending:
    """Nothing was asked, for a limit leaves no room."""
    return replace(_with_text(turn, State.OVER_BUDGET, ""), short=short)


def kept(text: str, written_at: datetime) -> Ending:
    """An earlier answer to the same question."""
    return Ending(State.ANSWERED, text, stop_reason="end_turn", kept_from=written_at)


def stopped(turn: Running) -> Ending:
    return _with_text(turn, State.STOPPED, STOPPED)


def failed(turn: Running, sentence: str) -> Ending:
    """Whatever arrived is kept and marked; with nothing to keep the turn has failed."""
    if turn.text.strip():
        return _with_text(turn, State.INTERRUPTED, sentence)
    return _with_text(turn, State.FAILED, sentence)


def closed_way(failure: gateway.Failure) -> Receipt:
    """Nothing was sent, for the way to Claude was closed."""
    return replace(NOT_SENT, outcome=Attempt.Outcome.FAILED, failure=failure.kind, detail=failure.detail)


def receipt(
    exchange: gateway.Exchange,
    opened: Opening,
    failure: gateway.Failure | None,
    heard: Heard,
    *,
    stopped: bool,
) -> Receipt:
    """What is known of an attempt's cost: exact, an upper bound, or provably nothing."""
    tokens, exact = _tokens(exchange, opened, heard)
    outcome = Attempt.Outcome.DONE
    if not exchange.complete:
        if stopped:
            outcome = Attempt.Outcome.STOPPED
        else:
            outcome = Attempt.Outcome.CUT if exchange.usage else Attempt.Outcome.FAILED
    return Receipt(
        outcome=outcome,
        tokens=tokens,
        exact=exact,
        billed=exchange.sent and not (failure and failure.rejected),
        sent=exchange.sent,
        request_id=exchange.request_id or "",
        message_id=exchange.message_id or "",
        ttft_ms=_ms(exchange.first_word_seconds),
        total_ms=_ms(heard.seconds),
        failure=failure.kind if failure else "",
        detail=failure.detail if failure else "",
        cache_miss=exchange.cache_miss_reason or "",
    )


def _tokens(exchange: gateway.Exchange, opened: Opening, heard: Heard) -> tuple[prices.Tokens | None, bool]:
    usage = exchange.usage
    if usage is None or not usage.trusted:
        return None, False
    output = usage.output_tokens if usage.final else heard.output_bound(opened.max_tokens)
    tokens = prices.Tokens(
        input=usage.input_tokens,
        output=output,
        cache_read=usage.cache_read_tokens,
        cache_write_5m=usage.cache_write_5m_tokens,
        cache_write_1h=usage.cache_write_1h_tokens,
    )
    # Whether a refusal is billed depends on its category, which Anthropic may change.
    return tokens, usage.final and exchange.stop_reason != "refusal"


def _with_text(turn: Running, state: State, notice: str, stop_reason: str = "") -> Ending:
    return Ending(state, turn.text, turn.thinking, turn.thinking_ms, stop_reason, notice)


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1000)
