"""People and groups as an administrator sees them: who may spend what, has spent what, and was there when."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chatapp.claude.models import Model
from chatapp.money import own
from chatapp.money.models import Budget, Counter, Grant, Period
from chatapp.turns.models import Conversation
from chatapp.turns.states import State
from tests.money.spending import cents, spend
from tests.turns import stories

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/auth/user/"
GROUPS = "/admin/auth/group/"
CHANGE = PEOPLE + "{}/change/"


@pytest.fixture(autouse=True)
def one_limit() -> None:
    Budget.objects.all().delete()
    Budget.objects.create(scope="user", period="day", limit_nanodollars=cents(500))


@pytest.fixture
def ada(one_limit: None) -> User:
    return User.objects.create_user("ada")


def _row(office: Client, name: str, path: str = PEOPLE, query: str = "") -> str:
    """One row of a list in words, without its markup."""
    rows = re.findall(r"<tr><?.*?</tr>", office.get(path + query).text, re.DOTALL)
    found = [row for row in rows if f">{name}</a>" in row]
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def _grant(nanodollars: int, **whose: object) -> None:
    week = timezone.now() + timedelta(days=7)
    Grant.objects.create(nanodollars=nanodollars, expires_at=week, reason="asked kindly", **whose)


def test_a_row_says_what_somebody_may_spend_and_has_spent(office: Client, ada: User) -> None:
    spend(ada.pk, 120)
    staff = Group.objects.create(name="library")
    ada.groups.add(staff)
    Budget.objects.create(scope="group", group=staff, period="month", limit_nanodollars=cents(2000))
    _grant(cents(200), scope="user", user=ada)
    row = _row(office, "ada")
    assert "library $7.00 a day ($2.00 of it granted) library: $20.00 a month" in row
    assert "$1.20 spent · $5.80 left" in row
    # Without a limit of the month there is an amount and no bar.
    assert "granted $1.20 " in row
    assert _row(office, "grace").count("$5.00 a day") == 1


def test_the_lower_limit_of_ones_own_is_the_one_that_applies(office: Client, ada: User) -> None:
    own.put(ada.pk, Period.DAY, cents(100), timezone.now())
    _grant(cents(200), scope="user")
    assert "$1.00 a day (set by the person)" in _row(office, "ada")
    assert "$7.00 a day ($2.00 of it granted)" in _row(office, "grace")


def test_a_limit_with_a_name_goes_before_that_for_everybody(office: Client, ada: User) -> None:
    Budget.objects.create(scope="user", user=ada, period="day", limit_nanodollars=0)
    assert "$0.00 a day" in _row(office, "ada")
    assert "nothing left" in _row(office, "ada")


def test_a_row_says_which_models_somebody_may_choose(office: Client, ada: User) -> None:
    Model.objects.update(offered=True, enabled=True)
    assert " all " in _row(office, "ada")
    only = Group.objects.create(name="library")
    Model.objects.get(name="claude-opus-5-5").groups.add(only)
    assert "Opus 5.5" not in _row(office, "ada")
    assert "Sonnet 5.5" in _row(office, "ada")
    ada.groups.add(only)
    assert " all " in _row(office, "ada")
    Model.objects.update(offered=False)
    assert " none " in _row(office, "ada")


def test_a_row_says_when_somebody_was_there(office: Client, ada: User) -> None:
    assert " never" in _row(office, "ada")
    stories.turn(ada, State.ANSWERED, timezone.now().replace(year=2025, month=3, day=4, hour=5, minute=6))
    assert "2025-03-04 05:06" in _row(office, "ada")
    User.objects.filter(pk=ada.pk).update(
        last_login=timezone.now().replace(year=2026, month=1, day=2, hour=3, minute=4)
    )
    assert "2026-01-02 03:04" in _row(office, "ada")
    User.objects.create_user("zoe")
    page = office.get(f"{PEOPLE}?o=-7").text
    assert page.index(">grace<") < page.index(">ada<")


@pytest.mark.parametrize("path", [PEOPLE, GROUPS])
def test_fifty_rows_cost_as_many_statements_as_five(office: Client, path: str) -> None:
    groups = [Group.objects.create(name=f"group{number:02}") for number in range(5)]
    _members(groups, 5)
    office.get(path)
    with CaptureQueriesContext(connection) as few:
        assert office.get(path).status_code == 200
    _members([*groups, *(Group.objects.create(name=f"group{number:02}") for number in range(5, 50))], 60)
    with CaptureQueriesContext(connection) as many:
        page = office.get(path).text
    assert page.count('class="action-select"') == 50
    assert len(many) == len(few) <= 18


def _members(groups: list[Group], people: int) -> None:
    for number in range(User.objects.count(), people + 1):
        person = User.objects.create(username=f"person{number}")
        person.groups.add(*groups)
        spend(person.pk, 10)
        stories.turn(person, State.ANSWERED, timezone.now())


def test_people_are_found_and_sorted_out(office: Client, ada: User) -> None:
    group = Group.objects.create(name="library")
    ada.groups.add(group)
    bob = User.objects.create_user("bob", is_active=False, email="bob@example.org")

    def names(query: str) -> set[str]:
        return {name for name in ("ada", "bob", "grace") if _row(office, name, query=query)}

    assert names(f"?groups__id__exact={group.pk}") == {"ada"}
    assert names("?is_active__exact=0") == {"bob"}
    assert names("?is_staff__exact=1") == {"grace"}
    assert names("?q=example.org") == {bob.username}


def test_a_persons_page_leads_to_what_was_given_and_charged(office: Client, ada: User) -> None:
    spend(ada.pk, 120)
    Budget.objects.create(scope="user", user=ada, period="month", limit_nanodollars=cents(1000))
    page = office.get(CHANGE.format(ada.pk)).text
    assert "$5.00 a day, $10.00 a month" in page
    assert "$1.20 spent · $8.80 left" in page
    ways = re.findall(r'<li><a href="([^"]+)">(Budgets|Grants|Entries)</a>', page)
    assert len(ways) == 3
    for address, _ in ways:
        assert office.get(address.replace("&amp;", "&")).status_code == 200
    assert "ada, a month" in office.get(ways[0][0]).text
    assert "$1.20" in office.get(ways[2][0]).text


def test_a_group_says_who_is_in_it_and_what_it_has_spent(office: Client, ada: User) -> None:
    group = Group.objects.create(name="library")
    ada.groups.add(group)
    Budget.objects.create(scope="group", period="month", limit_nanodollars=cents(1000))
    spend(ada.pk, 120)
    row = _row(office, "library", GROUPS)
    assert "library 1 $10.00 a month $1.20 spent · $8.80 left" in row
    assert f"{PEOPLE}?groups__id__exact={group.pk}" in office.get(GROUPS).text
    page = office.get(f"{GROUPS}{group.pk}/change/").text
    assert "Spent this month" in page
    assert "Entries</a></li>" not in page


def test_who_may_not_see_the_money_does_not_see_it_here(ada: User) -> None:
    spend(ada.pk, 120)
    looker = User.objects.create_user("linda", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_user"))
    client = Client()
    client.force_login(looker)
    for page in (client.get(PEOPLE).text, client.get(CHANGE.format(ada.pk)).text):
        assert "$" not in page
        assert "Sonnet" not in page
        assert "Budgets</a>" not in page
    assert client.get(GROUPS).status_code == 403


def test_a_person_without_any_row_of_money_is_shown_too(office: Client) -> None:
    Budget.objects.all().delete()
    Counter.objects.all().delete()
    Conversation.objects.all().delete()
    User.objects.create(username=f"new-{uuid4().hex}")
    assert office.get(PEOPLE).status_code == 200
    assert "–" in _row(office, "grace")  # noqa: RUF001 # as a table shows it
