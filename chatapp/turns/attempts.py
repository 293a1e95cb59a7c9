"""The attempts at one answer: wait for leave, ask, listen, and try what is left when it fails."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from django.utils import timezone

from chatapp.claude import gateway
from chatapp.claude.gateway import gate
from chatapp.money import ledger
from chatapp.money.prices import UnknownPrice
from chatapp.storage.crossing import in_thread
from chatapp.telemetry import traces
from chatapp.telemetry.points import Point, reach
from chatapp.turns import closing, diary, digests, endings, lease, opening, permission, readings, tries
from chatapp.turns.closing import Ending, Receipt
from chatapp.turns.endings import Heard
from chatapp.turns.listening import Listener, begin_anew, move
from chatapp.turns.opening import Opening
from chatapp.turns.permission import Left
from chatapp.turns.running import Running
from chatapp.turns.states import State, Waiting
from chatapp.turns.taximeter import Taximeter
from chatapp.turns.tries import Manner, Step
from chatapp.turns.waiting import LeaseLost, pause, unless_stopped

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Carried:
    """Where the attempts have led: the ending, and the last attempt, which is still to be settled with it."""

    ending: Ending
    attempt_id: int | None = None
    receipt: Receipt | None = None
    # What kept Claude from answering, where that is how it ended.
    failure: gateway.Failure | None = None


async def open_next(turn: Running, way: gateway.Way | None = None) -> Opening | None:
    """A hold for all of it; where a limit is near, for what fits beside the prompt as Claude counts it."""
    try:
        return await in_thread(opening.answer, turn.turn_id, turn.epoch, way)
    except opening.Tight as tight:
        ask = tight.ask
    fit = opening.Fit(cut=True, counted=await _count(turn, ask, way))
    return await in_thread(opening.answer, turn.turn_id, turn.epoch, way, fit)


async def _count(turn: Running, ask: gateway.Ask, way: gateway.Way | None) -> int | None:
    counted: list[int] = []

    async def count() -> None:
        counted.append(await gateway.count(ask, way.provider if way else ""))

    with contextlib.suppress(gateway.Failure):
        await unless_stopped(turn, count)
    return counted[0] if counted else None


async def answer(turn: Running, opened: Opening) -> Carried:
    """Ask until there is an answer, a reason that leaves no hope, or nobody who waits for it."""
    before: tuple[str, str] | None = None
    left = Left(turn, opened)
    while True:
        ended = await _ask(turn, opened, left)
        step = await _next(turn, opened, ended, left)
        if step is None:
            return _best(turn, ended.carried(opened), before)
        diary.retried(turn, opened, ended.failure, step)
        shown = len(turn.text) > turn.carried
        if shown:
            before = (turn.text, turn.thinking)
        elif turn.thinking:
            begin_anew(turn)
        await _settle(turn, opened, ended.receipt)
        try:
            wanted = await _wait(turn, step, left, sent=ended.sent)
            reopened = await _open_after(turn, step) if wanted else None
        except (ledger.NoRoom, UnknownPrice, opening.Uncounted, permission.Denied, _NotCondensed) as never:
            if isinstance(never, ledger.NoRoom) and not shown:
                raise
            # Another whole answer cannot be paid for, or not be had; what is shown stays.
            return Carried(ended.ending, failure=ended.failure)
        if reopened is None:
            return Carried(endings.stopped(turn))
        opened, left.again = reopened, left.again or ended.sent
        if not shown:
            move(turn, State.ACCEPTED)


class _NotCondensed(Exception):
    """There are no notes that could stand for old turns."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """One attempt that is over."""

    ending: Ending
    receipt: Receipt
    failure: gateway.Failure | None = None
    sent: bool = True

    def carried(self, opened: Opening) -> Carried:
        return Carried(self.ending, opened.attempt_id, self.receipt, self.failure)


async def _ask(turn: Running, opened: Opening, left: Left) -> _Ended:
    shown = len(turn.text) > turn.carried
    try:
        ticket = await permission.leave_to_ask(turn, opened, left, shown=shown)
    except gateway.Barred as barred:
        failure = tries.failed_at_the_gate(barred.closed)
        return _Ended(endings.failed(turn, failure.sentence), endings.closed_way(failure), failure, sent=False)
    if ticket is None:
        return _Ended(endings.stopped(turn), endings.NOT_SENT)
    with traces.span("attempt", turn.correlation_id) as note:
        note.say(turn=turn.turn_id, attempt=opened.attempt_id, model=opened.way.model, provider=opened.way.provider)
        ended = await _attempt(turn, opened, ticket, left, anew=shown)
        note.say(request_id=ended.receipt.request_id, outcome=ended.receipt.outcome, failure=ended.receipt.failure)
        return ended


async def _next(turn: Running, opened: Opening, ended: _Ended, left: Left) -> Step | None:
    if turn.stop_asked:
        return None
    if endings.is_too_long(ended.ending, ended.failure):
        return (await left.tries()).condensed(opened.way, left.seconds)
    if ended.failure is None:
        return None
    shown = len(turn.text) > turn.carried
    known = await left.tries()
    return known.after(ended.failure, opened.way, sent=ended.sent, shown=shown, seconds_left=left.seconds)


async def _attempt(turn: Running, opened: Opening, ticket: gateway.Ticket, left: Left, *, anew: bool) -> _Ended:
    """One request to Claude, from its committed hold to what is known of it at its end."""
    reach(Point.HOLD_COMMITTED)
    deadlines = replace(opened.deadlines, turn=max(left.seconds, tries.LEAST_SECONDS))
    exchange = gateway.open(opened.hand_over(), deadlines, opened.way.provider)
    failure: gateway.Failure | None = None
    heard = Heard()
    listener = Listener(turn, Taximeter(opened.prices, exchange, opened.manner), anew)
    diary.sent(turn, opened)
    try:
        with traces.span("stream", turn.correlation_id):
            await unless_stopped(turn, _listen, turn, opened, exchange, ticket, heard, listener)
        if turn.lost:
            raise LeaseLost
    except gateway.Failure as caught:
        failure = caught
        _report(turn, exchange, failure)
    finally:
        await exchange.aclose()
        # Before whoever is next goes, on what this one has just met.
        gate.learn(opened.way, exchange, failure)
        ticket.leave()
    if heard.longest_silence_seconds is not None:
        readings.fell_silent(heard.longest_silence_seconds)
    receipt = endings.receipt(exchange, opened, failure, heard, stopped=turn.stop_asked)
    ending = endings.of_answer(turn, opened, exchange, failure, heard, from_before=listener.anew)
    return _Ended(ending, receipt, failure)


async def _listen(
    turn: Running,
    opened: Opening,
    exchange: gateway.Exchange,
    ticket: gateway.Ticket,
    heard: Heard,
    listener: Listener,
) -> None:
    """Publish what arrives until it ends or the turn changes hands."""
    if not (lease.held() or await lease.still_ours(turn)):
        return
    wordless = True
    async for batch in exchange:
        ticket.answered(exchange)
        if not (lease.held() or await lease.still_ours(turn)):
            return
        if wordless and batch.text:
            wordless = False
            diary.first_word(turn, opened, exchange)
        heard.take(batch)
        reach(Point.HEARD)
        listener.take(batch)
    heard.out = True


def _report(turn: Running, exchange: gateway.Exchange, failure: gateway.Failure) -> None:
    """Tell whoever reads the console. What Claude said may repeat the question: that stays in the attempt's row."""
    level = logging.ERROR if failure.row.alarm else logging.WARNING
    request_id = exchange.request_id or "without a number"
    log.log(level, "turn %s had no whole answer from Claude: %s, request %s", turn.turn_id, failure.kind, request_id)


