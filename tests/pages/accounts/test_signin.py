"""Signing in, out, and changing a password."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chatapp.pages.accounts import signin
from chatapp.pages.models import Tries

LOGIN = "/accounts/login/"


def sign_in(client: Client, password: str, username: str = "ada", **more: str) -> int:
    return client.post(LOGIN, {"username": username, "password": password, **more}).status_code


def is_signed_in(client: Client) -> bool:
    return client.get("/accounts/password_change/").status_code == 200


def test_ada_signs_in_and_is_led_to_a_new_chat(client: Client, ada: User, password: str) -> None:
    response = client.post(LOGIN, {"username": "ada", "password": password})
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert is_signed_in(client)


def test_she_is_led_back_to_the_page_she_wanted(client: Client, ada: User, password: str) -> None:
    wanted = client.get("/accounts/password_change/").headers["Location"]
    assert wanted == "/accounts/login/?next=/accounts/password_change/"
    page = client.get(wanted).text
    assert 'name="next" value="/accounts/password_change/"' in page
    response = client.post(LOGIN, {"username": "ada", "password": password, "next": "/accounts/password_change/"})
    assert response.headers["Location"] == "/accounts/password_change/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
    ],
)
def test_no_link_leads_from_sign_in_to_another_site(client: Client, ada: User, password: str, elsewhere: str) -> None:
    response = client.post(LOGIN, {"username": "ada", "password": password, "next": elsewhere})
    assert response.headers["Location"] == "/"


def test_a_wrong_password_and_a_wrong_name_look_the_same(client: Client, ada: User) -> None:
    wrong_password = client.post(LOGIN, {"username": "ada", "password": "wrong"})
    wrong_name = client.post(LOGIN, {"username": "eve", "password": "wrong"})
    assert wrong_password.status_code == wrong_name.status_code == 200
    page = str(wrong_password.context["form"].errors)
    assert page == str(wrong_name.context["form"].errors)
    assert "do not belong together" in page


def test_somebody_who_was_switched_off_learns_nothing_more(client: Client, ada: User, password: str) -> None:
    ada.is_active = False
    ada.save()
    response = client.post(LOGIN, {"username": "ada", "password": password})
    assert "do not belong together" in response.text
    assert not is_signed_in(client)


def test_guessing_stops_with_a_kind_sentence_even_for_the_right_password(
    client: Client, ada: User, password: str
) -> None:
    for _ in range(signin.PER_NAME.tries):
        assert sign_in(client, "wrong") == 200
    response = client.post(LOGIN, {"username": "ADA ", "password": password})
    assert response.status_code == 429
    assert "Please wait 5 minutes" in response.text
    assert 0 < int(response.headers["Retry-After"]) <= 300
    assert not is_signed_in(client)


def test_a_guesser_does_not_lock_the_owner_out(ada: User, password: str) -> None:
    guesser, owner = Client(REMOTE_ADDR="203.0.113.9"), Client(REMOTE_ADDR="198.51.100.7")
    for _ in range(signin.PER_NAME.tries + 1):
        sign_in(guesser, "wrong")
    assert sign_in(guesser, password) == 429
    assert sign_in(owner, password) == 302


def test_a_guesser_who_moves_within_one_ipv6_network_is_one_guesser(ada: User, password: str) -> None:
    for host in range(signin.PER_NAME.tries):
        sign_in(Client(REMOTE_ADDR=f"2001:db8::{host:x}"), "wrong")
    assert sign_in(Client(REMOTE_ADDR="2001:db8::ffff"), password) == 429
    assert sign_in(Client(REMOTE_ADDR="2001:db8:1::1"), password) == 302


def test_trying_one_password_on_everybody_stops_too(ada: User, password: str) -> None:
    client = Client()
    for number in range(signin.PER_ADDRESS.tries):
        sign_in(client, "summer2026", username=f"person{number}")
    assert sign_in(client, password) == 429


def test_a_whole_school_behind_one_address_signs_in(db: None, password: str) -> None:
    count = signin.PER_ADDRESS.tries + 5
    hashed = make_password(password)
    User.objects.bulk_create(User(username=f"pupil{number}", password=hashed) for number in range(count))
    assert {sign_in(Client(), password, username=f"pupil{number}") for number in range(count)} == {302}


def test_after_the_wait_the_owner_is_welcome(client: Client, ada: User, password: str) -> None:
    for _ in range(signin.PER_NAME.tries):
        sign_in(client, "wrong")
    Tries.objects.update(resets_at=timezone.now() - timedelta(seconds=1))
    assert sign_in(client, password) == 302


def test_a_success_forgets_the_misses_before_it(client: Client, ada: User, password: str) -> None:
    for _ in range(3):
        for _ in range(signin.PER_NAME.tries - 1):
            sign_in(client, "wrong")
        assert sign_in(client, password) == 302
        client.logout()


def test_counts_of_long_ago_are_swept_away(ada: User) -> None:
    sign_in(Client(REMOTE_ADDR="203.0.113.1"), "wrong")
    Tries.objects.update(resets_at=timezone.now() - timedelta(days=1))
    sign_in(Client(REMOTE_ADDR="203.0.113.2"), "wrong")
    assert not Tries.objects.filter(resets_at__lt=timezone.now()).exists()


def test_signing_out_takes_a_post_and_ends_the_session(client: Client, ada: User) -> None:
    client.force_login(ada)
    page = client.get("/accounts/logout/")
    assert "Sign out?" in page.content.decode()
    assert is_signed_in(client)
    assert client.post("/accounts/logout/").headers["Location"] == LOGIN
    assert not is_signed_in(client)


def test_a_link_to_the_way_out_leads_whoever_is_out_to_the_way_in(client: Client, ada: User) -> None:
    assert client.get("/accounts/logout/").headers["Location"] == LOGIN


def test_a_new_password_is_asked_for_in_the_words_of_the_other_doors_to_the_end(
    client: Client, ada: User, password: str
) -> None:
    client.force_login(ada)
    page = client.get("/accounts/password_change/").content.decode()
    assert "The new password once more" in page
    assert "verification" not in page
    new = "three loud hedgehogs"
    form = {"old_password": password, "new_password1": new, "new_password2": new}
    assert "is changed" in client.post("/accounts/password_change/", form, follow=True).content.decode()
    assert Client().login(username="ada", password=new)


def test_a_new_password_signs_every_other_place_out(ada: User, password: str) -> None:
    here, elsewhere = Client(), Client()
    here.force_login(ada)
    elsewhere.force_login(ada)
    new = "four loud hedgehogs"
    change = {"old_password": password, "new_password1": new, "new_password2": new}
    assert here.post("/accounts/password_change/", change).status_code == 302
    assert "Your password is changed" in here.get("/accounts/password_change/done/").text
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert sign_in(Client(), password) == 200
    assert sign_in(Client(), new) == 302


@pytest.mark.parametrize("path", ["/accounts/password_change/", "/accounts/password_change/done/"])
def test_a_stranger_is_led_to_sign_in(client: Client, ada: User, path: str) -> None:
    assert client.get(path).headers["Location"] == f"/accounts/login/?next={path}"


def test_the_admin_is_for_staff_only(client: Client, ada: User) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/login/?next=/admin/"
    client.force_login(ada)
    assert client.get("/admin/", follow=True).status_code == 403


def test_staff_who_are_in_already_walk_through_the_admins_door(client: Client, admin: User) -> None:
    client.force_login(admin)
    visit = client.get("/admin/login/?next=/admin/auth/user/", follow=True)
    assert (visit.redirect_chain[-1][0], visit.status_code) == ("/admin/auth/user/", 200)
    assert client.get("/admin/login/?next=//example.org/", follow=True).redirect_chain[-1][0] == "/"


def test_whoever_is_in_need_not_sign_in_again(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert client.get(LOGIN).headers["Location"] == "/"
