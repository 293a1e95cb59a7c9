"""The first visit: who can read the console makes the first administrator, once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from chatapp.pages.accounts import setup
from chatapp.pages.models import SiteSettings

pytestmark = pytest.mark.django_db
FIRST = {"username": "grace", "password1": "three quiet hedgehogs", "password2": "three quiet hedgehogs"}


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/admin/", "/admin/login/", "/accounts/password_change/"])
def test_while_nobody_has_an_account_every_page_leads_to_the_set_up(client: Client, path: str) -> None:
    response = client.get(path, follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/setup/")
    assert b"Set-up code" in response.content


def test_the_code_on_the_console_makes_the_first_administrator_and_signs_in(client: Client) -> None:
    response = client.post("/accounts/setup/", {**FIRST, "code": setup.current_code()})
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    grace = User.objects.get()
    assert (grace.username, grace.is_staff, grace.is_superuser) == ("grace", True, True)
    assert client.session["_auth_user_id"] == str(grace.pk)


def test_the_code_may_be_typed_without_dashes_and_in_small_letters(client: Client) -> None:
    typed = f" {setup.current_code().replace('-', ' ').lower()} "
    assert client.post("/accounts/setup/", {**FIRST, "code": typed}).status_code == 302


@pytest.mark.parametrize("code", ["", "AAAA-AAAA-AAAA-AAAA", "wrong", "Ä", "\x00"])
def test_a_stranger_without_the_code_makes_nothing(client: Client, code: str) -> None:
    response = client.post("/accounts/setup/", {**FIRST, "code": code})
    assert response.status_code == 422
    assert not User.objects.exists()


def test_guessing_the_code_is_stopped_with_a_kind_sentence(client: Client) -> None:
    for _ in range(setup.PER_ADDRESS.tries):
        client.post("/accounts/setup/", {**FIRST, "code": "wrong"})
    response = client.post("/accounts/setup/", {**FIRST, "code": setup.current_code()})
    assert response.status_code == 429
    assert "Please wait 10 minutes" in response.text
    assert not User.objects.exists()


def test_a_weak_password_is_explained_and_makes_nothing(client: Client) -> None:
    weak = {"username": "grace", "password1": "12345", "password2": "12345", "code": setup.current_code()}
    response = client.post("/accounts/setup/", weak)
    assert response.status_code == 422
    assert "too short" in response.text
    assert not User.objects.exists()


def test_the_set_up_is_gone_once_there_is_an_account(client: Client, ada: User) -> None:
    assert client.get("/accounts/setup/").headers["Location"] == "/accounts/login/"
    client.post("/accounts/setup/", {**FIRST, "code": setup.current_code()})
    assert list(User.objects.all()) == [ada]


def test_an_administrator_from_the_command_line_closes_the_set_up_too(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "three quiet hedgehogs")
    call_command("createsuperuser", interactive=False, username="grace", email="grace@example.org")
    assert client.get("/accounts/setup/").headers["Location"] == "/accounts/login/"


def test_the_environment_is_the_first_value_of_the_site_settings(client: Client) -> None:
    client.post("/accounts/setup/", {**FIRST, "code": setup.current_code()})
    assert SiteSettings.objects.get().signup == "closed"


def test_a_code_from_just_before_midnight_still_works_just_after() -> None:
    evening = datetime(2026, 11, 20, 23, 59, tzinfo=UTC)
    code = setup.current_code(evening)
    assert setup.is_current(code, evening + timedelta(minutes=2))
    assert setup.current_code(evening + timedelta(minutes=2)) != code
    assert not setup.is_current(code, evening + timedelta(days=2))


def test_the_command_prints_the_code_again_and_stops_once_there_is_an_account(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("setup_code")
    assert capsys.readouterr().out.strip() == setup.current_code()
    User.objects.create_user("ada")
    with pytest.raises(CommandError, match="createsuperuser"):
        call_command("setup_code")
