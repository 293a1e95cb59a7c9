"""What stands above a question: notes for what is old, the rest word for word, and whoever owns it decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatapp.context.models import ContextSettings
from chatapp.money import ledger
from chatapp.money.models import Budget
from chatapp.turns import digests, memory, notes, opening, past, thread
from chatapp.turns.models import Attempt, Conversation, Turn
from chatapp.turns.notes import Digest
from chatapp.turns.refusals import EMPTY_NOTES, LONG_NOTES, Refused
from chatapp.turns.states import State
from tests.turns import stories

pytestmark = pytest.mark.django_db
Tell = Callable[..., Turn]


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def talk(ada: User) -> Conversation:
    return stories.conversation(ada)


@pytest.fixture
def tell(talk: Conversation) -> Tell:
    """One more turn behind another one; it is the last that is shown."""

    def told(words: str = "words", parent: Turn | None = None, **more: Any) -> Turn:
        row = {"state": State.ANSWERED, "answer": f"about {words}", "ended_at": timezone.now(), **more}
        turn = Turn.objects.create(
            conversation=talk,
            asker=talk.owner,
            parent=parent,
            ask_id=uuid4(),
            correlation_id=uuid4().hex,
            question=words,
            model=stories.MODEL,
            asked_at=timezone.now(),
            **row,
        )
        Conversation.objects.filter(pk=talk.pk).update(head=turn)
        talk.head_id = turn.pk
        return turn

    return told


def _chain(tell: Tell, count: int, size: int = 1) -> list[Turn]:
    made: list[Turn] = []
    for number in range(count):
        made.append(tell(f"turn {number} " * size, made[-1] if made else None))
    return made


def _digest(talk: Conversation, turns: list[Turn], text: str = "They spoke of turns.") -> Digest:
    assert notes.keep(talk.pk, turns[-1].pk, [turn.pk for turn in turns], text, "claude-haiku-5-5", timezone.now())
    return Digest.objects.latest("pk")


def _questions(branch: past.Past) -> list[str]:
    return [step.exchange.question.strip() for step in branch.steps]


def test_what_was_refused_or_never_answered_is_not_told_again(tell: Tell) -> None:
    first = tell("one")
    second = tell("two", first, state=State.REFUSED)
    third = tell("three", second, answer="", state=State.FAILED)
    assert _questions(past.of(third.pk)) == ["one"]


def test_notes_stand_for_what_they_cover_and_the_rest_is_told_word_for_word(talk: Conversation, tell: Tell) -> None:
    turns = _chain(tell, 6)
    digest = _digest(talk, turns[:4])
    branch = past.of(turns[-1].pk)
    assert (branch.digest_id, branch.notes) == (digest.pk, "They spoke of turns.")
    assert _questions(branch) == ["turn 4", "turn 5"]
    assert branch.covers == [turn.pk for turn in turns[:4]]


def test_a_branch_that_leaves_before_the_notes_is_told_every_word(talk: Conversation, tell: Tell) -> None:
    turns = _chain(tell, 6)
    _digest(talk, turns[:4])
    beside = tell("another way", turns[2])
    assert past.of(beside.pk).digest_id == 0
    assert _questions(past.of(beside.pk)) == ["turn 0", "turn 1", "turn 2", "another way"]
    below = tell("further on", turns[3])
    assert past.of(below.pk).digest_id != 0


def test_a_pinned_turn_is_told_word_for_word_although_notes_stand_for_it(talk: Conversation, tell: Tell) -> None:
    turns = _chain(tell, 6)
    _digest(talk, turns[:4])
    beside = tell("another way", turns[2])
    for turn in (turns[1], beside):
        memory.pin(turn)
    branch = past.of(turns[-1].pk)
    assert [exchange.question.strip() for exchange in branch.pinned] == ["turn 1"]
    memory.pin(Turn.objects.get(pk=turns[1].pk))
    assert past.of(turns[-1].pk).pinned == []


def test_undone_notes_stand_for_nothing_and_stay_undone_until_they_are_wanted(talk: Conversation, tell: Tell) -> None:
    turns = _chain(tell, 6)
    digest = _digest(talk, turns[:4])
    memory.undo(digest)
    talk.refresh_from_db()
    assert talk.whole
    assert len(past.of(turns[-1].pk).steps) == 6
    memory.allow(talk)
    talk.refresh_from_db()
    assert not talk.whole
    assert past.of(turns[-1].pk).digest_id == digest.pk


def test_undoing_the_later_notes_falls_back_on_the_earlier_ones(talk: Conversation, tell: Tell) -> None:
    turns = _chain(tell, 6)
    earlier = _digest(talk, turns[:2], "Early.")
    later = _digest(talk, turns[:4], "Late.")
    assert past.of(turns[-1].pk).notes == "Late."
    memory.undo(later)
    assert past.of(turns[-1].pk).digest_id == earlier.pk


def test_corrected_notes_are_what_is_told_and_what_they_said_before_is_kept(talk: Conversation, tell: Tell) -> None:
    turns = _chain(tell, 6)
    digest = _digest(talk, turns[:4])
    before = digest.pk
    memory.correct(digest, "They spoke of cats.\x00")
    branch = past.of(turns[-1].pk)
    assert branch.notes == "They spoke of cats.\ufffd"
    # Another number: whatever was counted or cached with the old words does not hold any more.
    assert branch.digest_id != before
    assert list(Digest.objects.order_by("pk").values_list("text", flat=True)) == ["They spoke of turns.", branch.notes]


@pytest.mark.parametrize(
    ("text", "refusal"), [(" \n", EMPTY_NOTES), ("\u200b", EMPTY_NOTES), ("x" * 20_001, LONG_NOTES)]
)
def test_notes_that_cannot_be_are_refused(talk: Conversation, tell: Tell, text: str, refusal: Refused) -> None:
    digest = _digest(talk, _chain(tell, 3))
    with pytest.raises(Refused) as refused:
        memory.correct(digest, text)
    assert refused.value == refusal


def test_the_thread_shows_where_and_which_notes_are_told_now(talk: Conversation, tell: Tell) -> None:
    turns = _chain(tell, 6)
    _digest(talk, turns[:2], "Early.")
    _digest(talk, turns[:4], "Late.")
    found = notes.markers(talk.pk, thread.of(talk.pk, turns[-1].pk))
    assert [(turn_id, marker.text, marker.turns, marker.current) for turn_id, marker in found.items()] == [
        (turns[1].pk, "Early.", 2, False),
        (turns[3].pk, "Late.", 4, True),
    ]
    assert notes.markers(talk.pk, thread.of(talk.pk, turns[0].pk)) == {}


def test_a_deleted_conversation_takes_its_notes_along(talk: Conversation, tell: Tell) -> None:
    _digest(talk, _chain(tell, 3))
    Conversation.objects.filter(pk=talk.pk).update(head=None)
    talk.delete()
    assert not Digest.objects.exists()


def test_with_notes_a_thousand_turns_are_read_like_twenty(talk: Conversation, tell: Tell) -> None:
    now = timezone.now()
    turns = _bulk(talk, 1000, now)
    _digest(talk, turns[:980])
    with CaptureQueriesContext(connection) as asked:
        assert len(past.of(turns[-1].pk).steps) == 20
    assert len(asked) <= 4


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


# When it happens by itself, and how much.


@pytest.fixture
def low(price_book: None) -> None:
    ContextSettings.objects.create(digest_above_tokens=2_000, digest_share_percent=50, tail_tokens=500)


def _counted(turn: Turn, tokens: int, told: str = "") -> None:
    made = stories.attempt(turn, Attempt.Task.ANSWER)
    Attempt.objects.filter(pk=made.pk).update(
        input_tokens=tokens, output_tokens=0, message_id="msg_1", outcome="done", told=told
    )


def _opened(turn: Turn) -> Any:
    return digests._open_after(turn.pk)


def test_below_the_threshold_nothing_is_condensed(tell: Tell, low: None) -> None:
    turns = _chain(tell, 6, size=100)
    _counted(turns[-1], 2_000)
    assert _opened(turns[-1]) is None


def test_above_it_all_but_the_last_turns_become_notes(tell: Tell, low: None) -> None:
    turns = _chain(tell, 6, size=100)
    _counted(turns[-1], 2_001)
    fold = _opened(turns[-1]).fold
    assert fold.covers == [turn.pk for turn in turns[:-1]]
    assert fold.through_id == turns[-2].pk
    (message,) = fold.told.messages
    assert all(f"turn {number}" in message["content"][0]["text"] for number in range(5))
    assert Attempt.objects.filter(turn=turns[-1], task="digest", outcome="running").count() == 1


def test_one_at_a_time(tell: Tell, low: None) -> None:
    turns = _chain(tell, 6, size=100)
    _counted(turns[-1], 5_000)
    assert _opened(turns[-1]) is not None
    assert _opened(turns[-1]) is None


def test_who_wants_every_word_told_is_left_alone(talk: Conversation, tell: Tell, low: None) -> None:
    turns = _chain(tell, 6, size=100)
    _counted(turns[-1], 5_000)
    Conversation.objects.filter(pk=talk.pk).update(whole=True)
    assert _opened(turns[-1]) is None


def test_what_was_counted_before_the_notes_were_made_does_not_call_for_more_notes(
    talk: Conversation, tell: Tell, low: None
) -> None:
    turns = _chain(tell, 6, size=100)
    _digest(talk, turns[:5])
    _counted(turns[-1], 5_000, told="1/0/adaptive/low/1h")
    assert _opened(turns[-1]) is None


def test_the_next_notes_begin_with_the_last_ones(talk: Conversation, tell: Tell, low: None) -> None:
    turns = _chain(tell, 10, size=100)
    digest = _digest(talk, turns[:3], "The cat is called Zebedee.")
    _counted(turns[-1], 5_000, told=f"1/{digest.pk}/adaptive/low/1h")
    fold = _opened(turns[-1]).fold
    assert fold.covers == [turn.pk for turn in turns[:-1]]
    assert "The cat is called Zebedee." in fold.told.messages[0]["content"][0]["text"]


def test_a_conversation_of_one_long_turn_stays_as_it_is(tell: Tell, low: None) -> None:
    (only,) = _chain(tell, 1, size=2_000)
    _counted(only, 50_000)
    assert _opened(only) is None


def test_what_does_not_fit_into_one_request_waits_for_the_next(tell: Tell, low: None) -> None:
    turns = _chain(tell, 8, size=3_000)
    _counted(turns[-1], 90_000)
    fold = _opened(turns[-1]).fold
    assert 1 < len(fold.covers) < 7
    assert fold.covers == [turn.pk for turn in turns[: len(fold.covers)]]


def test_where_there_is_no_money_for_it_the_conversation_goes_on_without(tell: Tell, low: None) -> None:
    turns = _chain(tell, 6, size=100)
    _counted(turns[-1], 5_000)
    Budget.objects.update(limit_nanodollars=1)
    with pytest.raises((opening.Tight, ledger.NoRoom)):
        _opened(turns[-1])