async def _settle(turn: Running, opened: Opening, receipt: Receipt) -> None:
    """An attempt is over, the turn goes on."""
    cost = await in_thread(closing.part, turn.turn_id, turn.epoch, opened.attempt_id, receipt)
    if cost is None or turn.lost:
        raise LeaseLost
    turn.paid_nanodollars += cost


async def _wait(turn: Running, step: Step, left: Left, *, sent: bool) -> bool:
    """Until the next attempt; False when it is not wanted any more. Raises Denied."""
    until = timezone.now() + timedelta(seconds=step.wait_seconds)
    if not await pause(turn, step.wait_seconds, Waiting(until=until, attempt=step.number, attempts=step.of)):
        return False
    # What was not sent is repeated for nothing.
    return not sent or await permission.leave_to_repeat(turn, left)


async def _open_after(turn: Running, step: Step) -> Opening | None:
    if step.manner is not Manner.CONDENSED:
        return await open_next(turn, step.way)
    shorter = await digests.shorten(turn)
    if turn.stop_asked:
        return None
    if not shorter:
        raise _NotCondensed
    return await open_next(turn, step.way)


def _best(turn: Running, carried: Carried, before: tuple[str, str] | None) -> Carried:
    """Of two attempts that broke off the longer one is kept."""
    if before is None or carried.failure is None or turn.stop_asked or len(turn.text) >= len(before[0]):
        return carried
    turn.return_to(*before)
    kept = endings.failed(turn, carried.ending.notice)
    return Carried(kept, carried.attempt_id, carried.receipt, carried.failure)
