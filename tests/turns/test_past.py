"""What stands above a question: notes for what is old, the rest word for word, and whoever owns it decides."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatapp.turns import memory, notes, past, thread
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.notes import Digest
from chatapp.turns.refusals import EMPTY_NOTES, LONG_NOTES, Refused
from chatapp.turns.states import State
from tests.turns.telling import Tell, ada, chain, digest, questions, talk, tell

__all__ = ["ada", "talk", "tell"]

pytestmark = pytest.mark.django_db


def test_what_was_refused_or_never_answered_is_not_told_again(tell: Tell) -> None:
    first = tell("one")
    second = tell("two", first, state=State.REFUSED)
    third = tell("three", second, answer="", state=State.FAILED)
    assert questions(past.of(third.pk)) == ["one"]


def test_notes_stand_for_what_they_cover_and_the_rest_is_told_word_for_word(talk: Conversation, tell: Tell) -> None:
    turns = chain(tell, 6)
    made = digest(talk, turns[:4])
    branch = past.of(turns[-1].pk)
    assert (branch.digest_id, branch.notes) == (made.pk, "They spoke of turns.")
    assert questions(branch) == ["turn 4", "turn 5"]
    assert past.covers(branch.digest_id) == [turn.pk for turn in turns[:4]]


def test_a_branch_that_leaves_before_the_notes_is_told_every_word(talk: Conversation, tell: Tell) -> None:
    turns = chain(tell, 6)
    digest(talk, turns[:4])
    beside = tell("another way", turns[2])
    assert past.of(beside.pk).digest_id == 0
    assert questions(past.of(beside.pk)) == ["turn 0", "turn 1", "turn 2", "another way"]
    below = tell("further on", turns[3])
    assert past.of(below.pk).digest_id != 0


def test_a_pinned_turn_is_told_word_for_word_although_notes_stand_for_it(talk: Conversation, tell: Tell) -> None:
    turns = chain(tell, 6)
    digest(talk, turns[:4])
    beside = tell("another way", turns[2])
    for turn in (turns[1], beside):
        memory.pin(turn)
    branch = past.of(turns[-1].pk)
    assert [exchange.question.strip() for exchange in branch.pinned] == ["turn 1"]
    memory.pin(Turn.objects.get(pk=turns[1].pk))
    assert past.of(turns[-1].pk).pinned == []


def test_undone_notes_stand_for_nothing_and_stay_undone_until_they_are_wanted(talk: Conversation, tell: Tell) -> None:
    turns = chain(tell, 6)
    made = digest(talk, turns[:4])
    memory.undo(made)
    talk.refresh_from_db()
    assert talk.whole
    assert len(past.of(turns[-1].pk).steps) == 6
    memory.allow(talk)
    talk.refresh_from_db()
    assert not talk.whole
    assert past.of(turns[-1].pk).digest_id == made.pk


def test_undoing_the_later_notes_falls_back_on_the_earlier_ones(talk: Conversation, tell: Tell) -> None:
    turns = chain(tell, 6)
    earlier = digest(talk, turns[:2], "Early.")
    later = digest(talk, turns[:4], "Late.")
    assert past.of(turns[-1].pk).notes == "Late."
    memory.undo(later)
    assert past.of(turns[-1].pk).digest_id == earlier.pk


def test_corrected_notes_are_what_is_told_and_what_they_said_before_is_kept(talk: Conversation, tell: Tell) -> None:
    turns = chain(tell, 6)
    made = digest(talk, turns[:4])
    before = made.pk
    memory.correct(made, "They spoke of cats.\x00")
    branch = past.of(turns[-1].pk)
    assert branch.notes == "They spoke of cats.\ufffd"
    # Another number: whatever was counted or cached with the old words does not hold any more.
    assert branch.digest_id != before
    assert list(Digest.objects.order_by("pk").values_list("text", flat=True)) == ["They spoke of turns.", branch.notes]


@pytest.mark.parametrize(
    ("text", "refusal"), [(" \n", EMPTY_NOTES), ("\u200b", EMPTY_NOTES), ("x" * 20_001, LONG_NOTES)]
)
def test_notes_that_cannot_be_are_refused(talk: Conversation, tell: Tell, text: str, refusal: Refused) -> None:
    made = digest(talk, chain(tell, 3))
    with pytest.raises(Refused) as refused:
        memory.correct(made, text)
    assert refused.value == refusal


def test_the_thread_shows_where_and_which_notes_are_told_now(talk: Conversation, tell: Tell) -> None:
    turns = chain(tell, 6)
    digest(talk, turns[:2], "Early.")
    digest(talk, turns[:4], "Late.")
    found = notes.markers(talk.pk, thread.of(talk.pk, turns[-1].pk))
    assert [(turn_id, marker.text, marker.turns, marker.current) for turn_id, marker in found.items()] == [
        (turns[1].pk, "Early.", 2, False),
        (turns[3].pk, "Late.", 4, True),
    ]
    assert notes.markers(talk.pk, thread.of(talk.pk, turns[0].pk)) == {}


def test_a_deleted_conversation_takes_its_notes_along(talk: Conversation, tell: Tell) -> None:
    digest(talk, chain(tell, 3))
    Conversation.objects.filter(pk=talk.pk).update(head=None)
    talk.delete()
    assert not Digest.objects.exists()


def test_with_notes_a_thousand_turns_are_read_like_twenty(talk: Conversation, tell: Tell) -> None:
    now = timezone.now()
    turns = _bulk(talk, 1000, now)
    digest(talk, turns[:980])
    with CaptureQueriesContext(connection) as asked:
        assert len(past.of(turns[-1].pk).steps) == 20
    assert len(asked) <= 5


def _bulk(talk: Conversation, count: int, now: datetime) -> list[Turn]:
    base = Turn(
        conversation=talk, asker=talk.owner, question="q", answer="a", state=State.ANSWERED, model="m", asked_at=now
    )
    rows = [
        Turn(
            conversation=talk,
            asker=talk.owner,
            ask_id=uuid4(),
            correlation_id=str(number),
            question=base.question,
            answer=base.answer,
            state=base.state,
            model=base.model,
            asked_at=now,
        )
        for number in range(count)
    ]
    made = Turn.objects.bulk_create(rows)
    for before, after in pairwise(made):
        after.parent_id = before.pk
    Turn.objects.bulk_update(made, ["parent"])
    return made
