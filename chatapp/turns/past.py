"""What stands above a question: the turns that Claude is told again, the notes that stand for older ones, and what
it counted the last time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatapp.context.briefing import Exchange
from chatapp.storage import statements
from chatapp.turns import attachments

# What stays word for word where the rest of a conversation is condensed because Claude cannot read it all.
TAIL_BYTES = 20_000
# Old turns beyond this many bytes stay out of the prompt where nobody has condensed them.
HISTORY_BYTES = 400_000
# Of usual text, where Claude has not counted it yet.
BYTES_PER_TOKEN = 3.5


@dataclass(frozen=True, slots=True)
class Step:
    """One turn above, as Claude is told of it."""

    turn_id: int
    exchange: Exchange

    @property
    def size(self) -> int:
        """In bytes of text; what was attached counts as the text that has as many tokens."""
        shown = sum(file.tokens for file in self.exchange.files)
        said = len(self.exchange.question.encode()) + len(self.exchange.answer.encode())
        return said + int(shown * BYTES_PER_TOKEN)


@dataclass(frozen=True, slots=True)
class Past:
    """A branch from its first turn to a question."""

    # Word for word, the oldest first.
    steps: Sequence[Step] = ()
    digest_id: int = 0
    notes: str = ""
    # The turns that the notes stand for, and those of them that a person wants told word for word all the same.
    covers: Sequence[int] = ()
    pinned: Sequence[Exchange] = ()

    @property
    def exchanges(self) -> list[Exchange]:
        return [step.exchange for step in self.steps]

    @property
    def tokens(self) -> int:
        """About: nobody has counted them."""
        return int(self.size / BYTES_PER_TOKEN)

    @property
    def size(self) -> int:
        pinned = sum(len(past.question.encode()) + len(past.answer.encode()) for past in self.pinned)
        return sum(step.size for step in self.steps) + len(self.notes.encode()) + pinned


def of(parent_id: int | None, room: int = HISTORY_BYTES) -> Past:
    """As far back as there is room, or to the turn for which there are notes."""
    if parent_id is None:
        return Past()
    steps: list[Step] = []
    digest_id = through_id = 0
    rows = statements.rows(_PATH, parent_id)
    shown = attachments.files([row[0] for row in rows if row[1] is None and row[5]])
    for turn_id, digest, state, question, answer, _ in rows:
        if digest is not None:
            digest_id, through_id = digest, turn_id
            break
        if state == "refused" or not answer:
            continue
        step = Step(turn_id, Exchange(question, answer, shown.get(turn_id, ())))
        room -= step.size
        if room < 0:
            break
        steps.append(step)
    return _with_notes(steps[::-1], digest_id, through_id)


@dataclass(frozen=True, slots=True)
class Before:
    """The last answer above a question, by Claude's own count: what the next prompt begins with, and what it had."""

    message_id: str = ""
    model: str = ""
    prompt_tokens: int = 0
    output_tokens: int = 0
    # The system prompt's number, the digest's, and how it was asked: what must be the same for the cache to be found.
    told: str = ""

    @property
    def tokens(self) -> int:
        """About what the next prompt begins with."""
        return self.prompt_tokens + self.output_tokens

    @property
    def digest_id(self) -> int:
        parts = self.told.split("/")
        return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0


NOTHING_BEFORE = Before()


def before(parent_id: int | None) -> Before:
    found = statements.row(_BEFORE, parent_id) if parent_id is not None else None
    return Before(*found) if found else NOTHING_BEFORE


def _with_notes(steps: list[Step], digest_id: int, through_id: int) -> Past:
    found = statements.row(_DIGEST, digest_id) if digest_id else None
    if found is None:
        return Past(steps)
    covers: list[int] = _read(found[1])
    pinned = [row for row in statements.rows(_PINNED, found[2], through_id) if row[0] in covers]
    shown = attachments.files([row[0] for row in pinned])
    exchanges = [Exchange(question, answer, shown.get(turn_id, ())) for turn_id, question, answer in pinned]
    return Past(steps, digest_id, found[0], covers, exchanges)


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


# What another provider has answered, Claude's own cache knows nothing of.
_BEFORE = (
    "SELECT CASE WHEN provider = '' THEN message_id ELSE '' END, model, coalesce(input_tokens, 0) "
    "+ coalesce(cache_read_tokens, 0) + coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0), "
    "coalesce(output_tokens, 0), told FROM chatapp_attempt "
    "WHERE turn_id = %s AND task = 'answer' AND message_id <> '' ORDER BY number DESC LIMIT 1"
)
# From a turn up to the first one, or to the one that notes stand for; the newest first.
_PATH = (
    "WITH RECURSIVE path(id, parent_id, depth, digest_id) AS ("
    "SELECT t.id, t.parent_id, 0, "
    "(SELECT max(d.id) FROM chatapp_digest d WHERE d.through_id = t.id AND d.undone_at IS NULL) "
    "FROM chatapp_turn t WHERE t.id = %s "
    "UNION ALL SELECT up.id, up.parent_id, depth + 1, "
    "(SELECT max(d.id) FROM chatapp_digest d WHERE d.through_id = up.id AND d.undone_at IS NULL) "
    "FROM chatapp_turn up JOIN path ON up.id = path.parent_id WHERE path.digest_id IS NULL"
    ") SELECT turn.id, path.digest_id, turn.state, turn.question, turn.answer, "
    "EXISTS (SELECT 1 FROM chatapp_attachment_turns link WHERE link.turn_id = turn.id) "
    "FROM path JOIN chatapp_turn turn ON turn.id = path.id ORDER BY depth"
)
_DIGEST = "SELECT text, covers, conversation_id FROM chatapp_digest WHERE id = %s"
_PINNED = (
    "SELECT id, question, answer FROM chatapp_turn WHERE conversation_id = %s AND pinned AND id <= %s "
    "AND state <> 'refused' AND answer <> '' ORDER BY id"
)
