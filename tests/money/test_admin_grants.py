"""Grants and the money's settings in the admin, and whom none of its doors lets in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chatapp.money.models import Budget, Grant, MoneySettings
from tests.money.spending import cents, hold, only, spend

pytestmark = pytest.mark.django_db

ADD = "/admin/chatapp/grant/add/"
SETTINGS = "/admin/chatapp/moneysettings/1/change/"


def give(office: Client, **changes: str) -> Any:
    ends = timezone.now() + timedelta(days=3)
    form = {
        "scope": "user",
        "user": "ada",
        "nanodollars": "2",
        "expires_at_0": ends.date().isoformat(),
        "expires_at_1": "12:00:00",
        "reason": "The exhibition",
        **changes,
    }
    return office.post(ADD, form, follow=True)


def test_a_grant_raises_a_limit_and_names_its_author(office: Client, ada: User, grace: User) -> None:
    only(scope="user", period="day", limit_nanodollars=cents(100))
    give(office)
    assert Grant.objects.get().author == grace
    hold(ada.pk, 250)
    assert "$2.00 of it granted" in office.get("/admin/chatapp/budget/").text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"nanodollars": "€2"}, "without a currency sign"),
        ({"nanodollars": "0"}, "helps nobody"),
        ({"nanodollars": "-2"}, "cannot be negative"),
        ({"nanodollars": "2000000"}, "more than a million"),
        ({"reason": ""}, "required"),
        ({"user": "nobody"}, "Nobody here is called"),
        ({"scope": "site"}, "choose the scope that goes with it"),
        ({"expires_at_0": "2020-01-01"}, "This is over already"),
        ({"expires_at_0": "soon"}, "valid date"),
    ],
)
def test_a_grant_that_cannot_be_meant_is_explained(
    office: Client, ada: User, changes: dict[str, str], sentence: str
) -> None:
    assert sentence in give(office, **changes).text
    assert not Grant.objects.exists()


def test_a_grant_is_not_rewritten_or_deleted(office: Client, ada: User) -> None:
    give(office)
    path = f"/admin/chatapp/grant/{Grant.objects.get().pk}"
    assert office.post(f"{path}/change/", {"nanodollars": "5"}).status_code == 403
    assert office.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    assert Grant.objects.get().nanodollars == cents(200)


def test_a_grant_is_ended_early_once_and_says_by_whom(office: Client, ada: User, grace: User) -> None:
    only(scope="user", user=ada, period="day", limit_nanodollars=cents(100))
    give(office)
    grant = Grant.objects.get()
    end = f"/admin/chatapp/grant/{grant.pk}/end/"
    assert "End it now" in office.get(f"/admin/chatapp/grant/{grant.pk}/change/").text
    assert "raises no limit any more" in office.get(end).text
    assert "has ended" in office.post(end, follow=True).text
    assert "over already" in office.post(end, follow=True).text
    grant.refresh_from_db()
    assert (grant.ended_by, grant.nanodollars) == (grace, cents(200))
    assert "ended by grace" in office.get("/admin/chatapp/grant/").text
    hold(ada.pk, 50)
    assert "of it granted" not in office.get("/admin/chatapp/budget/").text
    assert office.get("/admin/chatapp/grant/999/end/").status_code == 404


def test_the_settings_are_one_row(office: Client) -> None:
    MoneySettings.objects.all().delete()
    assert office.get("/admin/chatapp/moneysettings/").headers["Location"] == SETTINGS
    assert office.post(SETTINGS, {"time_zone": "Asia/Tokyo", "contact": "Grace"}).status_code == 302
    assert MoneySettings.objects.get().time_zone == "Asia/Tokyo"
    assert office.get("/admin/chatapp/moneysettings/add/").status_code == 403
    assert office.post("/admin/chatapp/moneysettings/1/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd"])
def test_a_time_zone_that_is_none_is_not_saved(office: Client, zone: str) -> None:
    assert office.post(SETTINGS, {"time_zone": zone, "contact": "Grace"}).status_code == 200
    assert MoneySettings.objects.get().time_zone == "UTC"


def doors() -> list[str]:
    models = ("price", "budget", "grant", "entry", "hold", "moneysettings")
    own = ("entry/correct/", "grant/1/end/", "budget/add/", "price/add/", "grant/add/", "moneysettings/1/change/")
    return [f"/admin/chatapp/{path}" for path in (*(f"{model}/" for model in models), *own)]


@pytest.mark.parametrize("path", doors())
def test_no_door_of_the_money_lets_a_stranger_in(client: Client, ada: User, path: str) -> None:
    spend(ada.pk, 10)
    before = Budget.objects.count()
    for method in (client.get, client.post):
        assert method(path).headers["Location"].startswith("/admin/login/")
    client.force_login(ada)
    for method in (client.get, client.post):
        assert method(path).headers["Location"].startswith("/admin/login/")
    clerk = User.objects.create_user("clerk", is_staff=True)
    client.force_login(clerk)
    for method in (client.get, client.post):
        assert method(path).status_code == 403
    assert Budget.objects.count() == before
