"""Signing up: closed unless an administrator chose otherwise; invitations let one person in."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models.signals import pre_save
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chatapp.pages.accounts import invitations, signup
from chatapp.pages.models import Invitation, SiteSettings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("set_up")]
SIGNUP = "/accounts/signup/"
FORM = {"username": "eve", "password1": "three quiet hedgehogs", "password2": "three quiet hedgehogs"}


@pytest.fixture
def set_up(db: None) -> None:
    """Somebody was here before: without an account there is only the set-up."""
    User.objects.create_superuser("hedy")


def newcomer() -> User:
    return User.objects.exclude(username="hedy").get()


def newcomers() -> int:
    return User.objects.exclude(username__in=("hedy", "ada")).count()


def choose(signup_choice: str) -> None:
    SiteSettings.objects.update_or_create(id=1, defaults={"signup": signup_choice})


def invite(**more: object) -> str:
    code = invitations.make_code()
    fields = {"expires_at": timezone.now() + timedelta(days=1), **more}
    Invitation.objects.create(code_hash=invitations.hash_code(code), **fields)
    return f"{SIGNUP}{code}/"


def test_sign_up_is_closed_unless_somebody_opened_it(client: Client) -> None:
    response = client.post(SIGNUP, FORM)
    assert response.status_code == 403
    assert "ask them for one" in response.text
    assert not newcomers()


@pytest.mark.parametrize("path", [SIGNUP, f"{SIGNUP}guessed/"])
def test_nobody_is_quicker_than_the_administrator(client: Client, path: str) -> None:
    choose("open")
    User.objects.all().delete()
    for response in (client.get(path), client.post(path, FORM)):
        assert response.headers["Location"] == "/accounts/setup/"
    assert not User.objects.exists()


def test_an_invitation_opens_nothing_while_sign_up_is_closed(client: Client) -> None:
    assert client.post(invite(), FORM).status_code == 403
    assert not newcomers()


def test_the_environment_opens_it_until_an_administrator_chose(client: Client, settings: Settings) -> None:
    settings.CHATAPP_SIGNUP = "open"
    assert client.get(SIGNUP).status_code == 200
    choose("closed")
    assert client.get(SIGNUP).status_code == 403


def test_open_sign_up_makes_an_ordinary_account_and_signs_in(client: Client) -> None:
    choose("open")
    assert client.post(SIGNUP, FORM).headers["Location"] == "/"
    eve = newcomer()
    assert (eve.username, eve.is_staff, eve.is_superuser) == ("eve", False, False)
    assert client.session["_auth_user_id"] == str(eve.pk)


def test_nobody_makes_themselves_staff(client: Client) -> None:
    choose("open")
    client.post(SIGNUP, {**FORM, "is_staff": "on", "is_superuser": "on"})
    assert not newcomer().is_staff


def test_a_taken_name_is_explained_whatever_its_case(client: Client, ada: User) -> None:
    choose("open")
    response = client.post(SIGNUP, {**FORM, "username": "ADA"})
    assert response.status_code == 422
    assert "already exists" in response.text
    assert not newcomers()


def test_a_name_that_somebody_takes_in_the_same_moment_is_explained_too(client: Client) -> None:
    choose("open")

    def take_it(sender: object, instance: User, **_: object) -> None:
        pre_save.disconnect(take_it, sender=User)
        User.objects.bulk_create([User(username=FORM["username"])])

    pre_save.connect(take_it, sender=User)
    response = client.post(SIGNUP, FORM)
    # The race's own row went with the transaction that it broke; what matters is that nobody saw a broken page.
    assert response.status_code == 422
    assert "_auth_user_id" not in client.session


def test_by_invitation_means_that_a_stranger_without_one_is_turned_away(client: Client) -> None:
    choose("invite")
    response = client.post(SIGNUP, FORM)
    assert response.status_code == 403
    assert "You need an invitation" in response.text
    assert client.post(f"{SIGNUP}guessed/", FORM).status_code == 403
    assert not newcomers()


def test_an_invitation_lets_one_person_in_and_then_nobody(client: Client) -> None:
    choose("invite")
    link = invite()
    assert client.get(link).status_code == 200
    assert client.post(link, FORM).headers["Location"] == "/"
    assert Invitation.objects.get().used_by == newcomer()
    second = Client().post(link, {**FORM, "username": "mallory"})
    assert second.status_code == 403
    assert "has been used or has run out" in second.text
    assert newcomers() == 1


def test_of_two_people_who_use_one_invitation_at_once_one_gets_an_account(ada: User) -> None:
    code = invite().removeprefix(SIGNUP).strip("/")
    assert invitations.redeem(code, by=ada)
    assert not invitations.redeem(code, by=ada)


def test_a_mistake_in_the_form_does_not_use_the_invitation_up(client: Client) -> None:
    choose("invite")
    link = invite()
    assert client.post(link, {**FORM, "password2": "something else"}).status_code == 422
    assert client.post(link, FORM).status_code == 302


def test_an_invitation_runs_out(client: Client) -> None:
    choose("invite")
    assert client.get(invite(expires_at=timezone.now() - timedelta(seconds=1))).status_code == 403


def test_many_accounts_from_one_address_take_patience(client: Client) -> None:
    choose("open")
    for _ in range(signup.PER_ADDRESS.tries):
        client.post(SIGNUP, {**FORM, "password2": "no"})
    response = client.post(SIGNUP, FORM)
    assert response.status_code == 429
    assert "Please wait" in response.text


def test_sign_in_offers_sign_up_only_when_it_is_open(client: Client, ada: User) -> None:
    assert SIGNUP not in client.get("/accounts/login/").text
    choose("open")
    assert SIGNUP in client.get("/accounts/login/").text


def test_an_administrator_makes_an_invitation_and_sees_its_link_once(client: Client, admin: User) -> None:
    choose("invite")
    client.force_login(admin)
    expiry = timezone.now() + timedelta(days=3)
    form = {"note": "for Eve", "expires_at_0": f"{expiry:%Y-%m-%d}", "expires_at_1": f"{expiry:%H:%M:%S}"}
    page = client.post("/admin/chatapp/invitation/add/", form, follow=True)
    assert page.status_code == 200
    found = re.search(r"http://testserver(/accounts/signup/[\w-]+/)", page.text)
    assert found
    assert Invitation.objects.get().created_by == admin
    assert found[1] not in client.get("/admin/chatapp/invitation/").text
    assert Client().post(found[1], FORM).headers["Location"] == "/"


def test_an_administrator_is_warned_that_a_closed_site_turns_invitations_away(client: Client, admin: User) -> None:
    client.force_login(admin)
    form = {"note": "", "expires_at_0": "2099-01-01", "expires_at_1": "00:00:00"}
    page = client.post("/admin/chatapp/invitation/add/", form, follow=True)
    assert "Sign-up is closed" in page.text


def test_an_administrator_changes_sign_up_while_the_site_runs(client: Client, admin: User) -> None:
    client.force_login(admin)
    page = client.get("/admin/chatapp/sitesettings/", follow=True)
    assert page.status_code == 200
    client.post("/admin/chatapp/sitesettings/1/change/", {"signup": "open"})
    assert Client().get(SIGNUP).status_code == 200


def test_an_impossible_choice_is_refused_in_the_admin(client: Client, admin: User) -> None:
    choose("invite")
    client.force_login(admin)
    response = client.post("/admin/chatapp/sitesettings/1/change/", {"signup": "anyone"})
    assert response.status_code == 200
    assert SiteSettings.objects.get().signup == "invite"


def test_the_site_settings_are_neither_doubled_nor_deleted(client: Client, admin: User) -> None:
    choose("invite")
    client.force_login(admin)
    assert client.get("/admin/chatapp/sitesettings/add/").status_code == 403
    assert client.post("/admin/chatapp/sitesettings/1/delete/", {"post": "yes"}).status_code == 403


def test_staff_without_the_permission_invite_nobody(client: Client, ada: User) -> None:
    ada.is_staff = True
    ada.save()
    client.force_login(ada)
    assert client.get("/admin/chatapp/invitation/add/").status_code == 403
    assert client.get("/admin/chatapp/sitesettings/1/change/").status_code in (302, 403)
