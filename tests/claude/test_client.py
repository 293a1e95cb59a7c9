"""The SDK is used as we set it up, whatever the environment would like."""

from __future__ import annotations

import asyncio
import logging

import pytest
from pytest_django.fixtures import Settings

from chatapp.claude import client, gateway
from tests.claude import speech
from tests.claude.conftest import Play
from tests.claude.listening import ASK, PATIENT, asking, listen
from tests.claude.speech import answer, says
from tests.claude.upstream import KEEP, Call, Upstream


def test_the_key_is_ours_and_not_the_environments(
    play: Play, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ANTHROPIC_API_KEY = "sk-ours"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-theirs")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "theirs-too")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://nowhere.invalid")

    async def act(upstream: Upstream) -> str:
        await listen(gateway.open(ASK, PATIENT))
        return upstream.requests[0].headers["authorization"]

    assert play(act, says(answer("Soup."))) == "bearer sk-ours"


def test_a_loop_has_one_line_and_another_loop_another(settings: Settings) -> None:
    settings.ANTHROPIC_BASE_URL = "http://localhost:1"

    async def lines() -> tuple[client.Line, client.Line]:
        both = client.line(), client.line()
        await client.close()
        return both

    first, again = asyncio.run(lines())
    other, _ = asyncio.run(lines())
    assert first is again
    assert first is not other


def test_lines_of_loops_that_are_gone_are_forgotten(settings: Settings) -> None:
    settings.ANTHROPIC_BASE_URL = "http://localhost:1"

    async def line() -> None:
        client.line()

    for _ in range(3):
        asyncio.run(line())
    assert len(client._lines) == 1


def test_without_an_address_it_is_claudes_own(settings: Settings) -> None:
    settings.ANTHROPIC_BASE_URL = None

    async def address() -> str:
        url = client.line().claude.base_url
        await client.close()
        return str(url)

    assert asyncio.run(address()) == "https://api.anthropic.com"


def test_no_log_of_the_sdk_ever_has_a_question_or_a_key(
    play: Play, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ANTHROPIC_API_KEY = "sk-ours"
    caplog.set_level(logging.DEBUG)
    for name in ("anthropic", "httpx2", "httpcore2"):
        caplog.set_level(logging.DEBUG, logger=name)
    play(asking(), says(answer("Stock and patience.")))
    play(asking(), speech.sends(speech.plain(500, b"{}")))
    assert "soup" not in caplog.text
    assert "patience" not in caplog.text
    assert "sk-ours" not in caplog.text


async def behind_a_proxy(call: Call) -> str:
    assert call.request.path.startswith("http://claude.invalid/v1/messages")
    return await says(answer("Soup."))(call) or KEEP


def test_behind_a_proxy_the_sdks_own_transport_is_used(
    play: Play, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(upstream: Upstream) -> tuple[str, str | None, bool, bool]:
        monkeypatch.setenv("http_proxy", upstream.url)
        settings.ANTHROPIC_BASE_URL = "http://claude.invalid"
        heard = await listen(gateway.open(ASK, PATIENT))
        return heard.text, heard.kind, heard.exchange.sent, client.line().proxied

    assert play(act, behind_a_proxy) == ("Soup.", None, True, True)


def test_a_proxy_that_is_not_for_this_host_is_not_asked(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://nowhere.invalid:3128")
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    assert play(asking(), says(answer("Soup."))).text == "Soup."


@pytest.mark.parametrize("end", ["stop", "fail"])
def test_an_answer_behind_a_proxy_that_does_not_go_well(
    play: Play, settings: Settings, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    begun = speech.head() + speech.chunk(speech.start() + speech.block() + speech.word("Stock"))

    async def act(upstream: Upstream) -> tuple[str, str | None]:
        monkeypatch.setenv("http_proxy", upstream.url)
        settings.ANTHROPIC_BASE_URL = "http://claude.invalid"
        exchange = gateway.open(ASK, PATIENT)
        text = (await anext(exchange)).text
        if end == "stop":
            await exchange.aclose()
            await upstream.everybody_left()
        return text, (await listen(exchange)).kind

    script = speech.stays_after(begun) if end == "stop" else speech.sends(begun)
    assert play(act, script) == ("Stock", None if end == "stop" else "connection_lost")


def test_a_proxy_that_is_not_there_has_seen_nothing(
    play: Play, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(upstream: Upstream) -> tuple[str | None, bool]:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        settings.ANTHROPIC_BASE_URL = "http://claude.invalid"
        heard = await listen(gateway.open(ASK, PATIENT))
        return heard.kind, heard.exchange.sent

    assert play(act, says(b"")) == ("unreachable", False)
