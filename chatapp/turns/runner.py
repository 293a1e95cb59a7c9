"""Carry an accepted turn to its settled end: open, listen, publish, close."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import time

from django.db import DatabaseError, IntegrityError

from chatapp.money import ledger
from chatapp.money.prices import UnknownPrice
from chatapp.storage.crossing import in_thread
from chatapp.turns import attempts, closing, digests, endings, kept, later, lease, opening, running, titles, wishes
from chatapp.turns.attempts import Carried
from chatapp.turns.closing import Ending, Receipt
from chatapp.turns.drawing import End
from chatapp.turns.relay import Ended, Moved, relay
from chatapp.turns.running import Running
from chatapp.turns.states import State
from chatapp.turns.waiting import LeaseLost

log = logging.getLogger(__name__)

# Only a process that was frozen, or is far too busy, takes so long from accepting to asking.
LATE_SECONDS = 0.5

_tasks: set[asyncio.Task[None]] = set()


def start(turn: Running) -> None:
    """Begin an accepted turn on this process's loop; without one, another process's patrol will find it."""
    if lease.claim.loop is not None:
        # At once: a wish to stop it may come before the loop's next turn.
        running.here.setdefault(turn.turn_id, turn)
        lease.claim.loop.call_soon_threadsafe(_spawn, turn)


def _spawn(turn: Running) -> None:
    earlier = running.here.get(turn.turn_id)
    if earlier is None or earlier is turn or earlier.epoch < turn.epoch:
        if earlier and earlier is not turn:
            earlier.lose()
        running.here[turn.turn_id] = turn
        task = asyncio.get_running_loop().create_task(run(turn), name=f"turn-{turn.turn_id}")
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)


def is_busy() -> bool:
    """Whether an answer or its title is still on its way here."""
    return bool(_tasks)


async def run(turn: Running) -> None:
    """The whole life of an accepted turn in this process."""
    ended = False
    try:
        opened, turn.opened = turn.opened, None
        if opened is not None:
            await _look_again(turn, time.monotonic() - turn.opened_at)
        if opened is None:
            opened = await attempts.open_next(turn)
        if opened is None:
            ended = await _close(turn, endings.stopped(turn), None, None)
        else:
            carried = await attempts.answer(turn, opened)
            ended = await _end(turn, carried)
    except LeaseLost:
        log.warning("turn %s changed hands while this process was away", turn.turn_id)
        relay.publish(turn.conversation_id, Moved(turn.turn_id, State.ACCEPTED))
    except ledger.NoRoom as none:
        ended = await _close(turn, endings.over_budget(turn, none.short), None, None)
    except UnknownPrice as unknown:
        log.error("no price is known for %s", unknown)
        ended = await _close(turn, endings.failed(turn, endings.NO_PRICE), None, None)
    except opening.Uncounted:
        ended = await _close(turn, endings.failed(turn, endings.UNCOUNTED), None, None)
    except Exception:
        # Nothing is lost: the lease runs out, and the patrol ends the turn and settles its hold.
        log.exception("turn %s could not be carried to its end", turn.turn_id)
    finally:
        if running.here.get(turn.turn_id) is turn:
            del running.here[turn.turn_id]
    try:
        await _tidy_up(turn, ended)
    except DatabaseError:
        log.exception("turn %s has ended, and nobody could name or condense its conversation", turn.turn_id)


async def _tidy_up(turn: Running, ended: bool) -> None:
    if ended and turn.first:
        await titles.entitle(turn.turn_id, turn.conversation_id, turn.asker_id)
    elif ended and not turn.is_short:
        await digests.tidy_up(turn.turn_id, turn.conversation_id, turn.asker_id)


async def _look_again(turn: Running, away_seconds: float) -> None:
    """Away since the question was accepted: whose it is by now, and whether it is still wanted."""
    if away_seconds < LATE_SECONDS:
        return
    if away_seconds >= lease.SECONDS:
        await lease.renew()
    if turn.turn_id in await in_thread(wishes.wished):
        turn.ask_to_stop()


async def _end(turn: Running, carried: Carried) -> bool:
    """What a person gets when nobody could answer: what was answered before, a promise for later, or a sentence."""
    ending = carried.ending
    if carried.failure is not None and ending.state is State.FAILED:
        with contextlib.suppress(DatabaseError):
            earlier = await in_thread(kept.find, turn.turn_id) if turn.first else None
            if earlier is not None:
                ending = endings.kept(earlier.text, earlier.written_at)
            elif await in_thread(
                later.defer, turn.turn_id, turn.epoch, carried.failure.kind, carried.attempt_id, carried.receipt
            ):
                return False
    ended = await _close(turn, ending, carried.attempt_id, carried.receipt)
    if ended and turn.first and ending.state is State.ANSWERED:
        await in_thread(kept.keep, turn.turn_id)
    return ended


async def _close(turn: Running, ending: Ending, attempt_id: int | None, receipt: Receipt | None) -> bool:
    """Write the end and tell it; keep trying while the database is away and the lease is ours."""
    wait_seconds = 0.1
    ending = dataclasses.replace(ending, pace=" ".join(map(str, turn.pace)))
    while True:
        try:
            closed = await in_thread(closing.close, turn.turn_id, turn.epoch, ending, attempt_id, receipt)
            break
        except IntegrityError:
            # The books contradict themselves. The answer ends all the same, and `ledger verify` names the hold.
            log.exception("turn %s could not be settled; it ends, and its hold stays open", turn.turn_id)
            if attempt_id is None:
                raise
            attempt_id = receipt = None
        except DatabaseError:
            log.exception("turn %s could not be closed; trying again", turn.turn_id)
            await asyncio.sleep(wait_seconds)
            wait_seconds = min(wait_seconds * 2, 2.0)
            if not await lease.still_ours(turn):
                raise LeaseLost from None
    if closed is None:
        return False
    if running.here.get(turn.turn_id) is turn:
        del running.here[turn.turn_id]
    turn.is_short = closed.is_short
    end = End(
        ending.state,
        ending.answer,
        ending.thinking,
        ending.thinking_ms,
        ending.stop_reason,
        ending.notice,
        closed.version,
        closed.bill,
        closed.meter,
        closed.warning,
        closed.report,
    )
    # Whoever shows a kept answer reads from the rows whose it is.
    relay.publish(turn.conversation_id, Ended(turn.turn_id, None if ending.kept_from else end))
    return True
