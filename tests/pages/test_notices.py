"""Notices to everybody: made in the admin on the clock of the site, shown on every page for as long as they run."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from chatapp.money import limits
from chatapp.money.models import MoneySettings
from chatapp.turns import notices
from chatapp.turns.notices import Notice

pytestmark = pytest.mark.django_db

LIST = "/admin/chatapp/notice/"
TEXT = "On Sunday at eight the chat rests for an hour."
FORM = {
    "text": TEXT,
    "kind": "warning",
    "starts_at_0": "2031-07-01",
    "starts_at_1": "08:00",
    "ends_at_0": "2031-07-01",
    "ends_at_1": "09:30",
}
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def berlin() -> None:
    MoneySettings.objects.update_or_create(pk=1, defaults={"time_zone": "Europe/Berlin"})


def _add(office: Client, **changes: str) -> Any:
    return office.post(f"{LIST}add/", {**FORM, **changes})


def _notice(text: str = TEXT, begins: timedelta = -HOUR, ends: timedelta = HOUR, kind: str = "information") -> Notice:
    now = timezone.now()
    return Notice.objects.create(text=text, kind=kind, starts_at=now + begins, ends_at=now + ends)


def test_times_are_those_of_the_site_which_every_box_says(office: Client, grace: User) -> None:
    page = office.get(f"{LIST}add/").text
    assert page.count("On the clock of the site: Europe/Berlin.") == 2
    assert _add(office).status_code == 302
    made = Notice.objects.get()
    assert made.starts_at == datetime(2031, 7, 1, 6, 0, tzinfo=UTC)
    assert made.ends_at == datetime(2031, 7, 1, 7, 30, tzinfo=UTC)
    assert (made.kind, made.made_by) == ("warning", grace)
    page = office.get(f"{LIST}{made.pk}/change/").text
    assert 'value="08:00:00"' in page
    assert 'value="09:30:00"' in page
    listed = office.get(LIST).text
    assert "on the clock of the site: Europe/Berlin" in listed
    assert "July 1, 2031, 8 a.m." in listed
    # Saved once more it is still the same, and the history says nothing of times.
    assert office.post(f"{LIST}{made.pk}/change/", {**FORM, "kind": "information"}).status_code == 302
    assert LogEntry.objects.latest("pk").get_change_message() == "Kind: Warning → Information"
    made.refresh_from_db()
    assert made.starts_at == datetime(2031, 7, 1, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_at_1": "07:59"}, "A notice ends after it starts."),
        ({"ends_at_1": "08:00"}, "A notice ends after it starts."),
        ({"starts_at_0": "2025-01-01", "ends_at_0": "2025-01-02"}, "This is over already."),
        ({"ends_at_0": "the 32nd"}, "Enter a valid date."),
        ({"starts_at_0": "2031-03-30", "starts_at_1": "02:30"}, "Europe/Berlin"),
        ({"text": "x" * 301}, "at most 300 characters"),
        ({"text": "  "}, "required"),
        ({"kind": "alarm"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_meant_is_said_and_not_saved(office: Client, changes: dict[str, str], words: str) -> None:
    answer = _add(office, **changes)
    assert answer.status_code == 200
    assert words in answer.text
    assert "errornote" in answer.text
    assert not Notice.objects.exists()


def test_the_rows_themselves_cannot_end_before_they_start() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        _notice(begins=HOUR, ends=-HOUR)


def test_one_that_runs_can_be_ended_at_once(office: Client) -> None:
    made = _notice()
    now = timezone.now().astimezone(limits.zone())
    form = {**FORM, "starts_at_0": "2026-01-01", "ends_at_0": f"{now:%Y-%m-%d}", "ends_at_1": f"{now:%H:%M}"}
    assert office.post(f"{LIST}{made.pk}/change/", form).status_code == 302
    assert notices.running(timezone.now()) == ()


def test_only_who_may_makes_one() -> None:
    client = Client()
    assert client.get(LIST).status_code == 302
    looker = User.objects.create_user("linda", is_staff=True)
    client.force_login(looker)
    assert client.get(LIST).status_code == 403
    looker.user_permissions.add(Permission.objects.get(codename="view_notice"))
    client.force_login(User.objects.get(pk=looker.pk))
    assert client.get(LIST).status_code == 200
    assert _add(client).status_code == 403
    assert not Notice.objects.exists()


def test_those_that_run_are_told_in_their_order_and_no_other() -> None:
    _notice("second", begins=-HOUR)
    _notice("first", begins=-2 * HOUR, kind="warning")
    _notice("to come", begins=HOUR, ends=2 * HOUR)
    _notice("over", begins=-2 * HOUR, ends=-HOUR)
    assert [(one.text, one.word) for one in notices.running(timezone.now())] == [
        ("first", "Warning"),
        ("second", "Notice"),
    ]


def test_another_text_is_another_notice() -> None:
    made = _notice()
    before = notices.running(timezone.now())[0].key
    assert notices.running(timezone.now())[0].key == before
    Notice.objects.filter(pk=made.pk).update(text="The chat rests at nine.")
    assert notices.running(timezone.now())[0].key != before


@pytest.mark.parametrize("path", ["/", "/accounts/limits/", "/accounts/password_change/", "/admin/", LIST, "/nowhere/"])
def test_every_page_shows_them_one_under_the_other(office: Client, path: str) -> None:
    _notice("One & only", begins=-2 * HOUR)
    _notice("Another", kind="warning")
    page = office.get(path).text
    board = page.split('id="notices"')[1].split("<template")[0]
    assert board.index("One &amp; only") < board.index("Another")
    assert len(re.findall(r'data-kind="(\w+)"', board)) == 2


@pytest.mark.parametrize("path", ["/accounts/login/", "/nowhere/", "/notices/"])
def test_whoever_is_not_signed_in_reads_none(grace: User, path: str) -> None:
    _notice()
    answer = Client().get(path, headers={"Accept": "text/html"})
    assert TEXT not in answer.text
    assert "/notices/" not in answer.text


def test_a_page_without_a_socket_may_ask(office: Client) -> None:
    assert office.get("/notices/").json() == {"notices": []}
    _notice()
    answer = office.get("/notices/")
    (told,) = answer.json()["notices"]
    assert (told["text"], told["kind"], told["word"]) == (TEXT, "information", "Notice")
    assert answer.headers["Cache-Control"] == "no-store"
