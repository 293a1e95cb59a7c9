"""The one transaction in which a question becomes an accepted turn."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from chatapp.claude import offer
from chatapp.money import ledger, reports, room
from chatapp.money.prices import UnknownPrice
from chatapp.storage import seldom, statements
from chatapp.telemetry import correlation, traces
from chatapp.telemetry.points import Point, reach
from chatapp.turns import (
    attachments,
    ceilings,
    composition,
    diary,
    drawing,
    later,
    lease,
    meter,
    opening,
    past,
    readings,
    refusals,
    routing,
    runner,
)
from chatapp.turns.models import Turn
from chatapp.turns.places import Asked, Place
from chatapp.turns.refusals import LEAVING, NOT_KEPT, REUSED, RUNNING
from chatapp.turns.relay import Appeared, Measured, Reshaped, relay
from chatapp.turns.running import Running
from chatapp.turns.states import State

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The turn that a question became, now or when it was asked before."""

    turn_id: int
    conversation_id: UUID
    state: State
    # As it looks just now, if it was accepted just now behind the last turn that is shown.
    view: drawing.TurnView | None = None
    correlation_id: str = ""


def accepted(turn: Turn) -> Accepted:
    """A turn as the doors speak of it."""
    return Accepted(turn.pk, turn.conversation_id, State(turn.state), correlation_id=turn.correlation_id)


def accept(asked: Asked, find_place: Callable[[datetime], Place]) -> Accepted:
    reach(Point.BEFORE_ACCEPTING)
    try:
        with traces.span("accept"), transaction.atomic(), seldom.OneLook():
            if earlier := _earlier(asked):
                return earlier
            if lease.claim.leaving:
                raise LEAVING
            now = timezone.now()
            ceilings.check(asked.asker_id, asked.conversation_id, now, waits=asked.waits)
            turn = _write(asked, find_place(now), now)
            reach(Point.INSIDE_ACCEPTING)
    except IntegrityError:
        # Somebody was quicker between our look and our write: the same ask_id, or another question here.
        if earlier := _earlier(asked):
            return earlier
        raise RUNNING from None
    except refusals.Refused:
        # Where rows are locked one by one, it may be this very question, sent twice at once, that stands in its way.
        if earlier := _earlier(asked):
            return earlier
        raise
    except ledger.NoRoom as none:
        if asked.conversation_id:
            relay.publish(asked.conversation_id, Measured())
        waits = room.unspent(none.short) >= meter.least(timezone.now())
        raise refusals.over_budget(reports.of(none.short, none.payer), waits=waits) from None
    except OperationalError:
        # Locked, full or gone: nothing was kept, so nothing may look as if it were.
        log.exception("a question could not be kept")
        raise NOT_KEPT from None
    return turn


def _earlier(asked: Asked) -> Accepted | None:
    """The turn that this ask_id already made: the same one if it was the same question, a refusal otherwise."""
    found = statements.row(
        "SELECT id, conversation_id, question, state, correlation_id FROM chatapp_turn "
        "WHERE asker_id = %s AND ask_id = %s",
        asked.asker_id,
        asked.ask_id,
    )
    if found is None:
        return None
    turn_id, conversation_id, question, state, correlation_id = found
    conversation_id = statements.uuid(conversation_id)
    if (
        question != asked.question
        or not attachments.same(turn_id, asked.files)
        or asked.conversation_id not in (None, conversation_id)
    ):
        raise REUSED
    return Accepted(turn_id, conversation_id, State(state), correlation_id=correlation_id)


def _write(asked: Asked, at: Place, now: datetime) -> Accepted:
    here = lease.claim.loop is not None and not asked.waits
    state = State.QUEUED if asked.waits else State.ACCEPTED
    row = {"state": state, "worker": lease.WORKER if here else "", "lease_until": lease.until(now) if here else now}
    correlation_id = correlation.new_id()
    before = past.before(at.parent_id)
    # What has to answer was chosen already; whoever may not use it any more gets what is usual for him.
    wish = asked.model or at.wish
    chosen = routing.route(
        asked.asker_id,
        wish,
        asked.question,
        before.tokens,
        now.date(),
        files=bool(asked.files),
        firm=not asked.model,
    )
    turn_id = statements.insert(
        Turn,
        conversation_id=at.conversation_id,
        asker_id=asked.asker_id,
        parent_id=at.parent_id,
        ask_id=asked.ask_id,
        correlation_id=correlation_id,
        question=asked.question,
        answer=at.carried,
        carried=len(at.carried),
        model=chosen.model,
        routed=chosen.reason,
        asked_at=now,
        version=at.version,
        epoch=1,
        **(later.columns(now) if asked.waits else row),
    )
    diary.accepted(asked, turn_id, at.conversation_id, correlation_id, chosen.model, state)
    attachments.attach(asked.asker_id, turn_id, at.parent_id, asked.files, again=asked.again)
    statements.run(
        "UPDATE chatapp_conversation SET version = %s, head_id = %s, active_at = %s, wish = %s, "
        "reshaped = CASE WHEN %s THEN %s ELSE reshaped END WHERE id = %s",
        at.version,
        turn_id,
        now,
        at.wish,
        at.reshapes,
        at.version,
        at.conversation_id,
    )
    opened = None
    if here:
        # Where there is no price, or where Claude has to count the prompt first, the runner sees to it.
        with contextlib.suppress(UnknownPrice, opening.Tight, opening.Uncounted):
            # In the question's own transaction: what is accepted is paid for, and nobody waits for a second commit.
            opened = opening.attempt(
                composition.Question(
                    turn_id,
                    at.conversation_id,
                    asked.asker_id,
                    at.parent_id,
                    asked.question,
                    at.carried,
                    chosen.model,
                    correlation_id,
                    before=before,
                    files=bool(asked.files),
                    new=True,
                )
            )
    better = offer.better(asked.asker_id, chosen.model, now.date())
    files = attachments.chips([turn_id]).get(turn_id, ()) if asked.files else ()
    view = drawing.new(
        turn_id,
        at.conversation_id,
        at.version,
        asked.question,
        chosen.model,
        now,
        chosen.reason,
        better,
        files,
        correlation_id,
    )
    opened_at = time.monotonic()
    if asked.waits:
        transaction.on_commit(readings.accepted)
        transaction.on_commit(lambda: relay.publish(at.conversation_id, Reshaped()))
    else:
        transaction.on_commit(lambda: _announce(asked, at, view, opened, opened_at))
    return Accepted(turn_id, at.conversation_id, state, None if at.reshapes else view, correlation_id)


def _announce(
    asked: Asked, at: Place, view: drawing.TurnView, opened: opening.Opening | None, opened_at: float
) -> None:
    reach(Point.ACCEPTED)
    readings.accepted()
    if not at.reshapes:
        # Here, where nobody else waits: the loop has more to do.
        drawing.first_article(view)
    relay.publish(at.conversation_id, Reshaped() if at.reshapes else Appeared(view))
    first = at.parent_id is None
    runner.start(
        Running(
            view.id,
            at.conversation_id,
            1,
            asker_id=asked.asker_id,
            correlation_id=view.correlation_id,
            first=first,
            opened=opened,
            opened_at=opened_at,
            text=at.carried,
        )
    )
