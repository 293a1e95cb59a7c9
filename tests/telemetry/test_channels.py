"""A mail and a webhook: what is in them, whose signature they bear, and what is said when they do not arrive."""

from __future__ import annotations

import hashlib
import hmac
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from chatapp.telemetry import channels, letterbox
from chatapp.telemetry.alarm_settings import AlarmSettings
from chatapp.telemetry.channels import Message, NotDelivered
from tests.telemetry.hook import Hook
from tests.web import free_port

SINCE = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
MESSAGE = Message("7-open", "error rate", "error_rate", "3 of the 10 questions were not answered.", SINCE)
OVER = Message("7-over", "error rate", "error_rate", MESSAGE.sentence, SINCE, SINCE.replace(hour=4))


def wanted(**more: Any) -> AlarmSettings:
    return AlarmSettings(**{"site": "Our chat", **more})


def posted(hook: Hook, message: Message = MESSAGE, **more: Any) -> None:
    channels.send("webhook", wanted(webhook_url=hook.url, **more), message)


def test_a_webhook_gets_what_is_known_and_no_more(hook: Hook) -> None:
    posted(hook)
    posted(hook, OVER)
    first, second = hook.got
    assert first.path == "/hook"
    assert first.headers["content-type"] == "application/json"
    assert first.headers["x-chat-delivery"] == "7-open"
    assert "x-chat-signature" not in first.headers
    assert first.json == {
        "cause": "error rate",
        "kind": "error_rate",
        "sentence": "3 of the 10 questions were not answered.",
        "since": "2026-11-28T03:00:00+00:00",
        "cleared": None,
        "site": "Our chat",
    }
    assert second.json == {**first.json, "cleared": "2026-11-28T04:00:00+00:00"}


def test_a_webhook_is_signed_with_the_secret_of_the_environment(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", "between the two of us")
    posted(hook, secret_variable="HOOK_SECRET")
    (got,) = hook.got
    expected = hmac.new(b"between the two of us", got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-chat-signature"] == f"sha256={expected}"
    assert b"between" not in got.body


def test_without_its_secret_nothing_is_posted(hook: Hook) -> None:
    with pytest.raises(NotDelivered, match="HOOK_SECRET is not set where this process runs"):
        posted(hook, secret_variable="HOOK_SECRET")
    assert hook.got == []


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_a_webhook_that_does_not_take_it_is_quoted(hook: Hook, status: int) -> None:
    hook.status = status
    with pytest.raises(NotDelivered, match=f"it answered {status}"):
        posted(hook)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_nobody_is_sent_elsewhere(hook: Hook, status: int) -> None:
    hook.status, hook.location = status, hook.url.replace("/hook", "/elsewhere")
    with pytest.raises(NotDelivered, match="where we do not follow"):
        posted(hook)
    assert [got.path for got in hook.got] == ["/hook"]


def test_a_webhook_that_hangs_is_left(hook: Hook) -> None:
    hook.hangs = True
    with pytest.raises(NotDelivered, match=r"did not answer within 0\.2 seconds"):
        channels.webhook(wanted(webhook_url=hook.url), MESSAGE, seconds=0.2)


def test_a_webhook_that_is_not_there_is_not_reached_and_its_address_not_repeated() -> None:
    with pytest.raises(NotDelivered, match="could not be reached") as error:
        channels.send("webhook", wanted(webhook_url=f"http://127.0.0.1:{free_port()}/T0K3N"), MESSAGE)
    assert "T0K3N" not in str(error.value)


def test_a_proxy_of_the_environment_is_not_told(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    posted(hook)
    assert len(hook.got) == 1


def test_a_mail_says_what_since_when_and_that_it_is_over() -> None:
    people = wanted(addresses="ada@example.org, ben@example.org", sender="chat@example.org")
    channels.send("mail", people, MESSAGE)
    channels.send("mail", people, OVER)
    first, second = mail.outbox
    assert (first.to, first.from_email) == (["ada@example.org", "ben@example.org"], "chat@example.org")
    assert first.subject == "[Our chat] 3 of the 10 questions were not answered."
    assert "Since 2026-11-28 03:00 UTC" in str(first.body)
    assert second.subject == "[Our chat] Over: 3 of the 10 questions were not answered."
    assert "It is over since 2026-11-28 04:00 UTC." in str(second.body)


def test_a_name_with_a_line_break_makes_no_header() -> None:
    odd = Message("1", "spend", "spend", "The group us\r\nBcc: eve@example.org has spent it.", SINCE)
    channels.send("mail", wanted(addresses="ada@example.org", site="Our\nchat"), odd)
    (letter,) = mail.outbox
    assert letter.subject == "[Our chat] The group us Bcc: eve@example.org has spent it."
    assert letter.recipients() == ["ada@example.org"]


def test_a_mail_server_that_is_not_there_is_told_in_a_sentence(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = free_port()
    with pytest.raises(NotDelivered, match=r"The mail could not be sent .*CHATAPP_MAIL says"):
        channels.send("mail", wanted(addresses="ada@example.org"), MESSAGE)


def test_a_mail_server_that_hangs_up_is_told_in_a_sentence(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
        thread.submit(lambda: server.accept()[0].close())
        with pytest.raises(NotDelivered, match="SMTPServerDisconnected"):
            channels.send("mail", wanted(addresses="ada@example.org"), MESSAGE)


def test_the_site_is_called_by_its_first_host_where_it_has_no_name(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*", "chat.example.org"]
    assert AlarmSettings().site_name == "chat.example.org"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (None, ("localhost", 25, "", "", False, False, "chat@localhost")),
        ("smtp://relay.example.org", ("relay.example.org", 25, "", "", False, False, "chat@relay.example.org")),
        ("smtp://ada:p%40ss@mail.example.org", ("mail.example.org", 587, "ada", "p@ss", True, False, None)),
        (
            "smtps://ada%40example.org:x@mail.example.org:4465",
            ("mail.example.org", 4465, "ada@example.org", "x", False, True, "ada@example.org"),
        ),
    ],
)
def test_one_url_says_by_whom_mails_are_sent_and_no_password_travels_in_the_open(url: str | None, found: Any) -> None:
    box = letterbox.configure(url)
    assert (box.host, box.port, box.user, box.password, box.starttls, box.tls) == found[:-1]
    assert found[-1] in (None, box.sender)
