"""HTTP as the simulated Claude speaks it: connections kept, readers that do not read, tokens that add up."""

import asyncio
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.simulator import tokens
from chatapp.simulator.journal import Journal
from tests.simulator.talk import Heard, client, hear, wish
from tests.stand_in import StandIn

HEADERS = "host: x\r\nx-api-key: key\r\nanthropic-version: 2026-10-21\r\n"


def address(claude: StandIn) -> tuple[str, int]:
    parts = urlsplit(claude.url)
    return str(parts.hostname), int(parts.port or 0)


def request(question: str, more: str = "", **body: Any) -> bytes:
    content = json.dumps(wish(question, **body)).encode()
    head = f"POST /v1/messages HTTP/1.1\r\n{HEADERS}{more}content-length: {len(content)}\r\n\r\n"
    return head.encode() + content


def exchange(claude: StandIn, *sent: bytes) -> bytes:
    """Everything the server says until it closes the connection."""
    with socket.create_connection(address(claude), timeout=5) as connection:
        for part in sent:
            connection.sendall(part)
        heard = b""
        while more := connection.recv(65_536):
            heard += more
        return heard


def test_requests_on_one_connection_are_answered_in_turn_even_if_they_come_all_at_once(claude: StandIn) -> None:
    one, two = request("[[say:b25l]]", stream=True), request("[[say:dHdv]]", "connection: close\r\n")
    heard = exchange(claude, one + two)
    assert heard.count(b"HTTP/1.1 200 OK") == 2
    assert heard.index(b'"one"') < heard.index(b'"two"')


def test_a_request_may_come_byte_by_byte(claude: StandIn) -> None:
    sent = request("[[say:b25l]]", "connection: close\r\n")
    assert b'"one"' in exchange(claude, *(sent[at : at + 1] for at in range(len(sent))))


def test_a_connection_is_used_again_by_the_sdk(claude: StandIn) -> None:
    async def ask_often() -> None:
        async with client(claude) as sdk:
            for _ in range(5):
                await sdk.messages.create(**wish("[[tokens:1]]"))
            opened = sdk._client._transport._pool.connections  # type: ignore[attr-defined]
            assert len(opened) == 1

    asyncio.run(ask_often())


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET /v1/models SMTP\r\n\r\n", 400),
        (b"GET /v1/models HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST /v1/messages HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", 411),
        (b"POST /v1/messages HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n", 413),
        (b"GET /" + b"x" * 70_000, 431),
    ],
)
def test_what_is_no_http_is_answered_and_hung_up_on(claude: StandIn, sent: bytes, status: int) -> None:
    assert exchange(claude, sent).startswith(f"HTTP/1.1 {status} ".encode())


def test_an_upload_may_ask_first(claude: StandIn) -> None:
    heard = exchange(claude, request("[[say:b25l]]", "expect: 100-continue\r\nconnection: close\r\n"))
    assert heard.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_a_reader_that_does_not_read_holds_up_its_own_answer_until_it_reads(claude: StandIn) -> None:
    question = "[[tokens:5]] [[pace:0]] [[fault:tiny_deltas count=200000 after=0]]"
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.settimeout(10)
        connection.connect(address(claude))
        connection.sendall(request(question, "connection: close\r\n", stream=True))
        heard = len(connection.recv(1_000))
        sent = [claude.journal()[0]["bytes_sent"]]
        while len(sent) < 200 or sent[-1] != sent[-200]:
            sent.append(claude.journal()[0]["bytes_sent"])
        assert sent[-1] < 5_000_000
        while more := connection.recv(65_536):
            heard += len(more)
    (entry,) = claude.settled_journal()
    assert entry["ended"] == "completed"
    assert heard == entry["bytes_sent"] > 20_000_000


def test_the_journal_forgets_the_oldest_words_when_there_are_too_many() -> None:
    journal = Journal()
    for _ in range(20):
        entry = journal.open("id", "/v1/messages", b"", {})
        entry.answer = "x" * 1_000_000
        journal.close(entry, "completed")
    told = [entry["answer"] is not None for entry in journal.since(0)]
    assert told == [False] * 4 + [True] * 16


@given(st.text())
def test_tokens_add_up_to_the_text_and_are_never_more_than_its_bytes(text: str) -> None:
    pieces = [piece[0] for piece in tokens.pieces(text)]
    size = len(text.encode("utf-8", "surrogatepass"))
    assert "".join(pieces) == text
    assert len(pieces) <= size
    assert size / 3.6 <= tokens.count(text) <= size


def test_the_journal_knows_every_word_that_left_before_a_reset(claude: StandIn) -> None:
    async def every_byte_of_a_word() -> list[Heard]:
        return await asyncio.gather(
            *[hear(claude, f"[[tokens:60]] [[pace:0]] [[fault:reset bytes={at}]]") for at in range(1500, 1640)]
        )

    heard = asyncio.run(every_byte_of_a_word())
    told = {entry["id"]: entry["answer"] or "" for entry in claude.settled_journal()}
    assert len({one.text for one in heard}) > 1
    for one in heard:
        assert told[one.headers["request-id"]].startswith(one.text)
