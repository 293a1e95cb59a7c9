"""Whatever happens upstream is one failure of a known kind, after all the words that had arrived."""

from __future__ import annotations

import asyncio

import pytest
from pytest_django.fixtures import Settings

from chatapp.claude import gateway
from tests.claude import speech
from tests.claude.conftest import Play
from tests.claude.listening import ASK, PATIENT, Heard, asking, impatient, listen
from tests.claude.speech import answer, block, chunk, event, finish, head, raw_event, says, sends, start, word
from tests.claude.upstream import Upstream, full_port

BEGUN = start() + block() + word("Stock")
CUT_HERE = [
    (b"", "garbled", ""),
    (speech.PING, "garbled", ""),
    (start(), "cut", ""),
    (start() + block(), "cut", ""),
    (BEGUN, "cut", "Stock"),
    (BEGUN + word(" and")[:-1], "cut", "Stock"),
    (BEGUN + speech.block_end(), "cut", "Stock"),
    (BEGUN + speech.block_end() + finish(), "cut", "Stock"),
    (BEGUN + speech.block_end() + finish() + b"event: message_stop\n", "cut", "Stock"),
]


@pytest.mark.parametrize(("stream", "kind", "text"), CUT_HERE)
def test_a_clean_end_before_the_last_event_is_a_cut(play: Play, stream: bytes, kind: str, text: str) -> None:
    heard = play(asking(), says(stream))
    assert (heard.kind, heard.text) == (kind, text)
    assert not heard.exchange.complete


@pytest.mark.parametrize(("stream", "_kind", "text"), CUT_HERE)
def test_a_connection_that_ends_in_mid_body_is_lost(play: Play, stream: bytes, _kind: str, text: str) -> None:
    heard = play(asking(), sends(head() + (chunk(stream) if stream else b"")))
    assert (heard.kind, heard.text) == ("connection_lost", text)
    assert heard.exchange.sent


def test_the_end_without_a_reason_is_no_end(play: Play) -> None:
    heard = play(asking(), says(BEGUN + finish(None) + speech.STOP))
    assert (heard.kind, heard.text) == ("cut", "Stock")
    assert not heard.exchange.complete


def test_a_response_without_any_framing_still_counts_when_claude_said_it_is_over(play: Play) -> None:
    heard = play(asking(), sends(head(framing="") + answer("Soup.")))
    assert (heard.kind, heard.text) == (None, "Soup.")
    assert play(asking(), sends(head(framing="") + BEGUN)).kind == "cut"


@pytest.mark.parametrize("cut", [0, 1, 60, -4])
def test_a_connection_torn_down_keeps_the_words_before(play: Play, cut: int) -> None:
    heard_it = asyncio.Event()
    tail = chunk(word(" and"))[:cut]

    async def act(upstream: Upstream) -> Heard:
        exchange = gateway.open(ASK, PATIENT)
        first = await anext(exchange)
        heard_it.set()
        heard = await listen(exchange)
        heard.batches.insert(0, first)
        return heard

    heard = play(act, speech.resets_after(head() + chunk(BEGUN) + tail, heard_it))
    assert (heard.kind, heard.text) == ("connection_lost", "Stock")


def test_a_connection_torn_down_before_any_answer_may_have_cost_something(play: Play) -> None:
    now = asyncio.Event()
    now.set()
    heard = play(asking(), speech.resets_after(b"", now))
    assert heard.kind == "connection_lost"
    assert heard.exchange.sent


def test_nobody_listens_there(play: Play) -> None:
    async def act(upstream: Upstream) -> Heard:
        upstream._server.close()
        await upstream._server.wait_closed()
        return await listen(gateway.open(ASK, PATIENT))

    heard = play(act, says(b""))
    assert heard.kind == "unreachable"
    assert not heard.exchange.sent


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, "overloaded"),
        ({"type": "api_error", "message": "Internal server error"}, "server_error"),
        ({"type": "rate_limit_error"}, "rate_limited"),
        ({"type": "timeout_error"}, "server_timeout"),
        ({"type": "billing_error"}, "billing"),
        ({"type": "a_new_error"}, "server_error"),
        ({}, "server_error"),
        (None, "server_error"),
        ("broken", "server_error"),
        (
            {"type": "rate_limit_error", "details": {"error_code": "enforced_spend_limit_reached"}},
            "spend_limit",
        ),
    ],
)
def test_an_error_in_a_stream_that_began_well(play: Play, report: object, kind: str) -> None:
    heard = play(asking(), says(BEGUN + event("error", error=report) + word(" and")))
    assert (heard.kind, heard.text) == (kind, "Stock")
    assert heard.exchange.usage.input_tokens == 11


