"""The numbered system prompts: which one new conversations begin with, and the text of any of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from chatapp.context.models import SystemPrompt
from chatapp.storage import seldom, statements

# The version that ships.
DEFAULT = (
    "You are Claude, the assistant of this organisation's own chat. Be helpful, accurate and direct. "
    "Answer in the language of the question. Use Markdown where structure helps the reader: short paragraphs, "
    "lists, tables, and fenced code blocks that name their language. Write mathematics in LaTeX between dollar signs. "
    "When you are not sure, say so, and say what would settle it. Ask a question back only when the answer would "
    "be useless without it."
)
_ACTIVE = "SELECT id, number, text FROM chatapp_systemprompt WHERE stage = 'active'"
_OF = "SELECT prompt_id FROM chatapp_conversation WHERE id = %s"
_TTL = "SELECT prompt_cache FROM chatapp_contextsettings ORDER BY id LIMIT 1"
_ONE = "SELECT id, number, text FROM chatapp_systemprompt WHERE id = %s"


@dataclass(frozen=True, slots=True)
class Version:
    # None, and 0: what ships, where a house has no versions of its own.
    id: int | None
    number: int
    text: str


SHIPPED = Version(None, 0, DEFAULT)


def active() -> Version:
    """What a conversation is told that begins now."""
    found = seldom.of("active prompt", lambda: statements.row(_ACTIVE))
    return Version(*found) if found else SHIPPED


def version(prompt_id: int | None) -> Version:
    """The version that a conversation keeps; one that began before there were any has the active one."""
    if prompt_id is None:
        return active()
    found = seldom.of(("prompt", prompt_id), lambda: statements.row(_ONE, prompt_id))
    return Version(*found) if found else active()


def of(conversation_id: UUID) -> Version:
    """The same by the conversation's number."""
    found = statements.row(_OF, conversation_id)
    return version(found[0] if found else None)


def ttl() -> str:
    """For how long it is cached."""
    found = seldom.of("prompt cache", lambda: statements.row(_TTL))
    return str(found[0] if found else settings.CHATAPP_PROMPT_CACHE)


def draft(text: str, note: str, by_id: int | None, now: datetime) -> SystemPrompt:
    """A new version under the next number."""
    with transaction.atomic():
        last = SystemPrompt.objects.aggregate(last=Max("number"))["last"] or 0
        return SystemPrompt.objects.create(number=last + 1, text=text, note=note, written_by_id=by_id, written_at=now)


def activate(prompt_id: int, by_id: int | None, now: datetime) -> bool:
    """New conversations begin with it from now on; False when it was active already, or is gone."""
    stages = SystemPrompt.Stage
    with transaction.atomic():
        wanted = SystemPrompt.objects.select_for_update().filter(pk=prompt_id).exclude(stage=stages.ACTIVE).first()
        if wanted is None:
            return False
        SystemPrompt.objects.filter(stage=stages.ACTIVE).update(stage=stages.RETIRED)
        SystemPrompt.objects.filter(pk=prompt_id).update(stage=stages.ACTIVE, activated_by=by_id, activated_at=now)
    return True


def difference(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Line by line what went, came and stayed: `-`, `+` or a blank, and the line."""
    for line in difflib.ndiff(old.splitlines(), new.splitlines()):
        if line[:1] in "-+ ":
            yield line[0], line[2:]
