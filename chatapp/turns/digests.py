"""Condensing: old turns become notes, in the background after an answer, or at once where Claude cannot read them all.

In large steps, for each one makes Claude read the rest of the conversation without its cache once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatapp.context import briefing
from chatapp.context.models import ContextSettings
from chatapp.money import ledger
from chatapp.money.prices import UnknownPrice
from chatapp.storage import statements
from chatapp.storage.crossing import aside, in_thread
from chatapp.turns import chores, closing, composition, notes, opening, past, tasks, telling
from chatapp.turns.closing import Receipt
from chatapp.turns.models import Attempt
from chatapp.turns.past import Step
from chatapp.turns.relay import Ended, relay
from chatapp.turns.running import Running
from chatapp.turns.waiting import LeaseLost

log = logging.getLogger(__name__)

# What of it is to fit into one request; the cheap model's small price ends at 100,000 tokens.
STEP_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Fold:
    """Which turns become notes."""

    through_id: int
    covers: list[int]
    told: briefing.Briefing
    model: str


@dataclass(frozen=True, slots=True)
class _Opened:
    fold: Fold
    opening: opening.Opening


async def tidy_up(turn_id: int, conversation_id: UUID, user_id: int) -> None:
    """After an answer: condense what is old, if the conversation has become long. What fails is tried another time."""
    try:
        opened = await aside(_open_after, turn_id)
    except (UnknownPrice, opening.Tight, ledger.NoRoom):
        # A digest is not worth a person's last cents.
        return
    if opened is None:
        return
    text, receipt = await chores.ask(opened.opening, user_id)
    touched = await aside(_settle, conversation_id, opened, text.strip(), receipt)
    for through_id in touched:
        relay.publish(conversation_id, Ended(through_id))


async def shorten(turn: Running) -> bool:
    """At once, for a turn whose conversation Claude cannot read; False where that is not possible."""
    try:
        opened = await in_thread(_open_within, turn.turn_id, turn.epoch)
    except (UnknownPrice, opening.Tight, ledger.NoRoom):
        return False
    if opened is None:
        return False
    text, receipt = await chores.ask(opened.opening, turn.asker_id, for_the_sake_of=turn)
    cost = await in_thread(closing.part, turn.turn_id, turn.epoch, opened.opening.attempt_id, receipt)
    if cost is None or turn.lost:
        raise LeaseLost
    turn.paid_nanodollars += cost
    touched = await in_thread(_keep, turn.conversation_id, opened.fold, text.strip(), forced=True)
    for through_id in touched:
        relay.publish(turn.conversation_id, Ended(through_id))
    return bool(touched)


def _open_after(turn_id: int) -> _Opened | None:
    with transaction.atomic():
        found = statements.row(_TURN, turn_id)
        if found is None:
            return None
        conversation_id, asker_id, model, correlation_id, whole, busy = found
        threshold = telling.condensed_above(model)
        before = past.before(turn_id)
        if whole or busy or (before.tokens and before.tokens <= threshold):
            return None
        about, digest_id = past.tokens(turn_id)
        # What Claude counted counts, unless it was told more than it will be told now.
        if not (before.tokens and before.digest_id == digest_id) and about <= threshold:
            return None
        fold = _fold(past.of(turn_id), int(ContextSettings.current().tail_tokens * past.BYTES_PER_TOKEN))
        return _reserve(fold, turn_id, conversation_id, asker_id, correlation_id)


def _open_within(turn_id: int, epoch: int) -> _Opened | None:
    with transaction.atomic():
        found = statements.held(opening.WANTED, turn_id, epoch)
        if found is None:
            return None
        conversation_id, asker_id, parent_id, *_, correlation_id = found
        fold = _fold(past.of(parent_id), past.TAIL_BYTES)
        return _reserve(fold, turn_id, conversation_id, asker_id, correlation_id)


def _fold(branch: past.Past, tail_bytes: int) -> Fold | None:
    """All but the last turns, the oldest first, as much as fits into one request; None where nothing is old."""
    old: list[Step] = list(branch.steps)
    while old and (tail_bytes := tail_bytes - old[-1].size) >= 0:
        old.pop()
    if old and len(old) == len(branch.steps):
        # Whatever its length, the last turn stays.
        old.pop()
    taken: list[Step] = []
    room = STEP_BYTES - briefing.size(branch.notes)
    for step in old:
        room -= step.size
        if taken and room < 0:
            break
        taken.append(step)
    if not taken:
        return None
    task = tasks.of(Attempt.Task.DIGEST)
    exchanges = [step.exchange for step in taken]
    told = briefing.for_digest(exchanges, notes=branch.notes, terms=task.own_terms())
    covers = [*past.covers(branch.digest_id), *(step.turn_id for step in taken)]
    return Fold(taken[-1].turn_id, covers, told, task.model)


def _reserve(
    fold: Fold | None, turn_id: int, conversation_id: object, asker_id: int, correlation_id: str
) -> _Opened | None:
    if fold is None:
        return None
    asked = composition.Question(
        turn_id, statements.uuid(conversation_id), asker_id, None, "", "", fold.model, correlation_id
    )
    return _Opened(fold, opening.reserve(asked, fold.told, tasks.of(Attempt.Task.DIGEST)))


def _settle(conversation_id: UUID, opened: _Opened, text: str, receipt: Receipt) -> Sequence[int]:
    with transaction.atomic():
        statements.held("SELECT 1 FROM chatapp_conversation WHERE id = %s", conversation_id)
        closing.settle(opened.opening.attempt_id, receipt, timezone.now())
        return _keep(conversation_id, opened.fold, text)


def _keep(conversation_id: UUID, fold: Fold, text: str, *, forced: bool = False) -> Sequence[int]:
    """The turns whose looks have changed by it; none where it was not kept."""
    with transaction.atomic():
        found = statements.held("SELECT whole FROM chatapp_conversation WHERE id = %s", conversation_id)
        # Somebody may have wished meanwhile that nothing is condensed here.
        if not text or found is None or (found[0] and not forced):
            return ()
        return notes.keep(conversation_id, fold.through_id, fold.covers, text, fold.model, timezone.now())


_TURN = (
    "SELECT turn.conversation_id, turn.asker_id, turn.model, turn.correlation_id, conversation.whole, "
    "(SELECT count(*) FROM chatapp_attempt attempt JOIN chatapp_turn other ON other.id = attempt.turn_id "
    "WHERE other.conversation_id = conversation.id AND attempt.task = 'digest' AND attempt.outcome = 'running') "
    "FROM chatapp_turn turn JOIN chatapp_conversation conversation ON conversation.id = turn.conversation_id "
    "WHERE turn.id = %s"
)
