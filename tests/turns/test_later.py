"""A question that waits until Claude is back: who asks it again, when, how often, and how it ends if nobody can."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chatapp.claude.failures import FailureKind
from chatapp.money.models import Hold
from chatapp.turns import audit, ceilings, closing, endings, later, rail, recovery, shelf, stopping
from chatapp.turns.closing import Ending, Receipt
from chatapp.turns.fallbacks import Fallbacks
from chatapp.turns.models import Attempt, Conversation, Turn
from chatapp.turns.refusals import ALL_WAIT, CROWDED, PUT_OFF, RUNNING, Refused
from chatapp.turns.states import FINAL, State
from tests.turns import stories

pytestmark = pytest.mark.django_db

BUSY = FailureKind.OVERLOADED
REJECTED = Receipt(Attempt.Outcome.FAILED, None, exact=True, billed=False, failure=BUSY)


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada")


@pytest.fixture(autouse=True)
def chosen() -> Fallbacks:
    return Fallbacks.objects.create(later=Fallbacks.Later.ALWAYS)


def running(owner: User) -> Turn:
    turn = stories.turn(owner, State.ACCEPTED, timezone.now())
    Turn.objects.filter(pk=turn.pk).update(lease_until=timezone.now() + stories.AN_HOUR)
    return turn


def put_off(owner: User, **changes: object) -> Turn:
    turn = running(owner)
    assert later.defer(turn.pk, turn.epoch, BUSY)
    Turn.objects.filter(pk=turn.pk).update(**changes)
    turn.refresh_from_db()
    return turn


def past() -> dict[str, object]:
    return {"lease_until": timezone.now() - timedelta(seconds=1)}


def test_it_waits_for_a_day_and_says_so(ada: User) -> None:
    turn = put_off(ada)
    assert (turn.state, turn.worker, turn.notice, turn.ended_at) == (State.QUEUED, "", later.WAITS, None)
    assert turn.later_until
    assert turn.lease_until
    assert timedelta(hours=23) < turn.later_until - timezone.now() <= timedelta(hours=24)
    assert timedelta(seconds=20) < turn.lease_until - timezone.now() < timedelta(seconds=40)


def test_the_last_try_is_settled_with_it_and_nothing_stays_set_aside(ada: User) -> None:
    turn = running(ada)
    attempt = stories.attempt(turn, Attempt.Task.ANSWER)
    assert later.defer(turn.pk, turn.epoch, BUSY, attempt.pk, REJECTED)
    attempt.refresh_from_db()
    assert (attempt.outcome, attempt.failure) == (Attempt.Outcome.FAILED, BUSY)
    assert not Hold.objects.filter(state=Hold.State.OPEN).exists()
    assert audit.audit().differences == ()


def test_whoever_asked_it_before_has_nothing_more_to_say(ada: User) -> None:
    turn = put_off(ada)
    assert not later.defer(turn.pk, 1, BUSY)
    assert closing.close(turn.pk, 1, Ending(State.FAILED, ""), None, None) is None


@pytest.mark.parametrize("kind", [FailureKind.TOO_LONG, FailureKind.REJECTED, FailureKind.ANSWER_DEADLINE])
def test_where_the_question_is_to_blame_waiting_is_no_help(ada: User, kind: FailureKind) -> None:
    turn = running(ada)
    assert not later.defer(turn.pk, turn.epoch, kind)


def test_nobody_waits_who_was_not_asked_or_wants_it_no_more(ada: User) -> None:
    turn = running(ada)
    Turn.objects.filter(pk=turn.pk).update(stop_asked_at=timezone.now())
    assert not later.defer(turn.pk, turn.epoch, BUSY)
    Fallbacks.objects.update(later=Fallbacks.Later.OFFER)
    turn = running(ada)
    assert not later.defer(turn.pk, turn.epoch, BUSY)


def test_who_was_promised_an_answer_waits_on_whatever_is_chosen_meanwhile(ada: User) -> None:
    turn = put_off(ada, **past())
    Fallbacks.objects.update(later=Fallbacks.Later.NEVER)
    taken = later.take_up(turn.pk, turn.epoch)
    assert taken
    assert later.defer(taken.pk, taken.epoch, BUSY)


def test_the_longer_it_has_waited_the_longer_it_waits_and_never_beyond_its_day(ada: User) -> None:
    def seconds(waited: timedelta) -> float:
        turn = put_off(ada, **past())
        Turn.objects.filter(pk=turn.pk).update(later_until=timezone.now() + timedelta(hours=later.LATER_HOURS) - waited)
        taken = later.take_up(turn.pk, turn.epoch)
        assert taken
        assert later.defer(taken.pk, taken.epoch, BUSY)
        taken.refresh_from_db()
        assert taken.lease_until
        return (taken.lease_until - timezone.now()).total_seconds()

    assert 20 < seconds(timedelta(0)) < 40
    assert 200 < seconds(timedelta(seconds=600)) < 400
    assert 400 < seconds(timedelta(hours=12)) < 800
    assert seconds(timedelta(hours=24) - timedelta(seconds=5)) <= 5


def test_one_of_two_processes_asks_it(ada: User) -> None:
    turn = put_off(ada, **past())
    assert [one[:2] for one in later.due(timezone.now())] == [(turn.pk, turn.epoch)]
    taken = later.take_up(turn.pk, turn.epoch)
    assert taken
    assert (taken.state, taken.notice) == (State.ACCEPTED, "")
    assert later.take_up(turn.pk, turn.epoch) is None
    assert later.due(timezone.now()) == []


def test_before_its_time_nobody_asks_it_and_who_cannot_ask_leaves_it_alone(ada: User) -> None:
    early, due = put_off(ada), put_off(ada, **past())
    assert [pk for pk, _, _ in later.due(timezone.now())] == [due.pk]
    assert recovery.recover() == recovery.Found()
    assert asyncio.run(recovery.ask_put_off()) == 0
    for turn in (early, due):
        found = Turn.objects.get(pk=turn.pk)
        assert (found.state, found.epoch, found.lease_until) == (State.QUEUED, turn.epoch, turn.lease_until)


def test_a_process_that_vanishes_over_it_lets_it_wait_on(ada: User) -> None:
    turn = put_off(ada, **past())
    taken = later.take_up(turn.pk, turn.epoch)
    assert taken
    stories.attempt(taken, Attempt.Task.ANSWER)
    Turn.objects.filter(pk=turn.pk).update(**past())
    assert recovery.recover().ended == 0
    turn.refresh_from_db()
    assert (turn.state, turn.worker, turn.ended_at) == (State.QUEUED, "", None)
    assert Attempt.objects.get(turn=turn).outcome == Attempt.Outcome.LOST
    assert audit.audit().differences == ()


def test_what_costs_something_each_time_is_not_tried_all_day(ada: User) -> None:
    turn = put_off(ada, **past())
    taken = later.take_up(turn.pk, turn.epoch)
    assert taken
    for number in range(later.CHARGED_TRIES):
        Attempt.objects.create(
            turn=taken,
            number=number,
            model="m",
            hold_id=0,
            outcome="failed",
            cost_nanodollars=5,
            started_at=timezone.now(),
        )
    assert not later.defer(taken.pk, taken.epoch, FailureKind.FIRST_WORD_DEADLINE)


def test_after_a_day_it_ends_with_a_kind_sentence(ada: User) -> None:
    turn = put_off(ada, later_until=timezone.now())
    assert recovery.recover().ended == 1
    turn.refresh_from_db()
    assert (turn.state, turn.notice) == (State.FAILED, later.GIVEN_UP)
    assert turn.lease_until is None


def test_to_cancel_ends_it_at_once_without_anybody_who_runs_it(ada: User) -> None:
    turn = put_off(ada)
    stopping.stop(turn.pk)
    turn.refresh_from_db()
    assert (turn.state, turn.notice) == (State.STOPPED, endings.STOPPED)


def test_what_is_cancelled_while_somebody_takes_it_up_is_not_asked(ada: User) -> None:
    turn = put_off(ada, **past())
    Turn.objects.filter(pk=turn.pk).update(stop_asked_at=timezone.now())
    assert later.due(timezone.now()) == []
    assert later.take_up(turn.pk, turn.epoch) is None


def test_it_takes_nobodys_place_elsewhere_and_here_one_is_told_what_to_do(ada: User) -> None:
    turn = put_off(ada, **past())
    now = timezone.now()
    running(ada)
    ceilings.check(ada.pk, None, now, waits=False)
    with pytest.raises(Refused, match=PUT_OFF.sentence):
        ceilings.check(ada.pk, turn.conversation_id, now, waits=False)
    with pytest.raises(Refused, match=PUT_OFF.sentence):
        shelf.select(turn)
    assert later.take_up(turn.pk, turn.epoch)
    ceilings.check(ada.pk, None, now, waits=False)
    with pytest.raises(Refused, match=RUNNING.sentence):
        ceilings.check(ada.pk, turn.conversation_id, now, waits=False)
    running(ada)
    with pytest.raises(Refused, match=CROWDED.sentence):
        ceilings.check(ada.pk, None, now, waits=False)


def test_a_person_has_so_many_that_wait_and_no_more(ada: User) -> None:
    for _ in range(later.PER_PERSON):
        put_off(ada)
    Turn.objects.update(asked_at=timezone.now() - stories.AN_HOUR)
    turn = running(ada)
    assert not later.defer(turn.pk, turn.epoch, BUSY)
    with pytest.raises(Refused, match=ALL_WAIT.sentence):
        ceilings.check(ada.pk, None, timezone.now(), waits=True)
    ceilings.check(ada.pk, None, timezone.now(), waits=False)


def test_the_model_that_was_meant_is_asked_again_and_not_its_stand_in(ada: User) -> None:
    turn = running(ada)
    Turn.objects.filter(pk=turn.pk).update(model="claude-haiku-5-5", asked_model=stories.MODEL)
    assert later.defer(turn.pk, turn.epoch, BUSY)
    turn.refresh_from_db()
    assert (turn.model, turn.asked_model) == (stories.MODEL, "")


@pytest.mark.parametrize("state", sorted(FINAL))
def test_an_end_is_news_until_its_owner_has_looked_but_not_what_he_ended_himself(ada: User, state: State) -> None:
    turn = put_off(ada)
    row = Conversation.objects.get(pk=turn.conversation_id)
    assert (rail.item(row).running, rail.item(row).news) == (False, False)
    assert closing.close(turn.pk, turn.epoch, Ending(state, "Here."), None, None)
    told = state is not State.STOPPED
    assert rail.item(row).news is told
    assert rail.groups(ada)[0].items[0].news is told
    assert rail.item(row, row.pk).news is False
    assert [one.turn_id for one in later.news(timezone.now() - stories.AN_HOUR)] == [turn.pk] * told
    assert later.see(row.pk) is told
    assert later.see(row.pk) is False
    assert rail.item(row).news is False


@pytest.mark.small
def test_who_looks_for_them_every_second_reads_no_other_turn() -> None:
    for some in (later.WAITING, later.UNSEEN):
        assert "turn_later" in Turn.objects.filter(some).explain()
