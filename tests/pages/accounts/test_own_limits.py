"""A person's own limits: lower than what others allow, and only his to set."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chatapp.money import limits
from chatapp.money.ledger import Payer
from chatapp.money.models import Budget, Grant

pytestmark = pytest.mark.django_db

PATH = "/accounts/limits/"


@pytest.fixture
def desk(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def lowest(person: User) -> int:
    """The least that any of his limits of a day allows, in nano-dollars."""
    now = timezone.now()
    payer = Payer(person.pk, uuid4(), "", "")
    places = limits.places(person.pk, None, (), limits.today(now))
    under = limits.of(payer, places, now)
    return min(limit.nanodollars for here in under.values() for limit in here if limit.place.period == "day")


def test_somebody_stops_himself_earlier(desk: Client, ada: User) -> None:
    assert "your limit of $5.00 a day" in desk.get(PATH).text
    page = desk.post(PATH, {"day": "0.50", "month": ""}, follow=True)
    assert "you stop yourself at $0.50 a day" in page.text
    assert lowest(ada) == 500_000_000
    assert 'value="0.5"' in desk.get(PATH).text


def test_an_empty_box_removes_it(desk: Client, ada: User) -> None:
    desk.post(PATH, {"day": "0.50", "month": "3"})
    desk.post(PATH, {"day": "", "month": "4"})
    assert [(budget.period, budget.limit_nanodollars) for budget in Budget.objects.filter(own=True)] == [
        ("month", 4_000_000_000)
    ]
    assert "no limit any more" in desk.post(PATH, {"day": "", "month": " "}, follow=True).text
    assert lowest(ada) == 5_000_000_000


def test_a_higher_one_is_refused_with_the_name_of_the_limit_that_applies(desk: Client) -> None:
    response = desk.post(PATH, {"day": "5.01", "month": ""})
    assert response.status_code == 422
    assert "your limit of $5.00 a day, which applies to you already" in response.text
    assert 'value="5.01"' in response.text
    assert not Budget.objects.filter(own=True).exists()
    assert desk.post(PATH, {"day": "5", "month": ""}).status_code == 302


def test_what_the_whole_site_may_spend_applies_to_everybody(desk: Client) -> None:
    Budget.objects.filter(scope="user").delete()
    assert "the limit of this whole site of $50.00 a day" in desk.post(PATH, {"day": "60", "month": ""}).text


def test_a_grant_does_not_raise_what_somebody_allows_himself(desk: Client, ada: User) -> None:
    desk.post(PATH, {"day": "0.50", "month": ""})
    later = timezone.now() + timedelta(days=1)
    Grant.objects.create(scope="user", user=ada, nanodollars=1_000_000_000, expires_at=later, reason="x")
    assert lowest(ada) == 500_000_000


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("$1", "without a currency sign"),
        ("-1", "cannot be negative"),
        ("one", "not an amount"),
        ("0.0000000001", "finer than a billionth"),
        ("9" * 41, "at most 40"),
    ],
)
def test_what_is_no_amount_is_explained_and_nothing_is_kept(desk: Client, typed: str, sentence: str) -> None:
    response = desk.post(PATH, {"day": "1", "month": typed})
    assert response.status_code == 422
    assert sentence in response.text
    assert not Budget.objects.filter(own=True).exists()


def test_nobody_sets_one_for_somebody_else(desk: Client, ada: User) -> None:
    eve = User.objects.create_user("eve")
    desk.post(PATH, {"day": "1", "month": "", "user": str(eve.pk), "user_id": str(eve.pk)})
    assert Budget.objects.get(own=True).user == ada


@pytest.mark.parametrize("path", [PATH, f"{PATH}kept/"])
def test_a_stranger_is_led_to_the_door(client: Client, ada: User, path: str) -> None:
    assert client.get(path).headers["Location"].startswith("/accounts/login/")
    assert client.post(PATH, {"day": "1"}).headers["Location"].startswith("/accounts/login/")
    assert not Budget.objects.filter(own=True).exists()


def test_a_form_from_elsewhere_is_not_taken(ada: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    assert client.post(PATH, {"day": "1"}).status_code == 403
