"""The alarms in the admin: a list to read, settings that cannot be wrong, and a test that says what became of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from chatapp.telemetry.alarm_settings import AlarmSettings
from chatapp.telemetry.alarms import Alarm, Kind
from chatapp.telemetry.post import Telling
from tests.telemetry.hook import hook

pytestmark = pytest.mark.django_db

LIST = "/admin/chatapp/alarm/"
SETTINGS = "/admin/chatapp/alarmsettings/1/change/"
TEST = "/admin/chatapp/alarmsettings/test/"
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
FORM = {
    "addresses": "ada@example.org, ben@example.org",
    "sender": "",
    "webhook_url": "https://hooks.example/T0K3N?a=b",
    "secret_variable": "HOOK_SECRET",
    "site": "Our chat",
    "minutes": "15",
    "least_turns": "10",
    "error_percent": "20",
    "first_word_ms": "10000",
    "spend_percents": "80,100",
    "away_seconds": "30",
    "retire_days": "60",
    "quiet_minutes": "5",
}


def staff(*permissions: str) -> Client:
    somebody = User.objects.create_user("reader", is_staff=True)
    somebody.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(somebody)
    return client


def save(office: Client, **changes: str) -> str:
    office.get("/admin/chatapp/alarmsettings/")
    page: str = office.post(SETTINGS, {**FORM, **changes}, follow=True).text
    return page


def said(page: str) -> list[tuple[str, str]]:
    """What the page says has happened, and how well."""
    found = re.findall(r'<li class="(success|error|warning)">(.*?)</li>', page)
    return [(tone, unescape(sentence)) for tone, sentence in found]


def test_the_settings_are_saved_in_one_row(office: Client) -> None:
    assert "was changed successfully" in save(office, addresses=" ada@example.org,,", spend_percents="95 %, 50,50")
    (row,) = AlarmSettings.objects.all()
    assert (row.addresses, row.recipients, row.spend_percents) == ("ada@example.org", ["ada@example.org"], "50,95")
    assert office.get("/admin/chatapp/alarmsettings/add/").status_code == 403
    assert office.post("/admin/chatapp/alarmsettings/1/delete/").status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"addresses": "", "webhook_url": "", "secret_variable": "", "site": "", "spend_percents": ""},
        {"webhook_url": "http://localhost:8080/x"},
        {"webhook_url": "http://127.0.0.1/x"},
        {"webhook_url": "http://[::1]:99/x"},
        {"away_seconds": "0"},
    ],
)
def test_what_can_be_right_is_saved(office: Client, changes: dict[str, str]) -> None:
    assert "was changed successfully" in save(office, **changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"addresses": "ada"}, "ada is no e-mail address"),
        ({"addresses": "ada@example.org; ben@example.org"}, "with commas"),
        ({"addresses": "ada@example.org\r\nBcc: eve@example.org"}, "is no e-mail address"),
        ({"addresses": ", ".join(f"a{number}@example.org" for number in range(21))}, "At most 20 addresses"),
        ({"sender": "chat"}, "Enter a valid email address"),
        ({"webhook_url": "ftp://hooks.example/"}, "A webhook begins with https://"),
        ({"webhook_url": "hooks.example"}, "A webhook begins with https://"),
        ({"webhook_url": "https://"}, "A webhook begins with https://"),
        ({"webhook_url": "https://hooks.example/a b"}, "A webhook begins with https://"),
        ({"webhook_url": "https://hooks.example:x/"}, "This is no address"),
        ({"webhook_url": "http://hooks.example/"}, "Over a network only https"),
        ({"webhook_url": "http://localhost.example/"}, "Over a network only https"),
        ({"webhook_url": "https://me:secret@hooks.example/"}, "no name or password"),
        ({"webhook_url": "https://hooks.example/#here"}, "nothing after a #"),
        ({"secret_variable": "hunter2"}, "The secret itself never goes here"),
        ({"secret_variable": "SECRET_KEY"}, "is this site's own"),
        ({"secret_variable": "ANTHROPIC_API_KEY"}, "is this site's own"),
        ({"minutes": "0"}, "A whole number from 1 to 1440"),
        ({"minutes": "1441"}, "A whole number from 1 to 1440"),
        ({"minutes": ""}, "This field is required"),
        ({"least_turns": "0"}, "A whole number from 1 to"),
        ({"error_percent": "0"}, "A whole number from 1 to 100"),
        ({"error_percent": "101"}, "A whole number from 1 to 100"),
        ({"error_percent": "-5"}, "greater than or equal to 0"),
        ({"first_word_ms": "99"}, "A whole number from 100 to 600000"),
        ({"first_word_ms": "fast"}, "Enter a whole number"),
        ({"spend_percents": "80,101"}, "whole percents from 1 to 100"),
        ({"spend_percents": "0"}, "whole percents from 1 to 100"),
        ({"spend_percents": "most"}, "whole percents from 1 to 100"),
        ({"spend_percents": "8_0"}, "whole percents from 1 to 100"),
        ({"away_seconds": "3601"}, "A whole number from 0 to 3600"),
        ({"retire_days": "366"}, "A whole number from 1 to 365"),
        ({"quiet_minutes": "1"}, "A whole number from 2 to 1440"),
    ],
)
def test_what_cannot_be_right_is_explained_and_not_saved(
    office: Client, changes: dict[str, str], sentence: str
) -> None:
    page = unescape(save(office, **changes))
    assert "Please correct the error" in page
    # The words beside a box say what belongs there, too: only those about the error count.
    assert any(sentence in part.split("</ul>")[0] for part in page.split('class="errorlist')[1:])
    row = AlarmSettings.objects.get()
    assert (row.addresses, row.webhook_url) == ("", "")


def test_the_test_goes_everywhere_and_the_page_says_what_became_of_it(settings: Settings, grace: User) -> None:
    office = Client(enforce_csrf_checks=True)
    office.force_login(grace)
    with hook() as mine:
        AlarmSettings.objects.create(pk=1, addresses="ada@example.org", webhook_url=mine.url)
        page = office.get(SETTINGS).text
        assert f'formaction="{TEST}"' in page
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1]}
        assert said(office.post(TEST, form, follow=True).text) == [
            ("success", "The mail server took a mail to ada@example.org."),
            ("success", "The webhook took it."),
        ]
        (letter,), (got,) = mail.outbox, mine.got
        assert "This is a test" in letter.subject
        assert (got.json["kind"], got.json["cause"], got.json["cleared"]) == ("test", "test", None)
        mine.status = 502
        settings.EMAIL_BACKEND = "nowhere.Backend"
        (mailed, hooked) = said(office.post(TEST, form, follow=True).text)
        assert mailed[0] == hooked[0] == "error"
        assert mailed[1].startswith("The mail could not be sent (ModuleNotFoundError")
        assert hooked[1] == "The webhook did not take it: it answered 502."
        assert office.post(TEST).status_code == 403
        assert len(mine.got) == 2
    assert not Alarm.objects.exists()


def test_without_any_channel_the_test_says_so(office: Client) -> None:
    assert said(office.post(TEST, follow=True).text) == [
        ("warning", "Nothing was sent: there is neither an e-mail address nor a webhook. Save one.")
    ]


def test_only_whoever_may_change_the_settings_may_send_a_test(office: Client) -> None:
    with hook() as mine:
        AlarmSettings.objects.create(pk=1, addresses="ada@example.org", webhook_url=mine.url)
        assert office.get(TEST).status_code == 405
        assert Client().post(TEST).status_code == 302
        reader = staff("view_alarmsettings", "view_alarm")
        page = reader.get(SETTINGS)
        assert page.status_code == 200
        assert "Send a test" not in page.text
        assert reader.post(TEST).status_code == 403
        assert (mine.got, mail.outbox) == ([], [])


def test_the_list_says_what_is_open_who_was_told_and_what_failed(office: Client) -> None:
    def alarm(cause: str, **more: Any) -> Alarm:
        made: Alarm = Alarm.objects.create(
            cause=cause, kind=Kind.SPEND, sentence=f"About {cause}.", since=NOON, last_seen=NOON, **more
        )
        return made

    alarm("nobody's")
    over = alarm("over", cleared_at=NOON.replace(hour=13))
    Telling.objects.create(alarm=over, channel="mail", told_at=NOON, over_told_at=NOON.replace(hour=14))
    stuck = alarm("stuck")
    Telling.objects.create(
        alarm=stuck, channel="webhook", tries=1, next_at=NOON, failure="The webhook did not take it: it answered 500."
    )
    Telling.objects.create(alarm=stuck, channel="mail", tries=30, failure="The mail could not be sent.")
    page = unescape(office.get(LIST).text)
    for words in (
        "About nobody's.",
        "not yet",
        "nobody",
        "2026-11-28 13:00",
        "mail 2026-11-28 12:00, its end 2026-11-28 14:00",
        "mail not yet (30 tries, given up); webhook not yet (1 try, again at 2026-11-28 12:00)",
        "mail: The mail could not be sent. webhook: The webhook did not take it: it answered 500.",
    ):
        assert words in page
    assert office.get(f"{LIST}{stuck.pk}/change/").status_code == 200


def test_an_alarm_is_written_by_the_product_alone(office: Client) -> None:
    alarm = Alarm.objects.create(cause="a", kind=Kind.SPEND, sentence="A.", since=NOON, last_seen=NOON)
    assert office.get(f"{LIST}add/").status_code == 403
    assert office.post(f"{LIST}{alarm.pk}/change/", {"cause": "b"}).status_code == 403
    assert office.post(f"{LIST}{alarm.pk}/delete/", {"post": "yes"}).status_code == 403
    assert staff().get(LIST).status_code == 403
    assert Alarm.objects.get().cause == "a"
