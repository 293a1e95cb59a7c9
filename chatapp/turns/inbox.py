"""The questions that come in: each becomes an accepted turn or a kind refusal."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import User

from chatapp.environment import MODEL_NAME
from chatapp.rendering import words
from chatapp.turns import acceptance, attachments, bills, places
from chatapp.turns.acceptance import Accepted
from chatapp.turns.fallbacks import Fallbacks
from chatapp.turns.models import Turn
from chatapp.turns.places import Asked
from chatapp.turns.refusals import EMPTY, NO_ROOM, NOT_CONTINUABLE, NOT_FINAL, NOT_LATER, NOT_YOUR_MODEL, TOO_LONG
from chatapp.turns.routing import AUTOMATIC, USUAL
from chatapp.turns.states import CONTINUABLE, FINAL, FULL, State

QUESTION_LIMIT_BYTES = 32_000
Files = tuple[str, ...]
LONGEST_NAME = 80


def begin(asker: User, question: str, ask_id: UUID, wish: str = "", files: Files = ()) -> Accepted:
    """A new conversation with its first question."""
    asked = Asked(asker.pk, None, _checked(question), ask_id, wish=_wish(wish), files=files)
    return acceptance.accept(asked, lambda now: places.new_place(asked, now))


def ask(asker: User, conversation_id: UUID, question: str, ask_id: UUID, wish: str = "", files: Files = ()) -> Accepted:
    """The next question of a conversation."""
    asked = Asked(asker.pk, conversation_id, _checked(question), ask_id, wish=_wish(wish), files=files)
    return acceptance.accept(asked, lambda now: places.next_place(asked))


def edit(asker: User, turn: Turn, question: str, ask_id: UUID) -> Accepted:
    """The same place in the conversation with another question: a new branch."""
    return _beside(asker, turn, _checked(question), ask_id)


def retry(asker: User, turn: Turn, ask_id: UUID, wish: str = "") -> Accepted:
    """The same question again, of another model perhaps: a new branch, the earlier answer stays."""
    return _beside(asker, turn, turn.question, ask_id, model=_wish(wish) or _asked_of(turn))


def later(asker: User, turn: Turn, ask_id: UUID) -> Accepted:
    """A branch with the same question that waits until Claude is back."""
    bill = bills.of([turn.pk]).get(turn.pk)
    hopeful = turn.state == State.FAILED and bill is not None and bill.is_hopeful
    if not hopeful or Fallbacks.current().later == Fallbacks.Later.NEVER:
        raise NOT_LATER
    return _beside(asker, turn, turn.question, ask_id, model=_asked_of(turn), waits=True)


def carry_on(asker: User, turn: Turn, ask_id: UUID) -> Accepted:
    """A branch that begins with what was written so far and goes on from there."""
    if turn.state not in CONTINUABLE or not turn.answer.strip():
        raise NOT_CONTINUABLE
    if turn.stop_reason == FULL:
        raise NO_ROOM
    return _beside(asker, turn, turn.question, ask_id, carried=turn.answer, model=_asked_of(turn))


def _beside(
    asker: User, turn: Turn, question: str, ask_id: UUID, *, carried: str = "", model: str = "", waits: bool = False
) -> Accepted:
    if turn.state not in FINAL:
        raise NOT_FINAL
    files = attachments.of_turn(turn.pk)
    asked = Asked(asker.pk, turn.conversation_id, question, ask_id, waits, model=model, files=files, again=True)
    return acceptance.accept(asked, lambda now: places.place_beside(asked, turn.parent_id, carried))


def _asked_of(turn: Turn) -> str:
    """Who was to answer; not whoever stood in."""
    return turn.asked_model or turn.model


def _wish(name: str) -> str | None:
    """The model that a form names; empty where it takes the choice back, None where it says nothing."""
    name = name.strip()
    if not name or name == USUAL:
        return "" if name else None
    if name != AUTOMATIC and (len(name) > LONGEST_NAME or not MODEL_NAME.fullmatch(name)):
        raise NOT_YOUR_MODEL
    return name


def _checked(question: str) -> str:
    question = words.clean(question).strip()
    if not words.visible(question):
        raise EMPTY
    if len(question.encode()) > QUESTION_LIMIT_BYTES:
        raise TOO_LONG
    return question
