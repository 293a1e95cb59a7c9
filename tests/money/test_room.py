"""What is left of the limits, and how that is noticed and said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chatapp.money import adjustments, changes, ledger, reports, room
from chatapp.money.ledger import Payer, Wanted
from chatapp.money.models import Budget, Grant
from chatapp.money.prices import Tokens

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DOLLAR = 1_000_000_000
WANTED = Wanted("claude-sonnet-5-5", 1_000, 4_096)


@pytest.fixture
def payer(db: None) -> Payer:
    return Payer(User.objects.create(username="ada").pk, uuid4(), "id", "answer")


def spend(payer: Payer) -> int:
    hold = ledger.authorise(payer, WANTED, NOW).hold_id
    return ledger.settle(hold, Tokens(input=1_000, output=500), exact=True, now=NOW).nanodollars


def test_what_was_never_used_has_all_its_room(payer: Payer) -> None:
    seen = room.look(payer, NOW)
    assert (seen.spent_nanodollars, seen.limit_nanodollars) == (0, DOLLAR)
    assert seen.tightest is not None
    assert seen.tightest.room == DOLLAR


def test_what_is_set_aside_narrows_the_room_and_is_not_spent(payer: Payer) -> None:
    ledger.authorise(payer, WANTED, NOW)
    seen = room.look(payer, NOW)
    assert seen.spent_nanodollars == 0
    assert seen.tightest is not None
    assert seen.fullest is not None
    assert seen.tightest.room < DOLLAR == room.unspent(seen.fullest)


def test_what_was_spent_is_what_the_ledger_says(payer: Payer) -> None:
    spent = spend(payer)
    assert room.look(payer, NOW).spent_nanodollars == spent == ledger.spent(payer.conversation_id)


def test_before_the_first_question_a_conversation_limits_nothing(payer: Payer) -> None:
    spend(payer)
    full, _ = room.of_person(payer.user_id, NOW)
    assert full is not None
    assert (full.limit.place.scope, full.limit.nanodollars) == ("user", 5 * DOLLAR)


def test_whoever_changes_what_may_be_spent_changes_the_mark(payer: Payer) -> None:
    author = User.objects.create(username="root")
    marks = [changes.mark(NOW)]

    def is_new() -> bool:
        marks.append(changes.mark(NOW))
        return marks[-1] != marks[-2]

    budget = Budget.objects.get(scope="user", user=None, period="day")
    budget.limit_nanodollars = 6 * DOLLAR
    budget.save()
    assert is_new()
    Budget.objects.create(scope="user", user_id=payer.user_id, period="month", limit_nanodollars=DOLLAR)
    assert is_new()
    tomorrow = NOW + timedelta(days=1)
    grant = Grant.objects.create(scope="user", nanodollars=DOLLAR, expires_at=tomorrow, reason="a talk", author=author)
    assert is_new()
    assert grant.end(author.pk, NOW)
    assert is_new()
    adjustments.adjust(
        -5, reason="a kindness", author_id=author.pk, user_id=payer.user_id, conversation_id=None, now=NOW
    )
    assert is_new()
    author.groups.add(Group.objects.create(name="crew"))
    assert is_new()
    Budget.objects.filter(user_id=payer.user_id).delete()
    assert is_new()
    assert changes.mark(tomorrow) != marks[-1]
    assert not is_new()


def test_an_answer_leaves_the_mark_as_it_was(payer: Payer) -> None:
    before = changes.mark(NOW)
    spend(payer)
    assert changes.mark(NOW) == before


def test_the_mark_does_not_read_through_the_ledger(payer: Payer) -> None:
    with CaptureQueriesContext(connection) as seen:
        changes.mark(NOW)
    sql = seen.captured_queries[-1]["sql"]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + sql)
            plan = [row[3] for row in cursor.fetchall() if "entry" in row[3]]
        assert plan
        assert all(step.startswith("SEARCH") for step in plan)


@pytest.mark.parametrize(
    ("nanodollars", "up", "down"),
    [
        (0, "$0.00", "$0.00"),
        (-5_000_000, "-$0.005", "-$0.005"),
        (1, "$0.0001", "$0.00"),
        (4_211_500, "$0.0043", "$0.0042"),
        (100_000_000, "$0.10", "$0.10"),
        (999_999_999, "$1.00", "$0.9999"),
        (1_234_500_000, "$1.24", "$1.23"),
        (5_000_000_000, "$5.00", "$5.00"),
    ],
)
def test_people_read_rounded_amounts(nanodollars: int, up: str, down: str) -> None:
    assert (reports.about(nanodollars), reports.about(nanodollars, up=False)) == (up, down)


def test_a_report_names_the_limit_its_reset_and_who_can_raise_it(payer: Payer) -> None:
    spent = spend(payer)
    full, _ = room.of_person(payer.user_id, NOW)
    assert full is not None
    report = reports.of(full, payer)
    assert report.name == "Your limit of $5.00 a day"
    assert report.resets_words == "21 November 2026, 00:00 (UTC)"
    assert report.contact == "your administrator"
    assert [line.usd for line in report.entries] == [ledger.usd(spent)]
    assert reports.Report.from_json(report.as_json()) == report


def test_what_was_spent_before_somebody_joined_a_group_used_up_nothing_of_its_limit(payer: Payer) -> None:
    spend(payer)
    crew = Group.objects.create(name="crew")
    crew.user_set.add(payer.user_id)
    Budget.objects.create(scope="group", group=crew, period="day", limit_nanodollars=DOLLAR)
    within = spend(payer)
    full, _ = room.of_person(payer.user_id, NOW)
    assert full is not None
    assert full.limit.place.scope == "group"
    assert [line.usd for line in reports.of(full, payer).entries] == [ledger.usd(within)]


def test_zeros_in_front_say_nothing_however_many() -> None:
    assert reports.dollars("0" * 5_000 + "5") == 5 * DOLLAR


def test_a_shared_limit_tells_a_person_of_nobody_elses_spending(payer: Payer) -> None:
    crew = Group.objects.create(name="crew")
    other = User.objects.create(username="bob")
    crew.user_set.add(payer.user_id, other.pk)
    Budget.objects.create(scope="group", group=crew, period="day", limit_nanodollars=DOLLAR // 10)
    own = spend(payer)
    spend(Payer(other.pk, uuid4(), "id", "answer"))
    ledger.authorise(Payer(other.pk, uuid4(), "id", "answer"), Wanted("claude-sonnet-5-5", 10, 10), NOW)
    full, unshared = room.of_person(payer.user_id, NOW)
    assert full is not None
    assert unshared is not None
    assert unshared.limit.place.scope == "user"
    report = reports.of(full, payer)
    assert (report.scope, report.spent_usd, report.held_usd) == ("group", ledger.usd(own), ledger.usd(0))
    seen = room.look(payer, NOW)
    assert seen.tightest is not None
    assert seen.tightest_own is not None
    assert (seen.tightest.limit.place.scope, seen.tightest_own.limit.place.scope) == ("group", "conversation")


def test_what_is_given_back_a_day_later_is_no_room_today(payer: Payer) -> None:
    paid = spend(payer)
    tomorrow = NOW + timedelta(days=1)
    adjustments.adjust(
        -paid,
        reason="a bad answer",
        author_id=payer.user_id,
        user_id=payer.user_id,
        conversation_id=payer.conversation_id,
        now=tomorrow,
        day=NOW.date(),
    )
    full, _ = room.of_person(payer.user_id, tomorrow)
    assert full is not None
    assert room.unspent(full) == full.limit.nanodollars
    assert ledger.spent(payer.conversation_id) == 0


def test_after_a_limit_is_raised_its_warnings_come_again_and_the_passed_ones_do_not(payer: Payer) -> None:
    def warned() -> list[int]:
        hold = ledger.authorise(payer, WANTED, NOW).hold_id
        settled = ledger.settle(hold, Tokens(input=1_000, output=500), exact=True, now=NOW)
        return [one.percent for one in settled.warned if one.limit.place.scope == "conversation"]

    budget = Budget(scope="conversation", conversation_id=payer.conversation_id, period="total")
    budget.limit_nanodollars, budget.warn_percents = DOLLAR // 20, "10,80"
    budget.save()
    assert [warned(), warned()] == [[10], []]
    # Of the raised one ten percent are passed already, and of a much higher one nothing is.
    budget.limit_nanodollars = DOLLAR // 10
    budget.save()
    assert warned() == []
    budget.limit_nanodollars = DOLLAR
    budget.save()
    assert [percent for _ in range(13) for percent in warned()] == [10]
