"""Every way in which Claude can fail has a row, and every row a sentence that a person can do something with."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2
import pytest

from chatapp.claude import failures
from chatapp.claude.failures import FailureKind
from tests.claude import speech
from tests.claude.conftest import Play
from tests.claude.listening import asking
from tests.claude.speech import error_body, plain, sends

STATUSES = {
    400: "rejected",
    401: "key_refused",
    402: "billing",
    403: "forbidden",
    404: "not_found",
    405: "rejected",
    408: "server_timeout",
    409: "server_error",
    412: "rejected",
    413: "too_long",
    418: "rejected",
    422: "rejected",
    429: "rate_limited",
    431: "rejected",
    499: "server_timeout",
    500: "server_error",
    501: "server_error",
    502: "server_error",
    503: "server_error",
    504: "server_timeout",
    520: "server_error",
    529: "overloaded",
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("retry_after", [{}, {"retry_after": "7"}])
def test_every_status_has_its_row(play: Play, status: int, retry_after: dict[str, str]) -> None:
    heard = play(asking(), sends(plain(status, b"<html>no</html>", **retry_after)))
    assert heard.kind == STATUSES[status]
    assert heard.failure.retry_after_seconds == (7.0 if retry_after else None)
    assert heard.exchange.request_id == "req_1"
    assert heard.exchange.sent
    assert heard.failure.rejected
    assert ("retry-after" in heard.exchange.rate_headers) == bool(retry_after)


def test_every_status_there_is_has_some_row(play: Play) -> None:
    for status in range(400, 600):
        kind, _ = failures._of_report({}, status)
        assert failures.ROWS[kind]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, error_body("overloaded_error"), "overloaded"),
        (400, error_body("rate_limit_error"), "rate_limited"),
        (400, error_body("timeout_error"), "server_timeout"),
        (429, error_body("rate_limit_error"), "rate_limited"),
        (429, error_body("rate_limit_error", details={"error_code": "enforced_spend_limit_reached"}), "spend_limit"),
        (429, error_body("rate_limit_error", details={"error_code": "contract_spend_limit_reached"}), "spend_limit"),
        (429, error_body("rate_limit_error", details={"error_code": "ramp_limit_exceeded"}), "rate_limited"),
        (402, error_body("billing_error", details={"error_code": "something_new"}), "billing"),
        (
            400,
            error_body("invalid_request_error", "You have reached your specified API usage limits. Regain access"),
            "spend_limit",
        ),
        (
            400,
            error_body("invalid_request_error", "You have reached your specified workspace API usage limits."),
            "spend_limit",
        ),
        (400, error_body("invalid_request_error", "Your credit balance is too low to access"), "billing"),
        (400, error_body("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), "too_long"),
        (400, error_body("invalid_request_error", "messages: roles must alternate"), "rejected"),
        (404, error_body("not_found_error", "model: claude-1"), "not_found"),
        (500, error_body("a_new_error"), "server_error"),
        (500, [1, 2], "server_error"),
        (500, {"error": {"type": 5, "message": None, "details": "x"}}, "server_error"),
    ],
)
def test_what_claude_calls_the_error_goes_before_its_status(play: Play, status: int, body: Any, kind: str) -> None:
    assert play(asking(), sends(plain(status, json.dumps(body).encode()))).kind == kind


@pytest.mark.parametrize("name", ["invalid_request_error", "api_error"])
@pytest.mark.parametrize("status", STATUSES)
def test_a_type_that_claude_uses_for_many_statuses_leaves_the_word_to_the_status(
    play: Play, status: int, name: str
) -> None:
    assert play(asking(), sends(plain(status, json.dumps(error_body(name)).encode()))).kind == STATUSES[status]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "1.5"}, 1.5),
        ({"retry_after_ms": "250"}, 0.25),
        ({"retry_after_ms": "soon", "retry_after": "3"}, 3.0),
        ({"retry_after": "-5"}, 0.0),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "inf"}, None),
        ({"retry_after": "tomorrow"}, None),
        ({"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_when_to_ask_again_is_believed_only_if_it_makes_sense(
    play: Play, headers: dict[str, str], seconds: float | None
) -> None:
    assert play(asking(), sends(plain(529, b"{}", **headers))).failure.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx2.ConnectError("x"), "unreachable"),
        (httpx2.ProxyError("x"), "unreachable"),
        (httpx2.ConnectTimeout("x"), "connect_deadline"),
        (httpx2.PoolTimeout("x"), "connect_deadline"),
        (httpx2.ReadTimeout("x"), "first_event_deadline"),
        (httpx2.WriteTimeout("x"), "first_event_deadline"),
        (httpx2.ReadError("x"), "connection_lost"),
        (httpx2.WriteError("x"), "connection_lost"),
        (httpx2.CloseError("x"), "connection_lost"),
        (httpx2.RemoteProtocolError("x"), "connection_lost"),
        (httpx2.LocalProtocolError("x"), "misconfigured"),
        (httpx2.UnsupportedProtocol("x"), "misconfigured"),
        (httpx2.DecodingError("x"), "garbled"),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "x"), "garbled"),
        (json.JSONDecodeError("x", "y", 0), "garbled"),
        (TimeoutError(), "first_event_deadline"),
        (MemoryError(), "unknown"),
        (KeyError("x"), "unknown"),
        (OSError("x"), "unknown"),
    ],
)
def test_every_family_of_exceptions_has_its_row(error: Exception, kind: str) -> None:
    assert failures.of(error).kind == kind


def test_the_table_has_one_row_for_every_kind() -> None:
    assert [row.kind for row in failures.TABLE] == list(FailureKind)


@pytest.mark.parametrize("row", failures.TABLE, ids=lambda row: row.kind)
def test_every_sentence_is_for_people(row: failures.Row) -> None:
    assert re.fullmatch(r"[A-Z].{40,220}\.", row.sentence)
    assert not re.search(r"\d|error|exception|http|status|api|null|none", row.sentence, re.IGNORECASE)
    assert ("have been told" in row.sentence) <= row.alarm
    if row.again:
        assert "try again" in row.sentence


def test_the_detail_for_staff_can_be_kept() -> None:
    failure = failures.Failure(FailureKind.UNKNOWN, "a\0b\ud800" + "x" * 5000)
    assert failure.detail.startswith("a\ufffdb\ufffdx")
    assert len(failure.detail) == 1000


@pytest.mark.parametrize("stream", [b"", speech.start(), speech.start() + speech.event("error", error={})])
def test_only_an_error_status_is_a_rejection_of_the_whole_request(play: Play, stream: bytes) -> None:
    assert not play(asking(), speech.says(stream)).failure.rejected
    assert not play(asking(), sends(plain(307, b""))).failure.rejected


def test_an_error_that_claude_words_with_half_characters_can_be_kept(play: Play) -> None:
    report = speech.event("error", error={"type": "api_error", "message": "\ud800\0"})
    play(asking(), speech.says(speech.start() + report)).failure.detail.encode()
