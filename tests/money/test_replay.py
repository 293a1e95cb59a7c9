"""What a limit would have done in the last thirty days."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone

from chatapp.money import limits, replay
from chatapp.money.models import Budget, Entry
from chatapp.storage import statements
from tests.money.spending import cents, only, spend

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_limits(db: None) -> None:
    only(scope="site", period="total", limit_nanodollars=cents(100_000))


def effect(**budget: object) -> replay.Effect:
    return replay.of(Budget(**{"period": "day", "limit_nanodollars": cents(100), **budget}), timezone.now())


def found(effect: replay.Effect) -> list[tuple[str, int, int]]:
    return [(one.whom, one.days, one.saved_nanodollars) for one in effect.worst]


def test_each_day_counts_for_itself(ada: User, bob: User) -> None:
    for days_ago, amount in ((1, 80), (2, 80), (3, 130), (4, 250)):
        spend(ada.pk, amount, days_ago=days_ago)
    spend(bob.pk, 100, days_ago=1)
    seen = effect(scope="user")
    assert found(seen) == [("ada", 2, cents(180))]
    assert seen.worst[0].first == limits.today(timezone.now()) - timedelta(days=4)
    assert (seen.count, seen.saved_nanodollars) == (1, cents(180))


def test_several_answers_of_one_day_are_one_day(ada: User) -> None:
    for _ in range(5):
        spend(ada.pk, 30, days_ago=1)
    assert found(effect(scope="user")) == [("ada", 1, cents(50))]


def test_in_all_counts_what_was_spent_before_and_saves_only_what_came_since(ada: User) -> None:
    conversation = spend(ada.pk, 90, days_ago=40)
    spend(ada.pk, 30, conversation=conversation, days_ago=20)
    spend(ada.pk, 30, conversation=conversation, days_ago=10)
    assert found(effect(scope="conversation", period="total")) == [(str(conversation), 2, cents(50))]
    assert found(effect(scope="user", period="total", limit_nanodollars=cents(20))) == [("ada", 2, cents(60))]


def test_a_month_begins_on_its_first(ada: User) -> None:
    today = limits.today(timezone.now())
    begun = (today - timedelta(days=29)).replace(day=1)
    spend(ada.pk, 90, days_ago=(today - begun).days)
    spend(ada.pk, 30, days_ago=28)
    same = (today - timedelta(days=28)).replace(day=1) == begun
    assert found(effect(scope="user", period="month")) == ([("ada", 1, cents(20))] if same else [])


def test_one_persons_limit_looks_at_that_person_alone(ada: User, bob: User) -> None:
    spend(ada.pk, 150, days_ago=1)
    spend(bob.pk, 170, days_ago=1)
    assert found(effect(scope="user", user=ada)) == [("ada", 1, cents(50))]


def test_everybodys_limit_leaves_out_whoever_has_one_of_the_own_name(ada: User, bob: User) -> None:
    spend(ada.pk, 150, days_ago=1)
    spend(bob.pk, 170, days_ago=1)
    Budget.objects.create(scope="user", user=bob, period="day", limit_nanodollars=cents(1000))
    assert found(effect(scope="user")) == [("ada", 1, cents(50))]


def test_a_group_pays_together(ada: User, bob: User) -> None:
    poets = Group.objects.create(name="Poets")
    other = Group.objects.create(name="Painters")
    ada.groups.add(poets, other)
    bob.groups.add(poets)
    spend(ada.pk, 80, days_ago=1)
    spend(bob.pk, 80, days_ago=1)
    assert found(effect(scope="group")) == [("Poets", 1, cents(60))]
    assert found(effect(scope="group", group=poets)) == [("Poets", 1, cents(60))]
    assert found(effect(scope="group", group=other)) == []


def test_the_site_pays_for_all(ada: User, bob: User) -> None:
    spend(ada.pk, 80, days_ago=1)
    spend(bob.pk, 80, days_ago=1)
    assert found(effect(scope="site")) == [("the whole site", 1, cents(60))]


def test_what_only_tells_stops_nobody(ada: User) -> None:
    spend(ada.pk, 300)
    assert effect(scope="user", at_limit="tell").count == 0


@pytest.mark.slow
def test_a_hundred_thousand_entries_are_replayed_for_little_more_than_reading_them() -> None:
    _work_of_sixty_days()
    reading = min(_work(lambda: statements.rows(_READ_ONCE)) for _ in range(3))
    for scope in ("conversation", "user", "group", "site"):
        for period in ("day", "month", "total"):
            seen = []
            replaying = _work(lambda: seen.append(effect(scope=scope, period=period, limit_nanodollars=cents(2))))  # noqa: B023
            assert replaying < reading * 3, (scope, period)
            assert seen[0].count or (scope, period) == ("conversation", "day")


def _work(act: Callable[[], object]) -> float:
    """The machine may be busy with other things."""
    before = time.process_time()
    act()
    return time.process_time() - before


_READ_ONCE = "SELECT conversation_id, day, sum(nanodollars) FROM chatapp_entry GROUP BY 1, 2"


def _work_of_sixty_days() -> None:
    groups = [Group.objects.create(name=name) for name in ("Poets", "Painters", "Plumbers")]
    today = limits.today(timezone.now())
    first = Entry.objects.create(
        kind="adjustment",
        reason="a day's work",
        nanodollars=cents(1),
        at=timezone.now(),
        day=today,
        user_id=0,
        conversation_id=uuid4(),
        groups=f",{groups[0].pk},",
    )
    others = ("user_id", "conversation_id", "groups", "day")
    same = ", ".join({field.attname for field in Entry._meta.concrete_fields} - {"id", *others})
    days = [today - timedelta(days=number) for number in range(60)]
    conversations = [uuid4() for _ in range(20_000)]
    whose = [one.hex if connection.vendor == "sqlite" else one for one in conversations]
    statements.run_many(
        f"INSERT INTO chatapp_entry ({', '.join(others)}, {same}) SELECT %s, %s, %s, %s, {same} FROM chatapp_entry "
        f"WHERE id = {first.pk}",
        [
            (number % 500, whose[number % 20_000], f",{groups[number % 3].pk},", str(days[number % 60]))
            for number in range(1, 100_000)
        ],
    )
