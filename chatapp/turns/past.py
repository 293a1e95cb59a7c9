"""What stands above a question: the turns that Claude is told again, the notes that stand for older ones, and what
it counted the last time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatapp.context import briefing
from chatapp.context.briefing import Exchange
from chatapp.storage import statements
from chatapp.turns import attachments

# What stays word for word where the rest of a conversation is condensed because Claude cannot read it all.
TAIL_BYTES = 20_000
# Old turns beyond this many bytes stay out of the prompt where nobody has condensed them.
HISTORY_BYTES = 400_000
# Of usual text, where Claude has not counted it yet.
BYTES_PER_TOKEN = 3.5
# As many as both databases take in one list.
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Step:
    """One turn above, as Claude is told of it."""

    turn_id: int
    exchange: Exchange
    # In bytes of text; what was attached counts as the text that has as many tokens.
    size: int


@dataclass(frozen=True, slots=True)
class Past:
    """A branch from its first turn to a question."""

    # Word for word, the oldest first.
    steps: Sequence[Step] = ()
    digest_id: int = 0
    notes: str = ""
    # The turns that the notes stand for and that a person wants told word for word all the same.
    pinned: Sequence[Exchange] = ()

    @property
    def exchanges(self) -> list[Exchange]:
        return [step.exchange for step in self.steps]

    @property
    def size(self) -> int:
        pinned = sum(briefing.size(past.question) + briefing.size(past.answer) for past in self.pinned)
        return sum(step.size for step in self.steps) + briefing.size(self.notes) + pinned


def of(parent_id: int | None, room: int = HISTORY_BYTES) -> Past:
    """As far back as there is room, or to the turn for which there are notes."""
    taken, digest_id, through_id = _outline(parent_id, room)
    said = _texts([turn_id for turn_id, _, _ in taken])
    shown = attachments.files([turn_id for turn_id, _, has_files in taken if has_files])
    steps = [Step(turn_id, Exchange(*said[turn_id], shown.get(turn_id, ())), size) for turn_id, size, _ in taken[::-1]]
    return _with_notes(steps, digest_id, through_id)


def tokens(parent_id: int | None) -> tuple[int, int]:
    """About how many tokens Claude is told of a branch where nobody has counted them, and the digest that is in it."""
    taken, digest_id, _ = _outline(parent_id, HISTORY_BYTES)
    notes = statements.row("SELECT text FROM chatapp_digest WHERE id = %s", digest_id) if digest_id else None
    size = sum(size for _, size, _ in taken) + (briefing.size(notes[0]) if notes else 0)
    return int(size / BYTES_PER_TOKEN), digest_id


def _outline(parent_id: int | None, room: int) -> tuple[list[tuple[int, int, bool]], int, int]:
    """The turns that are told word for word, the newest first, each with its size and whether it has files; the digest,
    and where it stands.

    Without their texts: of a long conversation most may never be needed.
    """
    taken: list[tuple[int, int, bool]] = []
    for turn_id, digest_id, told, size, tokens in statements.rows(_path(), parent_id) if parent_id else ():
        if digest_id is not None:
            return taken, digest_id, turn_id
        if not told:
            continue
        size += int((tokens or 0) * BYTES_PER_TOKEN)
        room -= size
        if room < 0:
            break
        taken.append((turn_id, size, tokens is not None))
    return taken, 0, 0


def _texts(turn_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    found: dict[int, tuple[str, str]] = {}
    for start in range(0, len(turn_ids), CHUNK):
        chunk = turn_ids[start : start + CHUNK]
        sql = f"SELECT id, question, answer FROM chatapp_turn WHERE id IN ({statements.marks(chunk)})"  # noqa: S608
        found |= {turn_id: (question, answer) for turn_id, question, answer in statements.rows(sql, *chunk)}
    return found


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


def covers(digest_id: int) -> list[int]:
    """The turns that notes stand for, all of them by number."""
    found = statements.row("SELECT covers FROM chatapp_digest WHERE id = %s", digest_id) if digest_id else None
    return list(_read(found[0])) if found else []


def _with_notes(steps: list[Step], digest_id: int, through_id: int) -> Past:
    found = statements.row(_DIGEST, digest_id) if digest_id else None
    if found is None:
        return Past(steps)
    notes, conversation_id = found
    pinned = statements.rows(_PINNED, conversation_id, through_id)
    # Of another branch perhaps; where nothing is pinned nobody looks how long the list is.
    covered = set(covers(digest_id)) if pinned else set()
    pinned = [row for row in pinned if row[0] in covered]
    shown = attachments.files([row[0] for row in pinned])
    exchanges = [Exchange(question, answer, shown.get(turn_id, ())) for turn_id, question, answer in pinned]
    return Past(steps, digest_id, notes, exchanges)


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
    ") SELECT turn.id, path.digest_id, turn.state <> 'refused' AND turn.answer <> '', {} + {}, "
    "(SELECT sum(file.tokens) FROM chatapp_attachment_turns link JOIN chatapp_attachment file "
    "ON file.id = link.attachment_id WHERE link.turn_id = turn.id) "
    "FROM path JOIN chatapp_turn turn ON turn.id = path.id ORDER BY depth"
)


def _path() -> str:
    return _PATH.format(statements.size_of("turn.question"), statements.size_of("turn.answer"))


_DIGEST = "SELECT text, conversation_id FROM chatapp_digest WHERE id = %s"
_PINNED = (
    "SELECT id, question, answer FROM chatapp_turn WHERE conversation_id = %s AND pinned AND id <= %s "
    "AND state <> 'refused' AND answer <> '' ORDER BY id"
)
