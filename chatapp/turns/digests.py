"""Notes that stand for the old turns of a conversation, written when Claude can read no more of it."""

from __future__ import annotations

from django.db import transaction

from chatapp.context import briefing
from chatapp.money import ledger
from chatapp.money.prices import UnknownPrice
from chatapp.storage import statements
from chatapp.storage.crossing import in_thread
from chatapp.turns import chores, closing, opening, past, tasks
from chatapp.turns.models import Attempt
from chatapp.turns.running import Running
from chatapp.turns.waiting import LeaseLost


async def of(turn: Running) -> str:
    """The notes; empty where there is nothing to condense, or where it did not work."""
    try:
        opened = await in_thread(_open, turn.turn_id, turn.epoch)
    except (UnknownPrice, opening.Tight, ledger.NoRoom):
        return ""
    if opened is None:
        return ""
    text, receipt = await chores.ask(opened, turn.asker_id, for_the_sake_of=turn)
    cost = await in_thread(closing.part, turn.turn_id, turn.epoch, opened.attempt_id, receipt)
    if cost is None or turn.lost:
        raise LeaseLost
    turn.paid_nanodollars += cost
    return text.strip()


def _open(turn_id: int, epoch: int) -> opening.Opening | None:
    """Open the request for notes on all but the last turns; None where there is nothing to condense."""
    with transaction.atomic():
        found = statements.held(opening.WANTED, turn_id, epoch)
        if found is None:
            return None
        conversation_id, asker_id, parent_id, question, _, _, _, _, correlation_id = found
        old, tail = past.history(parent_id), past.history(parent_id, past.TAIL_BYTES)
        if len(old) == len(tail):
            return None
        task = tasks.of(Attempt.Task.DIGEST)
        told = briefing.for_digest(old[: len(old) - len(tail)], terms=task.own_terms())
        asked = opening.Question(
            turn_id, statements.uuid(conversation_id), asker_id, None, question, "", task.model, correlation_id
        )
        return opening.reserve(asked, told, task)
