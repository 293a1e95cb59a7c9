"""When old turns become notes by themselves, and how many of them."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp.context.models import ContextSettings
from chatapp.money import ledger
from chatapp.money.models import Budget
from chatapp.turns import digests, opening
from chatapp.turns.models import Attempt, Conversation, Turn
from tests.turns import stories
from tests.turns.telling import Tell, ada, chain, digest, talk, tell

__all__ = ["ada", "talk", "tell"]

pytestmark = pytest.mark.django_db


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
    turns = chain(tell, 6, size=100)
    _counted(turns[-1], 2_000)
    assert _opened(turns[-1]) is None


def test_above_it_all_but_the_last_turns_become_notes(tell: Tell, low: None) -> None:
    turns = chain(tell, 6, size=100)
    _counted(turns[-1], 2_001)
    fold = _opened(turns[-1]).fold
    assert fold.covers == [turn.pk for turn in turns[:-1]]
    assert fold.through_id == turns[-2].pk
    (message,) = fold.told.messages
    assert all(f"turn {number}" in message["content"][0]["text"] for number in range(5))
    assert Attempt.objects.filter(turn=turns[-1], task="digest", outcome="running").count() == 1


def test_one_at_a_time(tell: Tell, low: None) -> None:
    turns = chain(tell, 6, size=100)
    _counted(turns[-1], 5_000)
    assert _opened(turns[-1]) is not None
    assert _opened(turns[-1]) is None


def test_who_wants_every_word_told_is_left_alone(talk: Conversation, tell: Tell, low: None) -> None:
    turns = chain(tell, 6, size=100)
    _counted(turns[-1], 5_000)
    Conversation.objects.filter(pk=talk.pk).update(whole=True)
    assert _opened(turns[-1]) is None


def test_what_was_counted_before_the_notes_were_made_does_not_call_for_more_notes(
    talk: Conversation, tell: Tell, low: None
) -> None:
    turns = chain(tell, 6, size=100)
    digest(talk, turns[:5])
    _counted(turns[-1], 5_000, told="1/0/adaptive/low/1h")
    assert _opened(turns[-1]) is None


def test_the_next_notes_begin_with_the_last_ones(talk: Conversation, tell: Tell, low: None) -> None:
    turns = chain(tell, 10, size=100)
    made = digest(talk, turns[:3], "The cat is called Zebedee.")
    _counted(turns[-1], 5_000, told=f"1/{made.pk}/adaptive/low/1h")
    fold = _opened(turns[-1]).fold
    assert fold.covers == [turn.pk for turn in turns[:-1]]
    assert "The cat is called Zebedee." in fold.told.messages[0]["content"][0]["text"]


def test_a_conversation_of_one_long_turn_stays_as_it_is(tell: Tell, low: None) -> None:
    (only,) = chain(tell, 1, size=2_000)
    _counted(only, 50_000)
    assert _opened(only) is None


def test_what_does_not_fit_into_one_request_waits_for_the_next(tell: Tell, low: None) -> None:
    turns = chain(tell, 8, size=3_000)
    _counted(turns[-1], 90_000)
    fold = _opened(turns[-1]).fold
    assert 1 < len(fold.covers) < 7
    assert fold.covers == [turn.pk for turn in turns[: len(fold.covers)]]


def test_where_there_is_no_money_for_it_the_conversation_goes_on_without(tell: Tell, low: None) -> None:
    turns = chain(tell, 6, size=100)
    _counted(turns[-1], 5_000)
    Budget.objects.update(limit_nanodollars=1)
    with pytest.raises((opening.Tight, ledger.NoRoom)):
        _opened(turns[-1])
