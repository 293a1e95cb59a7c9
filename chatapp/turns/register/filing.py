"""Files what has ended, a little after it did: nothing of it is paid by whoever waits for an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from chatapp.storage import statements
from chatapp.turns.register import costs, index
from chatapp.turns.register.models import Profile, Progress

BATCH = 200
TEXTS = 1
# A turn may be committed after one with a higher number.
OVERLAP = 500
THE_ROW = 1

_known: dict[tuple[object, ...], int] = {}


@dataclass(frozen=True, slots=True)
class Ended:
    """What the register wants to know of a turn."""

    turn_id: int
    asker_id: int
    asked_at: datetime
    nanodollars: int
    profile: tuple[object, ...]


def file_what_ended() -> list[int]:
    """File the next turns that have ended, at most a batch; which ones they were. One process at a time."""
    Progress.objects.get_or_create(pk=THE_ROW)
    with transaction.atomic():
        through, last, open_id = _outlook()
        found = [turn_id for (turn_id,) in statements.rows(_UNFILED, through, BATCH)]
        if found:
            _file(found)
        if len(found) < BATCH:
            settled = min(last - OVERLAP, open_id - 1 if open_id else last)
            if settled > through:
                statements.run("UPDATE chatapp_progress SET through = %s WHERE id = %s", settled, THE_ROW)
    return found


def file_again(turn_ids: Sequence[int], *, reviewed: bool = False) -> None:
    """Something of filed turns has changed, within the transaction that changed it; those that are not filed yet will
    be as they are by then. Whoever is filing them just now has read them already, so he is waited for.
    """
    hold()
    for turn in _read(turn_ids, reviewed=reviewed):
        statements.run("UPDATE chatapp_filed SET profile_id = %s WHERE turn_id = %s", _profile(turn), turn.turn_id)


def hold() -> tuple[Any, ...] | None:
    """The register is ours until the transaction ends. Before rows of turns that go with them, as whoever deletes them
    does: otherwise each would wait for the other.
    """
    return statements.held("SELECT through FROM chatapp_progress WHERE id = %s", THE_ROW)


def forget(conversation_id: object) -> None:
    """Within the transaction that deletes a conversation, and before it does: its words leave the index, and nobody
    files any of it meanwhile.
    """
    hold()
    rows = statements.rows(_TEXTS_OF, conversation_id)
    if rows:
        index.forget(_texts(rows))
        statements.run("UPDATE chatapp_progress SET untidy = %s WHERE id = %s", True, THE_ROW)


def tidy_up(most_steps: int = 20) -> bool:
    """Let nothing of deleted turns be left in the index; True when there is more to do."""
    found = statements.row("SELECT untidy FROM chatapp_progress WHERE id = %s", THE_ROW)
    if not found or not found[0]:
        return False
    for number in range(most_steps):
        with transaction.atomic():
            if not index.tidy(begin=number == 0):
                statements.run("UPDATE chatapp_progress SET untidy = %s WHERE id = %s", False, THE_ROW)
                return False
    return True


def _outlook() -> tuple[int, int, int]:
    """Up to where everything is filed, the last turn, and the first that has not ended; and the row is ours."""
    held = hold()
    through = held[0] if held else 0
    last, open_id = statements.row(_LAST, through) or (None, None)
    return through, last or 0, open_id or 0


def _file(turn_ids: Sequence[int]) -> None:
    ended = list(_read(turn_ids))
    statements.run_many(
        "INSERT INTO chatapp_filed (turn_id, profile_id, asker_id, nanodollars, asked_at) VALUES (%s, %s, %s, %s, %s)",
        [(turn.turn_id, _profile(turn), turn.asker_id, turn.nanodollars, turn.asked_at) for turn in ended],
    )
    # A few texts at a time: an answer may be as long as a book, and a process that serves has better uses for memory.
    for start in range(0, len(turn_ids), TEXTS):
        part = turn_ids[start : start + TEXTS]
        sql = f"SELECT id, question, answer FROM chatapp_turn WHERE id IN ({statements.marks(part)})"  # noqa: S608
        index.add(_texts(statements.rows(sql, *part)))


def _read(turn_ids: Sequence[int], *, reviewed: bool = False) -> Iterable[Ended]:
    if not turn_ids:
        return
    for row in statements.rows(_FACTS.format(statements.marks(turn_ids)), *turn_ids):
        turn_id, asker_id, asked_at, model, state, prompt, thumb, cost, failure, before = row
        cost = int(cost or 0)
        profile = (model, prompt or 0, state, failure or "", thumb or 0, bool(reviewed or before), costs.step(cost))
        yield Ended(turn_id, asker_id, statements.moment(asked_at), cost, profile)


def _profile(turn: Ended) -> int:
    if turn.profile not in _known:
        names = ("model", "prompt", "state", "failure", "thumb", "reviewed", "cost_step")
        found_by: dict[str, Any] = dict(zip(names, turn.profile, strict=True))
        found, _ = Profile.objects.get_or_create(**found_by)
        # Known for good only once it is committed: a rollback takes a new row back.
        transaction.on_commit(lambda: _known.update({turn.profile: found.pk}))
        return found.pk
    return _known[turn.profile]


def _texts(rows: Iterable[tuple[Any, ...]]) -> list[tuple[int, str]]:
    return [(turn_id, f"{question}\n{answer}") for turn_id, question, answer in rows]


# Below what is filed nothing is open, and whoever looked there would read a million rows every other second.
_LAST = (
    "SELECT (SELECT max(id) FROM chatapp_turn), (SELECT min(id) FROM chatapp_turn WHERE id > %s AND ended_at IS NULL)"
)
_UNFILED = (
    "SELECT turn.id FROM chatapp_turn turn WHERE turn.id > %s AND turn.ended_at IS NOT NULL "
    "AND NOT EXISTS (SELECT 1 FROM chatapp_filed filed WHERE filed.turn_id = turn.id) ORDER BY turn.id LIMIT %s"
)
_TEXTS_OF = (
    "SELECT turn.id, turn.question, turn.answer FROM chatapp_turn turn "
    "JOIN chatapp_filed filed ON filed.turn_id = turn.id WHERE turn.conversation_id = %s"
)
_FACTS = (
    "SELECT turn.id, turn.asker_id, turn.asked_at, turn.model, turn.state, "
    "(SELECT number FROM chatapp_systemprompt prompt WHERE prompt.id = conversation.prompt_id), "
    "(SELECT thumb FROM chatapp_feedback feedback WHERE feedback.turn_id = turn.id), "
    "(SELECT sum(cost_nanodollars) FROM chatapp_attempt WHERE turn_id = turn.id AND task = 'answer'), "
    "(SELECT failure FROM chatapp_attempt WHERE turn_id = turn.id AND task = 'answer' AND failure <> '' "
    "ORDER BY number DESC LIMIT 1), "
    "(SELECT profile.reviewed FROM chatapp_filed filed JOIN chatapp_profile profile ON profile.id = filed.profile_id "
    "WHERE filed.turn_id = turn.id) "
    "FROM chatapp_turn turn JOIN chatapp_conversation conversation ON conversation.id = turn.conversation_id "
    "WHERE turn.id IN ({}) ORDER BY turn.id"
)
