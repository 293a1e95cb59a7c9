"""What is an alarm, and what is none: each rule against rows as the product leaves them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from chatapp.claude.failures import FailureKind
from chatapp.claude.models import Model
from chatapp.claude.readings import Trouble
from chatapp.claude.ways import Outage
from chatapp.money.models import Counter, Scope
from chatapp.nightly import agenda
from chatapp.telemetry.alarm_settings import AlarmSettings
from chatapp.turns import alarms
from chatapp.turns.models import Attempt, Conversation, Turn
from chatapp.turns.states import State
from tests.money.spending import cents, only, spend

pytestmark = pytest.mark.django_db


class Day:
    """Questions of the last minutes, written as the product leaves them."""

    def __init__(self) -> None:
        self.ada = User.objects.create_user("ada")
        self.now = timezone.now()

    def asked(self, state: State, times: int = 1, minutes_ago: float = 5, waited: float | None = None) -> None:
        at = self.now - timedelta(minutes=minutes_ago)
        for _ in range(times):
            conversation = Conversation.objects.create(owner=self.ada, created_at=at, active_at=at)
            turn = Turn.objects.create(
                conversation=conversation,
                asker=self.ada,
                ask_id=uuid4(),
                question="Why?",
                state=state,
                model="claude-sonnet-5-5",
                asked_at=at,
            )
            if waited is not None:
                self.answered(turn, at, waited)

    def answered(self, turn: Turn, at: datetime, waited: float) -> None:
        Attempt.objects.create(
            turn=turn, number=1, model=turn.model, hold_id=0, outcome="done", started_at=at, ttft_ms=int(waited * 1000)
        )


@pytest.fixture
def day(db: None) -> Day:
    return Day()


def sentences(rule: Any, day: Day | None = None, **wanted: Any) -> list[str]:
    now = day.now if day else timezone.now()
    return [cause.sentence for cause in rule(AlarmSettings(**wanted), now)]


def test_from_its_share_on_errors_are_an_alarm(day: Day) -> None:
    day.asked(State.ANSWERED, 8)
    day.asked(State.FAILED)
    assert sentences(alarms.error_rate, day, least_turns=9) == []
    day.asked(State.INTERRUPTED)
    assert sentences(alarms.error_rate, day) == [
        "2 of the 10 questions of the last 15 minutes were not answered (20 %). The alarm is set at 20 %."
    ]
    assert sentences(alarms.error_rate, day, error_percent=21) == []
    assert sentences(alarms.error_rate, day, least_turns=11) == []


def test_what_is_old_runs_or_was_the_persons_own_wish_is_no_error_and_no_success(day: Day) -> None:
    day.asked(State.FAILED, 10, minutes_ago=16)
    day.asked(State.STREAMING, 10)
    day.asked(State.STOPPED, 10)
    day.asked(State.OVER_BUDGET, 10)
    day.asked(State.FAILED, 2)
    assert sentences(alarms.error_rate, day, least_turns=3) == []
    assert sentences(alarms.error_rate, day, least_turns=2) == [
        "2 of the 2 questions of the last 15 minutes were not answered (100 %). The alarm is set at 20 %."
    ]


def test_slow_first_words_are_an_alarm_when_one_in_twenty_meets_them(day: Day) -> None:
    day.asked(State.ANSWERED, 19, waited=1)
    day.asked(State.ANSWERED, waited=60)
    assert sentences(alarms.first_word, day) == []
    day.asked(State.ANSWERED, waited=11)
    assert sentences(alarms.first_word, day) == [
        "One in twenty of the 21 answers of the last 15 minutes began after 11.0 s or later. The alarm is set at 10 s."
    ]
    assert sentences(alarms.first_word, day, first_word_ms=11_000) == []
    assert sentences(alarms.first_word, day, least_turns=22) == []


def test_what_was_put_off_until_claude_was_back_is_no_slow_answer(day: Day) -> None:
    day.asked(State.ANSWERED, 10, minutes_ago=600)
    for turn in Turn.objects.all():
        day.answered(turn, day.now - timedelta(minutes=1), waited=1)
    assert sentences(alarms.first_word, day, least_turns=1) == []


@pytest.mark.usefixtures("price_book")
def test_what_the_site_spends_is_told_at_each_threshold() -> None:
    ada = User.objects.create_user("ada")
    only(scope=Scope.SITE, period="total", limit_nanodollars=cents(100))
    spend(ada.pk, 79)
    assert sentences(alarms.spend) == []
    spend(ada.pk, 1)
    assert sentences(alarms.spend) == ["The whole site has spent $0.80 of $1.00 in all: 80 % or more."]
    assert sentences(alarms.spend, spend_percents="50,75,81") == [
        "The whole site has spent $0.80 of $1.00 in all: 50 % or more.",
        "The whole site has spent $0.80 of $1.00 in all: 75 % or more.",
    ]
    assert sentences(alarms.spend, spend_percents="") == []


@pytest.mark.usefixtures("price_book")
def test_each_group_is_told_of_and_no_person_is() -> None:
    ada, ben = User.objects.create_user("ada"), User.objects.create_user("ben")
    for number in range(5):
        group = Group.objects.create(name=f"{{team}} {number}")
        ada.groups.add(group)
    ben.groups.add(Group.objects.create(name="others"))
    only(scope=Scope.GROUP, period="total", limit_nanodollars=cents(100))
    spend(ada.pk, 90)
    spend(ben.pk, 10)
    assert sorted(sentences(alarms.spend)) == [
        f"The group {{team}} {number} has spent $0.90 of $1.00 in all: 80 % or more." for number in range(5)
    ]
    causes = alarms.spend(AlarmSettings(), timezone.now())
    assert len({cause.name for cause in causes}) == 5
    only(scope=Scope.USER, period="total", limit_nanodollars=cents(100))
    assert sentences(alarms.spend) == []


def test_a_budget_of_nothing_is_no_alarm() -> None:
    only(scope=Scope.SITE, period="day", limit_nanodollars=0)
    assert sentences(alarms.spend) == []


def test_a_ledger_that_does_not_add_up_is_an_alarm_until_it_does() -> None:
    assert sentences(alarms.ledger_drift) == []
    agenda.verify_ledger()
    assert sentences(alarms.ledger_drift) == []
    Counter.objects.create(key="4s::total", scope=Scope.SITE, period="total", spent_nanodollars=7)
    agenda.verify_ledger()
    (sentence,) = sentences(alarms.ledger_drift)
    assert sentence.startswith("The ledger does not add up: 1 of its rows differ.")
    Counter.objects.all().delete()
    agenda.verify_ledger()
    assert sentences(alarms.ledger_drift) == []


@pytest.mark.parametrize(("days", "wanted", "told"), [(31, 30, 0), (30, 30, 1), (61, 90, 1), (-1, 1, 1)])
def test_a_model_in_use_that_is_about_to_retire_is_an_alarm(days: int, wanted: int, told: int) -> None:
    day = timezone.now().date() + timedelta(days=days)
    Model.objects.filter(name__in=("claude-sonnet-5-5", "claude-opus-4-8")).update(retires_on=day)
    causes = alarms.retirement(AlarmSettings(retire_days=wanted), timezone.now())
    assert [cause.name for cause in causes] == ["retirement claude-sonnet-5-5"] * told


def trouble(seconds: int, operator: bool, model: str = "claude-sonnet-5-5", provider: str = "") -> Trouble:
    kind = FailureKind.KEY_REFUSED if operator else FailureKind.OVERLOADED
    since = timezone.now() - timedelta(seconds=seconds)
    return Trouble(provider, model, Outage(kind, since, operator, 2.0), "It is not asked just now.")


def test_what_passes_by_itself_is_an_alarm_when_it_lasts_and_what_does_not_is_one_at_once() -> None:
    troubles = [
        trouble(5, operator=False),
        trouble(60, operator=False, provider="eu"),
        trouble(0, operator=True, model=""),
    ]
    found = alarms.breaker(troubles, AlarmSettings(), timezone.now())
    assert [cause.name for cause in found] == ["breaker eu claude-sonnet-5-5", "breaker Claude all"]
    assert len(alarms.breaker(troubles, AlarmSettings(away_seconds=0), timezone.now())) == 3
