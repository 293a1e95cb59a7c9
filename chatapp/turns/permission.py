"""Leave to ask: an attempt waits in line, or until a way to Claude that is closed opens again."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.utils import timezone

from chatapp.claude import gateway
from chatapp.claude.gateway import gate
from chatapp.money import prices
from chatapp.money.prices import UnknownPrice
from chatapp.storage.crossing import in_thread
from chatapp.turns import diary, opening, tries
from chatapp.turns.fallbacks import Fallbacks
from chatapp.turns.listening import move
from chatapp.turns.opening import Opening
from chatapp.turns.running import Running
from chatapp.turns.states import State, Waiting
from chatapp.turns.tries import Tries
from chatapp.turns.waiting import LeaseLost, pause, unless_stopped

log = logging.getLogger(__name__)

# Whoever waits to repeat looks again at different times, lest all of them come at once.
BETWEEN_LOOKS_SECONDS = (1.0, 4.0)
_dice = random.SystemRandom()


class Left:
    """What a turn may still try, looked up when something failed, and how long it may still take."""

    def __init__(self, turn: Running, opened: Opening) -> None:
        self._model = opened.way.model
        # As it was when the first attempt was opened: what is changed meanwhile is for the next question.
        self._until = turn.since + opened.deadlines.turn
        self._tries: Tries | None = None
        self.waited_seconds = 0.0
        # Something was sent for this turn already.
        self.again = False

    @property
    def seconds(self) -> float:
        return self._until - time.monotonic()

    async def tries(self) -> Tries:
        if self._tries is None:
            self._tries = Tries.of(self._model, await in_thread(_chosen), gateway.others_for(self._model))
        return self._tries


def _chosen() -> Fallbacks:
    """What somebody chose to be tried, but for a stand-in that cannot be paid for."""
    chosen = Fallbacks.current()
    try:
        if chosen.stand_in:
            prices.of(chosen.stand_in, timezone.now())
    except UnknownPrice:
        log.error("no price is known for the stand-in %s, so it is not asked", chosen.stand_in)
        chosen.stand_in = ""
    return chosen


class Denied(Exception):
    """This process has repeated so much already that it would only make an outage worse."""


async def leave_to_repeat(turn: Running, left: Left) -> bool:
    """Wait until one more repetition can be afforded; False when nobody wants it any more. Raises Denied."""
    while not gate.may_ask_again():
        seconds = _dice.uniform(*BETWEEN_LOOKS_SECONDS)
        if left.waited_seconds + seconds > tries.LONGEST_WAIT_SECONDS or left.seconds < tries.LEAST_SECONDS + seconds:
            raise Denied
        left.waited_seconds += seconds
        if not await pause(turn, seconds, Waiting(until=timezone.now() + timedelta(seconds=seconds))):
            return False
    return True


async def leave_to_ask(turn: Running, opened: Opening, left: Left, *, shown: bool) -> gateway.Ticket | None:
    """The ticket with which this attempt may be sent; None when nobody wants it any more. Raises Barred."""
    at_once = True
    while True:
        try:
            ticket = gate.line_up(opened.way, turn.asker_id, opened.tokens, again=left.again)
            if ticket.ready and at_once:
                return ticket
            return ticket if await _admitted(turn, opened, ticket, left, shown=shown) else None
        except gateway.Barred as barred:
            await _look_for_another(turn, opened, barred, left, shown=shown)
            seconds = barred.closed.seconds or 0.0
            at_once = False
            await in_thread(opening.hold_back, turn.turn_id, turn.epoch, opened, State.RETRYING)
            left.waited_seconds += seconds
            diary.waits(turn, opened, seconds=seconds)
            if not await pause(turn, seconds, Waiting(until=timezone.now() + timedelta(seconds=seconds))):
                return None


async def _look_for_another(turn: Running, opened: Opening, barred: gateway.Barred, left: Left, *, shown: bool) -> None:
    """Raises it again unless there is nothing better than to wait until this way opens."""
    if not tries.may_be_waited_for(barred.closed, left.waited_seconds, left.seconds):
        raise barred
    if not shown and (barred.closed.seconds or 0.0) > tries.SOONER_SECONDS:
        known = await left.tries()
        if known.has_other(barred.closed.kind, opened.way):
            raise barred


async def _admitted(turn: Running, opened: Opening, ticket: gateway.Ticket, left: Left, *, shown: bool) -> bool:
    """Stand in line; while nothing can be sent, the hold says so. Raises Barred when the way closes meanwhile."""
    admitted = False
    try:
        if not ticket.ready:
            state = State.RETRYING if shown else State.QUEUED
            await in_thread(opening.hold_back, turn.turn_id, turn.epoch, opened, state)
            moved = partial(_stand_in_line, turn, state)
            moved(ticket.place)
            diary.waits(turn, opened, place=ticket.place)
            if not await unless_stopped(turn, _wait_in_line, ticket, moved, left.seconds):
                if turn.lost:
                    raise LeaseLost
                return False
        admitted = await in_thread(opening.send_after_all, turn.turn_id, turn.epoch, opened)
        if admitted and not shown:
            move(turn, State.ACCEPTED)
        return admitted
    finally:
        if not admitted:
            ticket.leave()


def _stand_in_line(turn: Running, state: State, place: int) -> None:
    move(turn, state, Waiting(place=place))


async def _wait_in_line(ticket: gateway.Ticket, moved: Callable[[int], None], seconds_left: float) -> None:
    """No line is longer than a question may take. Raises Barred."""
    try:
        async with asyncio.timeout(max(seconds_left - tries.LEAST_SECONDS, 0)):
            await ticket.wait(moved)
    except TimeoutError:
        raise gateway.Barred(gateway.Closed(gateway.FailureKind.RATE_LIMITED, None)) from None
