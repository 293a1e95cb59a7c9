"""Claude is spoken to in private, and only to Claude."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from chatapp.claude import gateway
from tests.claude import certificates, speech
from tests.claude.conftest import Play
from tests.claude.listening import ASK, PATIENT, Heard, asking, impatient, listen
from tests.claude.speech import answer, block, chunk, head, says, start, stays_after, word
from tests.claude.upstream import Call, Upstream


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ours.pem"))
    return certificates.make(tmp_path / "ours.pem")


def test_answers_in_private_share_a_connection(play: Play, trusted: ssl.SSLContext) -> None:
    spoken: list[str | None] = []

    async def script(call: Call) -> str:
        spoken.append(call.writer.get_extra_info("ssl_object").selected_alpn_protocol())
        return await says(answer("So", "up."))(call) or ""

    async def act(upstream: Upstream) -> tuple[list[str], int]:
        texts = [(await listen(gateway.open(ASK, PATIENT))).text for _ in range(3)]
        return texts, upstream.connections

    assert play(act, script, tls=trusted) == (["Soup."] * 3, 1)
    assert set(spoken) == {"http/1.1"}


def test_a_long_answer_and_a_long_question_in_private(play: Play, trusted: ssl.SSLContext) -> None:
    novel = "Noodles, and so on. " * 50_000
    long_question = ({"role": "user", "content": novel},)
    assert play(asking(messages=long_question), says(answer(novel)), tls=trusted).text == novel


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_of_tls(play: Play, trusted: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    trusted.minimum_version = trusted.maximum_version = version
    assert play(asking(), says(answer("Soup.")), tls=trusted).text == "Soup."


def test_a_stranger_with_another_name_hears_nothing(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    stranger = certificates.make(tmp_path / "other.pem", "elsewhere.example")
    heard = play(asking(), says(answer("Soup.")), tls=stranger)
    assert heard.kind == "unreachable"
    assert not heard.exchange.sent


def test_a_stranger_whom_nobody_vouches_for_hears_nothing(play: Play, tmp_path: Path, trusted: ssl.SSLContext) -> None:
    stranger = certificates.make(tmp_path / "stranger.pem")
    heard = play(asking(), says(answer("Soup.")), tls=stranger)
    assert heard.kind == "unreachable"
    assert not heard.exchange.sent


def test_a_server_without_tls_hears_nothing_of_the_question(play: Play, settings: Settings) -> None:
    async def act(upstream: Upstream) -> tuple[Heard, int]:
        settings.ANTHROPIC_BASE_URL = upstream.url.replace("http:", "https:")
        return await listen(gateway.open(ASK, impatient(connect=0.1))), len(upstream.requests)

    heard, requests = play(act, says(answer("Soup.")))
    assert (heard.kind, heard.exchange.sent, requests) == ("connect_deadline", False, 0)


def test_a_private_connection_that_ends_too_soon(play: Play, trusted: ssl.SSLContext) -> None:
    begun = head() + chunk(start() + block() + word("Stock"))
    heard = play(asking(), speech.sends(begun), tls=trusted)
    assert (heard.kind, heard.text) == ("connection_lost", "Stock")


def test_a_private_connection_torn_down(play: Play, trusted: ssl.SSLContext) -> None:
    heard_it = asyncio.Event()

    async def act(upstream: Upstream) -> Heard:
        exchange = gateway.open(ASK, PATIENT)
        first = await anext(exchange)
        heard_it.set()
        heard = await listen(exchange)
        return Heard(exchange, [first, *heard.batches], heard.failure)

    begun = head() + chunk(start() + block() + word("Stock"))
    heard = play(act, speech.resets_after(begun, heard_it), tls=trusted)
    assert (heard.kind, heard.text) == ("connection_lost", "Stock")


def test_a_stop_ends_a_private_connection_at_once(play: Play, trusted: ssl.SSLContext) -> None:
    async def act(upstream: Upstream) -> bool:
        exchange = gateway.open(ASK, PATIENT)
        await anext(exchange)
        await exchange.aclose()
        await upstream.everybody_left()
        return exchange.sent

    assert play(act, stays_after(head() + chunk(start() + block() + word("Stock"))), tls=trusted)


@pytest.mark.parametrize("turns_of_the_loop", range(0, 40, 2))
def test_any_instant_of_a_private_beginning_is_a_good_one_to_stop_at(
    play: Play, trusted: ssl.SSLContext, turns_of_the_loop: int
) -> None:
    async def act(upstream: Upstream) -> Heard:
        exchange = gateway.open(ASK, PATIENT)
        task = asyncio.create_task(listen(exchange))
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        await exchange.aclose()
        return await task

    assert play(act, says(answer("Soup.")), tls=trusted).failure is None