@pytest.mark.parametrize(
    "broken",
    [
        raw_event("content_block_delta", '{"type": "content_block_delta", "index": 0'),
        raw_event("content_block_delta", ""),
        raw_event("content_block_delta", "null"),
        raw_event("content_block_delta", "[1, 2]"),
        raw_event("content_block_delta", "{}"),
        raw_event("content_block_delta", "[" * 100_000),
        b"data: [DONE]\n\n",
        b"event: content_block_delta\ndata: \xff\xfe\n\n",
        word("\N{SNOWMAN}").replace(b"\\u2603", b"\xe2\x98"),
        event("content_block_delta", index=0),
        event("content_block_delta", index=0, delta={"type": "text_delta"}),
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": 5}),
        event("content_block_start", index=1),
    ],
)
def test_what_cannot_be_read_ends_the_answer_with_its_words_kept(play: Play, broken: bytes) -> None:
    heard = play(asking(), says(BEGUN + broken + word(" and") + speech.END))
    empty_data = broken.endswith(b"data: \n\n")
    assert (heard.kind, heard.text) == ((None, "Stock and") if empty_data else ("garbled", "Stock"))


def test_a_web_page_with_a_good_status_is_no_answer(play: Play) -> None:
    page = b"<!doctype html><title>Welcome</title>"
    heard = play(asking(), sends(speech.plain(200, page, content_type="text/html")))
    assert heard.kind == "garbled"
    assert "text/html" in heard.failure.detail


@pytest.mark.parametrize("response", [speech.plain(200, b""), speech.head(204, framing="")])
def test_an_empty_response_is_no_answer(play: Play, response: bytes) -> None:
    assert play(asking(), sends(response)).kind == "garbled"


@pytest.mark.parametrize(
    "junk",
    [
        b"HTTP/1.1 abc\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 40_000 + b"\r\n",
        head() + b"zz\r\nhello\r\n0\r\n\r\n",
        head() + b"-5\r\nhello\r\n0\r\n\r\n",
        head() + b"0x5\r\nhello\r\n0\r\n\r\n",
        head() + b"5\r\nhelloXX0\r\n\r\n",
        head() + b"5;" + b"x" * 10_000,
        head(framing="content-length: 5, 6"),
        head(framing="content-length: five"),
        head(framing="transfer-encoding: rot13"),
        b"",
    ],
)
def test_what_is_not_http_is_a_lost_connection(play: Play, junk: bytes) -> None:
    assert (
        play(asking(), speech.stays_after(junk) if junk.startswith(head()) else sends(junk)).kind == "connection_lost"
    )


def test_a_redirect_is_not_followed_with_the_question(play: Play) -> None:
    async def act(upstream: Upstream) -> tuple[Heard, int]:
        return await listen(gateway.open(ASK, PATIENT)), len(upstream.requests)

    heard, requests = play(act, sends(speech.plain(307, b"", location="/elsewhere")))
    assert (heard.kind, requests) == ("misconfigured", 1)


def test_a_failure_in_the_first_attempt_leaves_the_next_one_untouched(play: Play) -> None:
    async def act(upstream: Upstream) -> list[str | None]:
        return [(await listen(gateway.open(ASK, PATIENT))).kind for _ in range(3)]

    kinds = play(act, sends(head() + chunk(BEGUN)), says(BEGUN), says(answer("Soup.")))
    assert kinds == ["connection_lost", "cut", None]


def test_no_failure_shows_a_person_what_only_staff_may_read(play: Play) -> None:
    secret = "sk-ant-secret at 10.0.0.1"
    report = speech.event("error", error={"type": "api_error", "message": secret})
    failure = play(asking(), says(BEGUN + report)).failure
    assert secret in failure.detail
    assert secret not in failure.sentence


def test_after_a_failure_the_iteration_is_over(play: Play) -> None:
    async def act(upstream: Upstream) -> tuple[str | None, list[gateway.Batch]]:
        exchange = gateway.open(ASK, PATIENT)
        first = await listen(exchange)
        return first.kind, [batch async for batch in exchange]

    assert play(act, says(start())) == ("cut", [])


def test_a_host_that_does_not_take_the_connection_is_given_up_in_time(play: Play, settings: Settings) -> None:
    async def act(upstream: Upstream) -> Heard:
        with full_port() as port:
            settings.ANTHROPIC_BASE_URL = f"http://127.0.0.1:{port}"
            return await listen(gateway.open(ASK, impatient(connect=0.05)))

    heard = play(act, says(b""))
    assert heard.kind == "connect_deadline"
    assert not heard.exchange.sent
