"""A thumb and a word: kept, changed, taken back, and refused where there is nothing to judge."""

from __future__ import annotations

import pytest

from chatapp.turns import opinions
from chatapp.turns.feedback import Feedback
from chatapp.turns.refusals import Refused
from chatapp.turns.states import State
from tests.turns.telling import Tell, ada, talk, tell
from tests.turns.test_register import empty_index, file_all, found

__all__ = ["ada", "empty_index", "talk", "tell"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_index")]


def test_a_thumb_changes_what_a_filed_turn_is_found_by(tell: Tell) -> None:
    turn = tell("well?")
    file_all()
    opinions.give(turn, "down", "  It is wrong.\r\nVery. ")
    assert found(thumb=-1) == [turn.pk]
    assert Feedback.objects.get(turn=turn).words == "It is wrong.\nVery."
    opinions.give(turn, "none")
    assert found(thumb=-1) == []
    assert not Feedback.objects.exists()


def test_a_thumb_is_for_answers_that_are_there_and_points_somewhere(tell: Tell) -> None:
    running = tell("wait", state=State.STREAMING, ended_at=None)
    done = tell("done")
    for turn, thumb, said in ((running, "up", ""), (done, "sideways", ""), (done, "up", "x" * 1001)):
        with pytest.raises(Refused):
            opinions.give(turn, thumb, said)
    assert not Feedback.objects.exists()
