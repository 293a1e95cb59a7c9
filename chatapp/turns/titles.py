"""A conversation's title, written by the cheap model after the first exchange."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from chatapp.context import briefing
from chatapp.money import ledger
from chatapp.money.prices import UnknownPrice
from chatapp.rendering import words
from chatapp.storage import statements
from chatapp.storage.crossing import in_thread
from chatapp.turns import chores, closing, composition, opening, tasks
from chatapp.turns.models import Attempt, Conversation, Turn
from chatapp.turns.relay import Ended, Renamed, relay

log = logging.getLogger(__name__)

CHARACTERS = 80


async def entitle(turn_id: int, conversation_id: UUID, user_id: int) -> None:
    """Give a new conversation its title; whatever goes wrong, the first words stay."""
    try:
        opened = await in_thread(_open, turn_id)
    except (UnknownPrice, opening.Tight, ledger.NoRoom):
        # A name is not worth a person's last cents.
        return
    if opened is None:
        return
    text, receipt = await chores.ask(opened, user_id)
    title = _tidy(text)
    named, warning = await in_thread(_write, conversation_id, title, opened.attempt_id, receipt)
    if named:
        relay.publish(conversation_id, Renamed())
    if warning:
        # Its cost has crossed a threshold, and the turn says so.
        relay.publish(conversation_id, Ended(turn_id))


def _open(turn_id: int) -> opening.Opening | None:
    """Open the request that names a conversation after its first exchange, unless it has a name already."""
    with transaction.atomic():
        turn = Turn.objects.select_related("conversation").get(pk=turn_id)
        nameless = turn.conversation.titled_by == Conversation.TitledBy.FIRST_WORDS
        tried = turn.attempts.filter(task=Attempt.Task.TITLE).exists()
        if turn.parent_id is not None or not nameless or tried or not turn.answer.strip():
            return None
        task = tasks.of(Attempt.Task.TITLE)
        told = briefing.for_title(turn.question, turn.answer, terms=task.own_terms())
        asked = composition.Question(
            turn.pk, turn.conversation_id, turn.asker_id, None, turn.question, "", task.model, turn.correlation_id
        )
        return opening.reserve(asked, told, task)


def _tidy(text: str) -> str:
    """One line without decoration."""
    lines = words.visible(words.clean(text)).splitlines()
    return " ".join(lines[0].strip(" \t#*_\"'“”„«»`.").split())[:CHARACTERS] if lines else ""


def _write(conversation_id: UUID, title: str, attempt_id: int, receipt: closing.Receipt) -> tuple[bool, str]:
    now = timezone.now()
    with transaction.atomic():
        statements.held("SELECT 1 FROM chatapp_conversation WHERE id = %s", conversation_id)
        warning = closing.settle(attempt_id, receipt, now)
        if not title:
            return False, warning
        nameless = Conversation.objects.filter(pk=conversation_id, titled_by=Conversation.TitledBy.FIRST_WORDS)
        named = nameless.update(title=title, titled_by=Conversation.TitledBy.CLAUDE, version=F("version") + 1)
        return bool(named), warning
