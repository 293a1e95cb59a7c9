"""The one order in which rows are locked: nobody waits for somebody who waits for him."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from chatapp.money import ledger
from chatapp.money.prices import Tokens
from chatapp.storage import statements
from chatapp.turns import closing, inbox, opinions, scribe, shelf, titles
from chatapp.turns.acceptance import Accepted
from chatapp.turns.closing import Ending, Receipt
from chatapp.turns.models import Attempt, Checkpoint, Turn
from chatapp.turns.register import filing
from chatapp.turns.register.models import Filed, Progress
from chatapp.turns.states import State
from tests.patience import until
from tests.turns import stories

pytestmark = [pytest.mark.large, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("price_book")]

DONE = Receipt(Attempt.Outcome.DONE, Tokens(input=10, output=10), exact=True)


@pytest.fixture
def somebody() -> User:
    filing._known.clear()
    return User.objects.create(username="ada")


def test_a_title_that_comes_while_the_next_question_is_accepted_waits_its_turn(somebody: User) -> None:
    turn = stories.turn(somebody, State.ANSWERED, timezone.now())
    title = stories.attempt(turn, Attempt.Task.TITLE)
    with transaction.atomic():
        statements.held("SELECT 1 FROM chatapp_conversation WHERE id = %s", turn.conversation_id)
        with meanwhile(lambda: titles._write(turn.conversation_id, "A title", title.pk, DONE)):
            _authorise(turn)
    title.refresh_from_db()
    assert title.outcome == Attempt.Outcome.DONE


def test_an_answer_that_ends_while_leases_are_renewed_keeps_nobody_from_the_money(somebody: User) -> None:
    turn = stories.turn(somebody, State.STREAMING, timezone.now())
    attempt = stories.attempt(turn, Attempt.Task.ANSWER)
    with transaction.atomic():
        statements.held("SELECT 1 FROM chatapp_turn WHERE id = %s", turn.pk)
        with meanwhile(lambda: closing.close(turn.pk, 1, Ending(State.ANSWERED, "So"), attempt.pk, DONE)):
            _authorise(turn)
    assert Turn.objects.get(pk=turn.pk).state == State.ANSWERED


def test_what_is_kept_of_an_answer_while_it_ends_does_not_outlive_it(somebody: User) -> None:
    turn = stories.turn(somebody, State.STREAMING, timezone.now())
    attempt = stories.attempt(turn, Attempt.Task.ANSWER)
    written: list[set[int]] = []
    with transaction.atomic():
        closing.close(turn.pk, 1, Ending(State.ANSWERED, "So"), attempt.pk, DONE)
        # All that runs in a process is kept in one act: it must not wait for one of them.
        other = _aside(lambda: written.append(scribe._write([scribe.Piece(turn.pk, 1, None, 0, "So", "")])))
        other.join(10)
    assert written == [set()]
    assert not Checkpoint.objects.exists()


def test_a_thumb_that_comes_while_its_turn_is_filed_is_filed_too(somebody: User) -> None:
    turn = stories.turn(somebody, State.ANSWERED, timezone.now())
    Progress.objects.get_or_create(pk=1)
    with transaction.atomic():
        assert filing.file_what_ended() == [turn.pk]
        with meanwhile(lambda: opinions.give(turn, "down")):
            pass
    assert Filed.objects.get(pk=turn.pk).profile.thumb == -1


def test_a_conversation_that_is_deleted_while_it_is_filed_is_gone(somebody: User) -> None:
    turn = stories.turn(somebody, State.ANSWERED, timezone.now())
    Progress.objects.get_or_create(pk=1)
    with transaction.atomic():
        assert filing.file_what_ended() == [turn.pk]
        with meanwhile(lambda: shelf.delete(turn.conversation)):
            pass
    assert not Turn.objects.exists()
    assert not statements.rows("SELECT 1 FROM chatapp_words")


def test_a_next_question_that_comes_twice_at_once_is_one_turn(somebody: User) -> None:
    before = stories.turn(somebody, State.ANSWERED, timezone.now())
    form = (somebody, before.conversation_id, "And then?", uuid4())
    told: list[Accepted] = []
    with transaction.atomic():
        told.append(inbox.ask(*form))
        with meanwhile(lambda: told.append(inbox.ask(*form))):
            pass
    assert {one.turn_id for one in told} == {Turn.objects.exclude(pk=before.pk).get().pk}
    assert len(told) == 2


def _authorise(turn: Turn) -> None:
    ledger.authorise(
        ledger.Payer(turn.asker_id, uuid4(), "", Attempt.Task.ANSWER),
        ledger.Wanted(stories.MODEL, 100, 100),
        timezone.now(),
    )


@contextmanager
def meanwhile(act: Callable[[], object]) -> Iterator[None]:
    """Somebody else is at it, and waits for what we hold."""

    other = _aside(act)
    until(lambda: statements.rows("SELECT 1 FROM pg_locks WHERE NOT granted"), 10, "the wait")
    yield
    transaction.on_commit(other.join)


def _aside(act: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    other = threading.Thread(target=run)
    other.start()
    return other
