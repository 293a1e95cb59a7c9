"""Questions that wait until Claude is back: put off, taken up again, given up after a day, and news when answered."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chatapp.claude.failures import ROWS, FailureKind
from chatapp.turns import closing, diary, lease, running
from chatapp.turns.closing import Receipt
from chatapp.turns.fallbacks import Fallbacks
from chatapp.turns.models import Attempt, Checkpoint, Conversation, Turn
from chatapp.turns.relay import Moved, Renamed, relay
from chatapp.turns.states import State

LATER_HOURS = 24
SHORTEST_SECONDS, LONGEST_SECONDS = 30.0, 600.0
# A person's questions that wait at the same time; they do not count among the running ones.
PER_PERSON = 20
# What may have cost something is not repeated all day; what Claude turned away costs nothing.
CHARGED_TRIES = 6

WAITS = "We will answer this when Claude is back. You may close this page."
GIVEN_UP = "Claude was not back within a day, so we stopped trying. Your question is kept; please ask it again."

# Put off, and nobody is asking it just now.
WAITING = Q(state=State.QUEUED, worker="", later_until__isnull=False)
# An end keeps its hour until its owner has seen it; to cancel is to see.
UNSEEN = Q(later_until__isnull=False, ended_at__isnull=False) & ~Q(state=State.STOPPED)


@dataclass(frozen=True, slots=True)
class News:
    """A question that had waited has its answer, and nobody has seen it yet."""

    conversation_id: UUID
    owner_id: int
    turn_id: int


def columns(now: datetime, until: datetime | None = None) -> dict[str, Any]:
    """What the row of a question says that waits from now on."""
    until = until or now + timedelta(hours=LATER_HOURS)
    return {
        "state": State.QUEUED,
        "worker": "",
        "notice": WAITS,
        "later_until": until,
        "lease_until": min(now + _pause(now, until), until),
    }


def defer(
    turn_id: int, epoch: int, kind: FailureKind, attempt_id: int | None = None, receipt: Receipt | None = None
) -> bool:
    """Put a running question off whose tries have failed, and settle the last of them.

    False, and nothing has changed, where that is not wished, not hopeful, or not ours to do: then it is to be ended.
    """
    now = timezone.now()
    with transaction.atomic():
        turn = _locked(turn_id, epoch)
        if turn is None or not ROWS[kind].passes or not _may_wait(turn, now, asked=True):
            return False
        if attempt_id is not None and receipt is not None:
            closing.settle(attempt_id, receipt, now)
        put_off(turn, now)
    mine = running.here.get(turn_id)
    if mine is not None and mine.epoch == epoch:
        running.here.pop(turn_id, None)
    tell(turn.conversation_id, turn_id)
    return True


def put_off(turn: Turn, now: datetime) -> None:
    """Within the caller's transaction, who holds the conversation; a late write of whoever asked it finds no epoch."""
    Checkpoint.objects.filter(turn=turn).delete()
    model = turn.asked_model or turn.model
    Turn.objects.filter(pk=turn.pk).update(
        epoch=turn.epoch + 1, model=model, asked_model="", **columns(now, turn.later_until)
    )
    diary.put_off(turn)


def goes_on(turn: Turn, now: datetime) -> bool:
    """Whether a question that was put off, and whose process vanished over it, waits on."""
    return turn.later_until is not None and _may_wait(turn, now, asked=False)


def due(now: datetime) -> list[tuple[int, int, str]]:
    """The questions whose next try is due, the one that waits longest first: number, epoch and model."""
    wanted = Turn.objects.filter(WAITING, lease_until__lte=now, later_until__gt=now, stop_asked_at=None)
    return list(wanted.order_by("lease_until").values_list("pk", "epoch", "model"))


def over(now: datetime) -> list[Turn]:
    """The questions that nobody wants any more, or that have waited long enough."""
    return list(Turn.objects.filter(WAITING).filter(Q(later_until__lte=now) | Q(stop_asked_at__isnull=False)))


def take_up(turn_id: int, epoch: int) -> Turn | None:
    """Ask a question again that was put off; None when it is wanted no more, or somebody else asks it already."""
    with transaction.atomic():
        _hold_conversation(turn_id)
        now = timezone.now()
        wanted = Turn.objects.filter(WAITING, pk=turn_id, epoch=epoch, stop_asked_at=None, lease_until__lte=now)
        taken = wanted.update(
            epoch=epoch + 1, worker=lease.WORKER, lease_until=lease.until(now), state=State.ACCEPTED, notice=""
        )
        return Turn.objects.get(pk=turn_id) if taken else None


def tell(conversation_id: UUID, turn_id: int) -> None:
    """The open pages draw the turn and its place in the rail anew."""
    relay.publish(conversation_id, Moved(turn_id, State.ACCEPTED))
    relay.publish(conversation_id, Renamed())


def news(since: datetime) -> list[News]:
    """What has come to its end lately while its owner was away."""
    found = Turn.objects.filter(UNSEEN, ended_at__gt=since).values_list("conversation_id", "asker_id", "pk")
    return [News(*one) for one in found]


def see(conversation_id: UUID) -> bool:
    """The owner looks at the conversation: what was answered meanwhile is no news any more."""
    unseen = Turn.objects.filter(UNSEEN, conversation=conversation_id)
    # Mostly there is nothing, and then nothing is written.
    return unseen.exists() and bool(unseen.update(later_until=None))


def _may_wait(turn: Turn, now: datetime, *, asked: bool) -> bool:
    if turn.stop_asked_at is not None:
        return False
    if turn.later_until is not None:
        return turn.later_until > now and _charged(turn) < CHARGED_TRIES
    return asked and Fallbacks.current().later == Fallbacks.Later.ALWAYS and not is_full(turn.asker_id)


def is_full(asker_id: int) -> bool:
    """Whether as many questions of a person wait as may."""
    return Turn.objects.filter(WAITING, asker=asker_id).count() >= PER_PERSON


def _charged(turn: Turn) -> int:
    """The tries since it was put off that may have cost something."""
    since = (turn.later_until or timezone.now()) - timedelta(hours=LATER_HOURS)
    tries = turn.attempts.filter(task=Attempt.Task.ANSWER, started_at__gte=since, cost_nanodollars__gt=0)
    return tries.count()


def _pause(now: datetime, until: datetime) -> timedelta:
    """Half as long again as it has waited already, and never for all at the same moment."""
    waited = (now - until + timedelta(hours=LATER_HOURS)).total_seconds()
    seconds = min(max(waited / 2, SHORTEST_SECONDS), LONGEST_SECONDS)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311


def _locked(turn_id: int, epoch: int) -> Turn | None:
    _hold_conversation(turn_id)
    mine = Turn.objects.select_for_update(no_key=True, of=("self",))
    return mine.filter(pk=turn_id, epoch=epoch, ended_at=None).first()


def _hold_conversation(turn_id: int) -> None:
    # The conversation first, as everybody locks them.
    Conversation.objects.select_for_update(no_key=True, of=("self",)).filter(turns=turn_id).first()
