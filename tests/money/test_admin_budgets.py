"""Budgets in the admin: typed in dollars, drawn as bars, and looked at before they are saved."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from chatapp.money import own
from chatapp.money.models import Budget, Period
from tests.money.spending import cents, hold, only, spend

pytestmark = pytest.mark.django_db

ADD = "/admin/chatapp/budget/add/"
LIST = "/admin/chatapp/budget/"
FORM = {"scope": "user", "user": "ada", "period": "day", "limit_nanodollars": "2", "at_limit": "stop"}


def form(**changes: str) -> dict[str, str]:
    return {**FORM, "warn_percents": "80,95", **changes}


def looked_at(office: Client, path: str, filled: dict[str, str]) -> Any:
    """Saves, looks at the effect, saves once more."""
    first = office.post(path, filled)
    assert first.status_code == 200, first.headers
    assert "Nothing is saved yet" in first.text, first.text
    return office.post(path, {**filled, "seen": first.context["seen"]})


def change(budget: Budget) -> str:
    return f"/admin/chatapp/budget/{budget.pk}/change/"


def test_an_amount_is_typed_in_dollars(office: Client, ada: User) -> None:
    assert looked_at(office, ADD, form(limit_nanodollars="0.25")).status_code == 302
    budget = Budget.objects.get(user=ada)
    assert (budget.limit_nanodollars, budget.warn_percents) == (250_000_000, "80,95")
    assert 'value="0.25"' in office.get(change(budget)).text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("$5", "without a currency sign"),
        ("5 €", "without a currency sign"),
        ("-1", "cannot be negative"),
        ("five", "not an amount"),
        ("5,00", "not an amount"),
        ("1e3", "not an amount"),
        ("٣", "not an amount"),
        ("0.1234567891", "finer than a billionth"),
        ("1000000.01", "more than a million"),
        ("9" * 5000, "more than a million"),
        ("", "required"),
    ],
)
def test_what_is_no_amount_is_explained_and_nothing_is_saved(
    office: Client, ada: User, typed: str, sentence: str
) -> None:
    before = Budget.objects.count()
    response = office.post(ADD, form(limit_nanodollars=typed))
    assert sentence in response.text
    assert "Nothing is saved yet" not in response.text
    assert Budget.objects.count() == before


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"user": "nobody"}, "Nobody here is called “nobody”"),
        ({"user": "a\x00da"}, "Nobody here is called"),
        ({"user": "", "scope": "group", "group": "nobodies"}, "There is no group “nobodies”"),
        ({"user": "", "scope": "conversation", "conversation_id": "12"}, "That is no conversation"),
        ({"scope": "site"}, "Leave this empty, or choose the scope that goes with it"),
        ({"warn_percents": "80,120"}, "between 1 and 99 percent"),
        ({"warn_percents": "soon"}, "whole percents"),
        ({"user": ""}, "There is such a budget already"),
    ],
)
def test_what_does_not_go_together_is_explained(
    office: Client, ada: User, changes: dict[str, str], sentence: str
) -> None:
    before = Budget.objects.count()
    response = office.post(ADD, form(**changes))
    assert sentence in response.text
    assert Budget.objects.count() == before


def test_a_new_limit_is_looked_at_before_it_is_saved(office: Client, ada: User, bob: User) -> None:
    only(scope="site", period="day", limit_nanodollars=cents(5000))
    spend(ada.pk, 300, days_ago=3)
    spend(ada.pk, 250, days_ago=2)
    spend(bob.pk, 100, days_ago=2)
    response = office.post(ADD, form(user=""))
    assert "stopped <strong>1 person</strong>" in response.text
    assert "saved at least <strong>$1.50</strong>" in response.text
    assert not Budget.objects.filter(scope="user").exists()


def test_a_changed_limit_is_looked_at_again_when_it_changes_again(office: Client, ada: User) -> None:
    budget = only(scope="user", period="day", limit_nanodollars=cents(500))
    spend(ada.pk, 300, days_ago=1)
    filled = {"limit_nanodollars": "1", "warn_percents": "80,95", "at_limit": "stop"}
    first = office.post(change(budget), filled)
    assert "$2.00" in first.text
    second = office.post(change(budget), {**filled, "limit_nanodollars": "2", "seen": first.context["seen"]})
    assert "Nothing is saved yet" in second.text
    saved = office.post(change(budget), {**filled, "limit_nanodollars": "2", "seen": second.context["seen"]})
    assert saved.status_code == 302
    budget.refresh_from_db()
    assert budget.limit_nanodollars == cents(200)


def test_changed_warnings_stop_nobody_and_are_saved_at_once(office: Client) -> None:
    budget = only(scope="user", period="day", limit_nanodollars=cents(500))
    moment = budget.changed_at
    filled = {"limit_nanodollars": "5", "warn_percents": "50 , 95%", "at_limit": "stop"}
    assert office.post(change(budget), filled).status_code == 302
    budget.refresh_from_db()
    assert budget.warn_percents == "50,95"
    assert budget.changed_at > moment


def test_a_limit_that_only_tells_says_that_it_stops_nobody(office: Client, ada: User) -> None:
    spend(ada.pk, 90)
    assert "stopped nobody and saved nothing" in office.post(ADD, form(at_limit="tell", limit_nanodollars="0")).text


def test_the_bar_shows_what_is_spent_held_and_left(office: Client, ada: User) -> None:
    only(scope="user", user=ada, period="day", limit_nanodollars=cents(400))
    spend(ada.pk, 100)
    hold(ada.pk, 200)
    page = office.get(LIST).text
    assert "$1.00 spent · $2.0001 held · $0.9999 left" in page
    assert '<rect class="bar-spent" width="25"' in page


def test_a_limit_for_everybody_shows_the_three_closest_to_it(office: Client, ada: User, bob: User) -> None:
    only(scope="user", period="month", limit_nanodollars=cents(400))
    people = [ada, bob, *(User.objects.create_user(name) for name in ("carl", "dora", "emil"))]
    for number, person in enumerate(people, 1):
        spend(person.pk, number * 10)
    Budget.objects.create(scope="user", user=people[-1], period="month", limit_nanodollars=cents(400))
    everybody = Budget.objects.get(scope="user", user=None)
    page = office.get(change(everybody)).text
    assert [name for name in ("ada", "bob", "carl", "dora", "emil") if f">{name}</span>" in page] == [
        "bob",
        "carl",
        "dora",
    ]


def test_every_scope_and_period_has_its_bar(office: Client, ada: User) -> None:
    Budget.objects.all().delete()
    ada.groups.add(Group.objects.create(name="Poets"))
    conversation = spend(ada.pk, 10)
    for period in Period.values:
        for scope in ("conversation", "user", "group", "site"):
            Budget.objects.create(scope=scope, period=period, limit_nanodollars=cents(20))
        Budget.objects.create(
            scope="conversation", conversation_id=conversation, period=period, limit_nanodollars=cents(20)
        )
    page = office.get(LIST).text
    # Of everybody's for conversations nothing is left but this one, which has its own.
    assert page.count("$0.10 spent") == 4 * 3


def test_a_conversation_that_never_cost_anything_is_asked_about(office: Client) -> None:
    filled = form(scope="conversation", user="", conversation_id=str(uuid4()), period="total")
    assert looked_at(office, ADD, filled).status_code == 302
    assert "Is it the right one?" in office.get(LIST).text


def test_what_people_set_themselves_is_shown_and_not_changed(office: Client, ada: User) -> None:
    own.put(ada.pk, Period.DAY, cents(100), timezone.now())
    budget = Budget.objects.get(own=True)
    assert '<td class="field-set_by">ada</td>' in office.get(f"{LIST}?own=1").text
    assert "every person" not in office.get(f"{LIST}?own=1").text
    page = office.get(change(budget))
    assert "_save" not in page.text
    assert office.post(change(budget), form(limit_nanodollars="3")).status_code == 403


def test_a_budget_is_removed(office: Client) -> None:
    budget = only(scope="user", period="day", limit_nanodollars=cents(500))
    assert office.post(f"/admin/chatapp/budget/{budget.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Budget.objects.exists()
