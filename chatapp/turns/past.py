"""What stands above a question: the turns that Claude is told again, and what it counted the last time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.context import briefing
from chatapp.storage import statements

# What stays word for word where the rest of a conversation is condensed.
TAIL_BYTES = 20_000
# Old turns beyond this many bytes stay out of the prompt.
HISTORY_BYTES = 400_000


@dataclass(frozen=True, slots=True)
class Before:
    """The last answer above a question, by Claude's own count: what the next prompt begins with, and what it had."""

    message_id: str = ""
    model: str = ""
    # Prompt and answer together.
    tokens: int = 0


NOTHING_BEFORE = Before()


def before(parent_id: int | None) -> Before:
    found = statements.row(_BEFORE, parent_id) if parent_id is not None else None
    return Before(*found) if found else NOTHING_BEFORE


def history(parent_id: int | None, room: int = HISTORY_BYTES) -> Sequence[briefing.Exchange]:
    """The exchanges above a turn, oldest first, as far back as there is room."""
    if parent_id is None:
        return []
    kept: list[briefing.Exchange] = []
    for question, text in statements.rows(_PATH, parent_id):
        room -= len(question.encode()) + len(text.encode())
        if room < 0:
            break
        kept.append(briefing.Exchange(question, text))
    return kept[::-1]


# What another provider has answered, Claude's own cache knows nothing of.
_BEFORE = (
    "SELECT CASE WHEN provider = '' THEN message_id ELSE '' END, model, coalesce(input_tokens, 0) "
    "+ coalesce(cache_read_tokens, 0) + coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0) "
    "+ coalesce(output_tokens, 0) FROM chatapp_attempt WHERE turn_id = %s AND task = 'answer' AND message_id <> '' "
    "ORDER BY number DESC LIMIT 1"
)
# From a turn up to the first one, the newest first; what was refused or never answered is left out.
_PATH = (
    "WITH RECURSIVE path(id, parent_id, depth) AS ("
    "SELECT id, parent_id, 0 FROM chatapp_turn WHERE id = %s "
    "UNION ALL SELECT up.id, up.parent_id, depth + 1 FROM chatapp_turn up JOIN path ON up.id = path.parent_id"
    ") SELECT turn.question, turn.answer FROM path JOIN chatapp_turn turn ON turn.id = path.id "
    "WHERE turn.state <> 'refused' AND turn.answer <> '' ORDER BY depth"
)
