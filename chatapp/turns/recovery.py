"""Ends or asks again what a vanished process left open."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final, TypeVar

from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from chatapp.claude import gate
from chatapp.claude.gate import Way
from chatapp.money import holds, ledger
from chatapp.money.holds import OpenHold
from chatapp.storage import statements
from chatapp.storage.crossing import in_thread
from chatapp.telemetry.points import Point, reach
from chatapp.turns import closing, diary, endings, later, lease, runner, running, scribe, tasks
from chatapp.turns.closing import Ending, Receipt
from chatapp.turns.models import IS_OPEN, RUNNING_STATES, Attempt, Checkpoint, Conversation, Turn
from chatapp.turns.relay import Ended, Moved, Renamed, relay
from chatapp.turns.running import Running
from chatapp.turns.states import State

T = TypeVar("T")

log = logging.getLogger(__name__)

EVERY_SECONDS = lease.SECONDS / 3
ATTEMPTS = 3
# After an outage a process begins so many of the questions that waited for its end, each time it looks round.
PUT_OFF_PER_ROUND = 2
# Whatever runs beside a turn that has ended has settled so long after its own deadline.
LATE_SECONDS: Final = 5
# A patrol that is not at work comes round again within this time.
ROUND: Final = timedelta(seconds=2 * EVERY_SECONDS)
LOST = Receipt(Attempt.Outcome.LOST, tokens=None, exact=False, failure="process_vanished")


@dataclass(frozen=True, slots=True)
class Found:
    """What the patrol did: turns ended, turns asked again, stray attempts settled."""

    ended: int = 0
    asked_again: int = 0
    settled: int = 0


class _Did(Enum):
    NOTHING = auto()
    ENDED = auto()
    ASKED_AGAIN = auto()
    SETTLED = auto()
    PUT_OFF = auto()


async def patrol(every_seconds: float = EVERY_SECONDS) -> None:
    """Look round for ever."""
    while True:
        try:
            await in_thread(recover)
            await ask_put_off()
        except Exception:
            # Whatever it was: without a patrol nobody would ever end what is left open.
            log.exception("the patrol could not look round; trying again")
        await asyncio.sleep(every_seconds)


def recover() -> Found:
    """End every turn whose lease ran out, or begin it anew here if nothing of its answer had been shown."""
    found = Counter(_one_by_one(_recover, statements.rows(_EXPIRED, timezone.now())))
    found += Counter(_one_by_one(_end_put_off, later.over(timezone.now())))
    strays = [hold for hold in holds.open_before(timezone.now() - stale()) if _is_stray(hold)]
    settled = Counter(_one_by_one(_settle_stray, strays))
    return Found(found[_Did.ENDED], found[_Did.ASKED_AGAIN], settled[_Did.SETTLED])


def recover_everything() -> Found:
    """The same where no process is left that could hold a lease: nobody needs to wait until they run out."""
    statements.run("UPDATE chatapp_turn SET lease_until = %s WHERE lease_until > %s", *2 * [timezone.now()])
    return recover()


def stale() -> timedelta:
    """What runs beside an answer that is over, a title or a digest, has no lease but its own deadline."""
    return timedelta(seconds=tasks.longest_beside_seconds() + LATE_SECONDS)


async def ask_put_off() -> int:
    """Ask again what was put off until Claude is back: a few each round, lest everything comes at once.

    On the loop, where the gate is.
    """
    asked = 0
    if lease.claim.loop is None or lease.claim.leaving:
        return asked
    for turn_id, epoch, model in await in_thread(later.due, timezone.now()):
        if asked == PUT_OFF_PER_ROUND:
            break
        if gate.closed(Way(model)) is None and (turn := await in_thread(later.take_up, turn_id, epoch)):
            _start(turn)
            later.tell(turn.conversation_id, turn.pk)
            asked += 1
    return asked


def _one_by_one(act: Callable[[T], _Did], found: Iterable[T]) -> Iterator[_Did]:
    """What cannot be mended today must not keep us from the others."""
    for one in found:
        try:
            yield act(one)
        except OperationalError:
            raise
        except Exception:
            log.exception("%s could not be brought to its end", one)


def _recover(expired: tuple[int, int]) -> _Did:
    turn_id, epoch = expired
    turn = None if _runs_here(turn_id, epoch) else _take(turn_id, epoch)
    if turn is None:
        return _Did.NOTHING
    if turn.worker:
        relay.publish(turn.conversation_id, Moved(turn.pk, State.ACCEPTED))
        _start(turn)
        return _Did.ASKED_AGAIN
    if turn.ended_at is None:
        later.tell(turn.conversation_id, turn.pk)
        return _Did.PUT_OFF
    relay.publish(turn.conversation_id, Ended(turn.pk))
    relay.publish(turn.conversation_id, Renamed())
    return _Did.ENDED


def _start(turn: Turn) -> None:
    """Ask a turn again that was taken over."""
    diary.taken_over(turn)
    taken = Running(turn.pk, turn.conversation_id, turn.epoch, asker_id=turn.asker_id, text=turn.answer)
    taken.correlation_id, taken.first = turn.correlation_id, turn.parent_id is None
    runner.start(taken)


def _end_put_off(turn: Turn) -> _Did:
    text = turn.answer
    ending = Ending(State.INTERRUPTED if text.strip() else State.FAILED, text, notice=later.GIVEN_UP)
    if turn.stop_asked_at is not None:
        ending = Ending(State.STOPPED, text, notice=endings.STOPPED)
    if closing.close(turn.pk, turn.epoch, ending, None, None) is None:
        return _Did.NOTHING
    relay.publish(turn.conversation_id, Ended(turn.pk))
    relay.publish(turn.conversation_id, Renamed())
    return _Did.ENDED


# The turns whose process vanished; those that are put off have none, and wait by somebody's wish.
_EXPIRED = (
    f"SELECT id, epoch FROM chatapp_turn WHERE {IS_OPEN} AND (lease_until < %s OR lease_until IS NULL) "  # noqa: S608
    f"AND NOT (state = '{State.QUEUED}' AND worker = '' AND later_until IS NOT NULL)"
)


def _runs_here(turn_id: int, epoch: int) -> bool:
    """This process was away for so long that its own lease lapsed; nobody else took the turn, so it goes on."""
    mine = running.here.get(turn_id)
    return mine is not None and mine.epoch == epoch


def _take(turn_id: int, epoch: int) -> Turn | None:
    """Take a turn over under the next epoch; what comes back has a worker if it is to be asked again."""
    with transaction.atomic():
        now = timezone.now()
        # The conversation first, as everybody locks them; whoever froze with it in hand is not waited for.
        whose = Conversation.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        lapsed = Q(lease_until__lt=now) | Q(lease_until=None)
        lost = Turn.objects.filter(lapsed, pk=turn_id, epoch=epoch, state__in=RUNNING_STATES).exclude(later.WAITING)
        if not whose.filter(turns=turn_id).first() or not lost.update(epoch=epoch + 1, worker="", lease_until=now):
            return None
        turn = Turn.objects.get(pk=turn_id)
        for attempt_id in _open_attempts(turn):
            closing.settle(attempt_id, LOST, now)
        reach(Point.INSIDE_RECOVERY)
        text, thinking = scribe.kept(turn)
        if len(text) <= turn.carried and later.goes_on(turn, now):
            later.put_off(turn, now)
            return turn
        if _may_be_asked_again(turn, text):
            return _asked_again(turn, now)
        closing.close(turn_id, epoch + 1, _ending(turn, text, thinking), None, None)
        turn.ended_at = now
        return turn


def _open_attempts(turn: Turn) -> list[int]:
    return list(turn.attempts.filter(outcome=Attempt.Outcome.RUNNING).values_list("pk", flat=True))


def _may_be_asked_again(turn: Turn, text: str) -> bool:
    here = lease.claim.loop is not None
    nothing_shown = len(text) <= turn.carried
    tries = turn.attempts.filter(task=Attempt.Task.ANSWER).count()
    return here and nothing_shown and turn.stop_asked_at is None and tries < ATTEMPTS


def _asked_again(turn: Turn, now: datetime) -> Turn:
    Checkpoint.objects.filter(turn=turn).delete()
    turn.worker, turn.lease_until, turn.state = lease.WORKER, lease.until(now), State.ACCEPTED
    turn.save(update_fields=["worker", "lease_until", "state"])
    return turn


def _ending(turn: Turn, text: str, thinking: str) -> Ending:
    if turn.stop_asked_at is not None:
        return Ending(State.STOPPED, text, thinking, notice=endings.STOPPED)
    if text.strip():
        return Ending(State.INTERRUPTED, text, thinking, notice=endings.LOST_WITH_TEXT)
    return Ending(State.FAILED, text, thinking, notice=endings.LOST)


# An attempt beside a final turn: a title whose process vanished.
_ATTEMPT = (
    "SELECT attempt.id, turn.ended_at FROM chatapp_attempt attempt JOIN chatapp_turn turn ON turn.id = attempt.turn_id "
    "WHERE turn.conversation_id = %s AND attempt.hold_id = %s"
)


def _is_stray(hold: OpenHold) -> bool:
    """Looked at before anything is locked: most long answers simply run."""
    found = statements.row(_ATTEMPT, hold.conversation_id, hold.hold_id)
    return found is None or found[1] is not None


def _settle_stray(hold: OpenHold) -> _Did:
    """Charge in full what nobody will settle any more, also where the whole conversation is gone."""
    now = timezone.now()
    with transaction.atomic():
        statements.held("SELECT 1 FROM chatapp_conversation WHERE id = %s", hold.conversation_id)
        found = statements.row(_ATTEMPT, hold.conversation_id, hold.hold_id)
        if found is None:
            ledger.settle(hold.hold_id, None, exact=False, now=now)
        else:
            closing.settle(found[0], LOST, now)
    return _Did.SETTLED
