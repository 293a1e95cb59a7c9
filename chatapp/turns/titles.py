"""A conversation's title, written by the cheap model after the first exchange."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatapp.context import briefing
from chatapp.money import ledger
from chatapp.money.prices import UnknownPrice
from chatapp.rendering import words
from chatapp.storage import seldom, statements
from chatapp.storage.crossing import aside
from chatapp.turns import chores, closing, composition, opening, tasks
from chatapp.turns.models import Attempt, Conversation
from chatapp.turns.relay import Ended, Renamed, relay

log = logging.getLogger(__name__)

CHARACTERS = 80


async def entitle(turn_id: int, conversation_id: UUID, user_id: int) -> None:
    """Give a new conversation its title; whatever goes wrong, the first words stay."""
    try:
        opened = await aside(_open, turn_id)
    except (UnknownPrice, opening.Tight, ledger.NoRoom):
        # A name is not worth a person's last cents.
        return
    if opened is None:
        return
    text, receipt = await chores.ask(opened, user_id)
    title = _tidy(text)
    named, warning = await aside(_write, conversation_id, title, opened.attempt_id, receipt)
    if named:
        relay.publish(conversation_id, Renamed())
    if warning:
        # Its cost has crossed a threshold, and the turn says so.
        relay.publish(conversation_id, Ended(turn_id))


def _open(turn_id: int) -> opening.Opening | None:
    """Open the request that names a conversation after its first exchange, unless it has a name already."""
    with transaction.atomic(), seldom.OneLook():
        found = statements.row(_NAMELESS, turn_id, Conversation.TitledBy.FIRST_WORDS.value)
        if found is None or not found[3].strip():
            return None
        conversation_id, asker_id, question, answer, correlation_id = statements.uuid(found[0]), *found[1:]
        task = tasks.of(Attempt.Task.TITLE)
        told = briefing.for_title(question, answer, terms=task.own_terms())
        asked = composition.Question(turn_id, conversation_id, asker_id, None, question, "", task.model, correlation_id)
        return opening.reserve(asked, told, task)


def _tidy(text: str) -> str:
    """One line without decoration."""
    lines = words.visible(words.clean(text)).splitlines()
    return " ".join(lines[0].strip(" \t#*_\"'“”„«»`.").split())[:CHARACTERS] if lines else ""


def _write(conversation_id: UUID, title: str, attempt_id: int, receipt: closing.Receipt) -> tuple[bool, str]:
    now = timezone.now()
    with transaction.atomic(), seldom.OneLook():
        statements.held("SELECT 1 FROM chatapp_conversation WHERE id = %s", conversation_id)
        warning = closing.settle(attempt_id, receipt, now)
        if not title:
            return False, warning
        by = Conversation.TitledBy
        named = statements.run(_NAME, title, by.CLAUDE.value, conversation_id, by.FIRST_WORDS.value)
        return bool(named), warning


# Tried once is enough.
_NAMELESS = (
    "SELECT turn.conversation_id, turn.asker_id, turn.question, turn.answer, turn.correlation_id "
    "FROM chatapp_turn turn JOIN chatapp_conversation conversation ON conversation.id = turn.conversation_id "
    "WHERE turn.id = %s AND turn.parent_id IS NULL AND conversation.titled_by = %s AND NOT EXISTS "
    "(SELECT 1 FROM chatapp_attempt attempt WHERE attempt.turn_id = turn.id AND attempt.task = 'title')"
)
_NAME = (
    "UPDATE chatapp_conversation SET title = %s, titled_by = %s, version = version + 1 WHERE id = %s AND titled_by = %s"
)
