"""An earlier answer may be shown again: to whoever was given it, for as long as was chosen, and never half of one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chatapp.turns import kept
from chatapp.turns.fallbacks import Fallbacks
from chatapp.turns.kept import KeptAnswer
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.states import State
from tests.turns import stories

pytestmark = pytest.mark.django_db

ANSWER = "Whoever ordered it."


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada")


@pytest.fixture(autouse=True)
def chosen() -> Fallbacks:
    return Fallbacks.objects.create(kept_hours=24)


def answered(owner: User, **changes: object) -> Turn:
    """A whole answer to an opening question."""
    turn = stories.turn(owner, State.ANSWERED, timezone.now())
    Turn.objects.filter(pk=turn.pk).update(**{"answer": ANSWER, "stop_reason": "end_turn", **changes})
    kept.keep(turn.pk)
    turn.refresh_from_db()
    return turn


def asked(owner: User, **changes: object) -> Turn:
    turn = stories.turn(owner, State.ACCEPTED, timezone.now())
    Turn.objects.filter(pk=turn.pk).update(**changes)
    return turn


def test_the_same_opening_question_finds_its_earlier_answer_and_when_that_was_written(ada: User) -> None:
    earlier = answered(ada)
    found = kept.find(asked(ada).pk)
    assert found
    assert (found.text, found.model, found.written_at) == (ANSWER, stories.MODEL, earlier.ended_at)


def test_blanks_where_lines_end_make_no_other_question_but_those_where_they_begin_do(ada: User) -> None:
    answered(ada, question="def f():\n    return 1")
    assert kept.find(asked(ada, question="  def f():  \r\n    return 1\n").pk)
    assert kept.find(asked(ada, question="def f():\nreturn 1").pk) is None


def test_nobody_is_shown_what_another_person_was_answered(ada: User) -> None:
    answered(ada)
    assert kept.find(asked(User.objects.create(username="grace")).pk) is None


def test_another_model_is_asked_another_question(ada: User) -> None:
    answered(ada)
    assert kept.find(asked(ada, model="claude-opus-5-5").pk) is None


def test_so_is_a_model_that_is_told_something_else_beforehand() -> None:
    same = kept.key(1, "Who pays?", stories.MODEL, "Be brief.")
    assert kept.key(1, "Who pays? ", stories.MODEL, "Be brief.") == same
    others = [
        kept.key(2, "Who pays?", stories.MODEL, "Be brief."),
        kept.key(1, "Who pays you?", stories.MODEL, "Be brief."),
        kept.key(1, "Who pays?", "claude-opus-5-5", "Be brief."),
        kept.key(1, "Who pays?", stories.MODEL, "Be kind."),
    ]
    assert len({same, *others}) == 5


def test_a_later_question_has_a_history_and_finds_nothing(ada: User) -> None:
    earlier = answered(ada)
    assert kept.find(asked(ada, parent=earlier).pk) is None
    assert kept.find(asked(ada, answer="Who", carried=3).pk) is None


def test_who_asks_again_in_the_same_conversation_wants_another_answer(ada: User) -> None:
    earlier = answered(ada)
    assert kept.find(asked(ada, conversation=earlier.conversation).pk) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"state": State.TRUNCATED, "stop_reason": "max_tokens"},
        {"state": State.REFUSED, "stop_reason": "refusal"},
        {"state": State.STOPPED},
        {"stop_reason": "solar_flare"},
        {"answer": " "},
        {"carried": 4},
        {"asked_model": "claude-opus-5-5"},
        {"kept_from": timezone.now()},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_only_a_whole_answer_of_the_model_that_was_asked_is_kept(ada: User, changes: dict[str, object]) -> None:
    answered(ada, **changes)
    assert not KeptAnswer.objects.exists()


def test_it_is_kept_once_however_often_one_is_told(ada: User) -> None:
    turn = answered(ada)
    kept.keep(turn.pk)
    assert KeptAnswer.objects.count() == 1


def test_where_nobody_chose_it_nothing_is_kept_and_nothing_is_found(ada: User, chosen: Fallbacks) -> None:
    answered(ada)
    Fallbacks.objects.update(kept_hours=0)
    assert kept.find(asked(ada).pk) is None
    answered(ada, question="Another?")
    assert KeptAnswer.objects.count() == 1
    assert kept.forget(timezone.now()) == 1


def test_what_is_too_old_is_not_shown_and_goes_in_the_night(ada: User) -> None:
    answered(ada)
    KeptAnswer.objects.update(written_at=timezone.now() - timedelta(hours=25))
    young = answered(ada, question="Another?")
    assert kept.find(asked(ada).pk) is None
    assert kept.forget(timezone.now()) == 1
    assert list(KeptAnswer.objects.values_list("turn", flat=True)) == [young.pk]


def test_it_goes_with_its_conversation(ada: User) -> None:
    conversation = Conversation.objects.filter(pk=answered(ada).conversation_id)
    conversation.update(head=None)
    conversation.delete()
    assert not KeptAnswer.objects.exists()
    assert kept.find(asked(ada).pk) is None
