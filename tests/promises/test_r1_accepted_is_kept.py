"""R1: a question that the browser saw accepted survives the death of its process at any instant."""

from __future__ import annotations

import pytest

from tests.promises.wreckage import DEATHS, Death, Wreckage

pytestmark = pytest.mark.slow
each_death = pytest.mark.parametrize("death", DEATHS, ids=str)


@each_death
def test_an_accepted_question_is_there_after_the_death_of_its_process(wreckage: Wreckage, death: Death) -> None:
    one = wreckage.wrecks[str(death)]
    ask_id = one.ask_id.replace("-", "")
    turns = wreckage.product.rows("SELECT id, question FROM chatapp_turn WHERE ask_id = ?", ask_id)
    assert one.asked is not None
    assert turns == [(one.asked.turn, one.question)]


@each_death
def test_a_form_whose_answer_was_lost_may_be_sent_again(wreckage: Wreckage, death: Death) -> None:
    one = wreckage.wrecks[str(death)]
    if one.again is not None:
        assert one.again.status == 200
    assert one.turn["question"] == one.question
    assert one.turn["state"] in ("answered", "interrupted")


@each_death
def test_the_conversation_goes_on_afterwards(wreckage: Wreckage, death: Death) -> None:
    assert wreckage.wrecks[str(death)].follow_up["state"] == "answered"
