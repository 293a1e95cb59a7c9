"""What people get when Claude cannot answer is an administrator's choice, from the environment at first."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatapp.turns.fallbacks import Fallbacks

pytestmark = pytest.mark.django_db

LIST = "/admin/chatapp/fallbacks/"
FORM = {"retries": "1", "stand_in": "claude-opus-5-5", "other_providers": "on", "kept_hours": "12", "later": "always"}


def _the_form(office: Client) -> str:
    return str(office.get(LIST).headers["Location"])


def test_at_first_the_environment_says(office: Client) -> None:
    first = Fallbacks.current()
    assert (first.retries, first.stand_in, first.kept_hours, first.later) == (2, "claude-haiku-5-5", 0, "offer")
    assert first.other_providers
    assert office.get(_the_form(office)).status_code == 200


def test_then_the_administrator_does(office: Client) -> None:
    assert office.post(_the_form(office), FORM).status_code == 302
    now = Fallbacks.current()
    assert (now.retries, now.stand_in, now.kept_hours, now.later) == (1, "claude-opus-5-5", 12, "always")
    assert Fallbacks.objects.count() == 1


def test_nobody_may_stand_in(office: Client) -> None:
    assert office.post(_the_form(office), {**FORM, "stand_in": ""}).status_code == 302
    assert Fallbacks.current().stand_in == ""


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("retries", "3", "less than or equal to 2"),
        ("kept_hours", "800", "less than or equal to 720"),
        ("stand_in", "claude-imaginary-9", "price book knows no model"),
        ("later", "perhaps", "not one of the available choices"),
    ],
)
def test_what_cannot_be_is_said_and_not_saved(office: Client, field: str, value: str, words: str) -> None:
    answer = office.post(_the_form(office), {**FORM, field: value})
    assert answer.status_code == 200
    assert words in answer.text
    assert Fallbacks.current().retries == 2


def test_a_stranger_does_not_choose() -> None:
    client = Client()
    assert client.get(LIST).status_code == 302
    client.force_login(User.objects.create_user("ada", is_staff=True))
    assert client.get(LIST).status_code == 403
