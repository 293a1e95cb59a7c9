"""Who can be asked, in which order, and why somebody cannot."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace

import pytest

from chatapp.claude import client, clouds, gateway, providers
from chatapp.claude.providers import Kind
from chatapp.storage.crossing import in_thread
from tests.claude.conftest import Play
from tests.claude.listening import ASK, PATIENT, Heard, listen
from tests.claude.sellers import listed, nobody_known, only_this_machine
from tests.claude.speech import answer, says
from tests.claude.upstream import Upstream

__all__ = ["nobody_known", "only_this_machine"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nobody_known", "only_this_machine"),
]

SOUP = says(answer("Soup."))


def test_they_are_asked_in_their_order_and_only_those_that_can_be(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed("last", "http://localhost:1", position=9, price_percent=110)
    listed("first", "http://localhost:1", position=2, model_names={"claude-haiku-5-5": "small"})
    listed("resting", "http://localhost:1", position=1, enabled=False)
    listed("keyless", "http://localhost:1", position=1, key_variable="CLAUDE_NO_KEY")
    caplog.set_level(logging.INFO)

    for _ in range(3):
        asyncio.run(providers.refresh())
    known = providers.known()
    assert [one.name for one in known] == ["", "first", "last"]
    assert [one.price_percent for one in known] == [100, 100, 110]
    assert [providers.serves(one, "claude-sonnet-5-5") for one in known] == [True, False, True]
    lines = [record.getMessage() for record in caplog.records if record.name == "chatapp.claude.providers"]
    assert lines == [
        "provider keyless is skipped: The environment variable CLAUDE_NO_KEY is not set where this process runs."
    ]
    monkeypatch.setenv("CLAUDE_NO_KEY", "sk-there")
    asyncio.run(providers.refresh())
    assert [one.name for one in providers.known()] == ["", "keyless", "first", "last"]


def test_whoever_watches_keeps_what_is_known_fresh() -> None:
    listed("two", "http://localhost:1")

    async def main() -> None:
        watching = asyncio.create_task(providers.watch())
        async with asyncio.timeout(5):
            while len(providers.known()) < 2:
                await asyncio.sleep(0)
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching

    asyncio.run(main())
    assert providers.called("two") is not None


@pytest.mark.parametrize(("name", "why"), [("nobody", "no enabled provider"), ("keyless", "CLAUDE_NO_KEY is not set")])
def test_a_name_that_leads_nowhere_is_a_failure_and_nothing_is_sent(play: Play, name: str, why: str) -> None:
    async def act(upstream: Upstream) -> tuple[Heard, int]:
        await in_thread(listed, "keyless", upstream.url, key_variable="CLAUDE_NO_KEY")
        await providers.refresh()
        with pytest.raises(gateway.Failure, match=why):
            await gateway.count(ASK, name)
        return await listen(gateway.open(ASK, PATIENT, name)), len(upstream.requests)

    heard, requests = play(act, SOUP)
    assert (heard.kind, heard.exchange.sent, requests) == ("misconfigured", False, 0)
    assert why in heard.failure.detail


def test_a_provider_has_one_line_and_a_changed_one_another() -> None:
    before = providers.Provider("two", base_url="http://localhost:1", key_variable="CLAUDE_TWO_KEY")

    async def lines() -> list[client.Line]:
        changed = replace(before, base_url="http://localhost:2")
        made = [client.line(), *map(client.line_to, (before, before, changed))]
        await client.close()
        return made

    own, one, again, other = asyncio.run(lines())
    assert one is again
    assert len({id(one), id(other), id(own)}) == 3
    assert one.pace is other.pace is own.pace
    assert str(other.claude.base_url).rstrip("/") == "http://localhost:2"


@pytest.mark.parametrize(
    ("kind", "region", "address"),
    [
        (Kind.ANTHROPIC, "", "https://api.anthropic.com"),
        (Kind.BEDROCK, "us-east-1", "https://bedrock-mantle.us-east-1.api.aws/anthropic"),
        (Kind.VERTEX, "europe-west1", "https://europe-west1-aiplatform.googleapis.com/v1"),
        (Kind.VERTEX, "global", "https://aiplatform.googleapis.com/v1"),
        (Kind.VERTEX, "eu", "https://aiplatform.eu.rep.googleapis.com/v1"),
    ],
)
def test_without_an_address_it_is_the_kinds_usual_one(kind: Kind, region: str, address: str) -> None:
    assert clouds.address(providers.Provider("two", kind, region=region)) == address
