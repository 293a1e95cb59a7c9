"""A second provider is asked as it wants to be asked, with its own key, and nowhere else."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from chatapp.claude import client, gateway, providers
from chatapp.claude.models import Provider
from chatapp.storage.crossing import in_thread
from tests.claude import speech
from tests.claude.conftest import Play
from tests.claude.listening import ASK, PATIENT, Heard, listen
from tests.claude.sellers import CLOUDS, asking_at, listed, nobody_known, only_this_machine
from tests.claude.speech import answer, says
from tests.claude.upstream import Upstream
from tests.stand_in import StandIn, claude, claude_process, standing_in

__all__ = ["claude", "claude_process", "nobody_known", "only_this_machine"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nobody_known", "only_this_machine"),
]

SOUP = says(answer("Soup."))


@pytest.mark.parametrize(
    ("kind", "path", "model"),
    [
        ("anthropic", "/v1/messages", "claude-sonnet-5-5"),
        ("bedrock", "/v1/messages", "anthropic.claude-sonnet-5-5"),
        (
            "vertex",
            "/projects/acme-chat/locations/europe-west1/publishers/anthropic/models/claude-sonnet-5-5:streamRawPredict",
            None,
        ),
    ],
)
def test_each_kind_is_asked_in_its_own_way(play: Play, settings: Settings, kind: str, path: str, model: str) -> None:
    settings.ANTHROPIC_API_KEY = "sk-first"
    ask = replace(ASK, effort="low", diagnostics={"previous_message_id": "msg_of_the_first"})
    heard = play(asking_at(kind, ask), SOUP)
    (request,) = heard.requests
    assert (heard.text, heard.failure, heard.exchange.complete) == ("Soup.", None, True)
    assert (request.method, request.path, request.json.get("model")) == ("POST", path, model)
    assert request.headers["authorization"] == "bearer sk-two"
    assert "sk-first" not in str(request)
    assert request.json["output_config"] == {"effort": "low"}
    assert "diagnostics" not in request.json
    assert heard.exchange.usage is not None
    assert (heard.exchange.usage.output_tokens, heard.exchange.usage.trusted) == (7, True)


@pytest.mark.parametrize("kind", CLOUDS)
def test_a_model_has_another_name_there_and_ours_when_it_comes_back(play: Play, kind: str) -> None:
    names = {"claude-sonnet-5-5": "their.sonnet@1"}
    stream = answer("Soup.").replace(b'"claude-sonnet-5-5"', b'"their.sonnet@1"')
    heard = play(asking_at(kind, model_names=names), says(stream))
    (request,) = heard.requests
    assert "their.sonnet@1" in request.path + str(request.json.get("model"))
    assert heard.exchange.model == "claude-sonnet-5-5"


@pytest.mark.parametrize("kind", CLOUDS)
def test_every_kind_counts(play: Play, kind: str) -> None:
    async def act(upstream: Upstream) -> tuple[int, Any]:
        await in_thread(listed, "two", upstream.url, kind=kind, **CLOUDS[kind])
        await providers.refresh()
        return await gateway.count(ASK, "two"), upstream.requests[0]

    tokens, request = play(act, speech.sends(speech.plain(200, b'{"input_tokens": 42}')))
    assert tokens == 42
    assert request.path.endswith(("/v1/messages/count_tokens", "/count-tokens:rawPredict"))
    assert request.json["model"].endswith("claude-sonnet-5-5")


@pytest.mark.parametrize(
    ("kind", "status", "body", "failure"),
    [
        (
            "vertex",
            429,
            b'[{"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED"}}]',
            "rate_limited",
        ),
        ("vertex", 403, b'{"error": {"code": 403, "status": "PERMISSION_DENIED"}}', "forbidden"),
        ("vertex", 529, b'{"type": "error", "error": {"type": "overloaded_error", "message": "no"}}', "overloaded"),
        ("bedrock", 403, b'{"message": "The security token included in the request is invalid"}', "forbidden"),
        ("bedrock", 503, b'{"message": "Bedrock is unable to process your request."}', "server_error"),
    ],
)
def test_a_clouds_refusals_are_rows_of_the_same_table(
    play: Play, kind: str, status: int, body: bytes, failure: str
) -> None:
    heard = play(asking_at(kind), speech.sends(speech.plain(status, body, x_amzn_requestid="req_aws")))
    assert heard.failure is not None
    assert (heard.kind, heard.failure.rejected, heard.exchange.sent) == (failure, True, True)
    assert len(heard.requests) == 1


@pytest.mark.parametrize("kind", CLOUDS)
def test_a_clouds_stream_that_breaks_off_is_cut_or_lost_like_any_other(play: Play, kind: str) -> None:
    begun = speech.head() + speech.chunk(speech.start() + speech.block() + speech.word("Stock"))
    heard = play(asking_at(kind), speech.sends(begun))
    assert (heard.text, heard.kind) == ("Stock", "connection_lost")


@pytest.mark.parametrize("kind", ["bedrock", "vertex"])
def test_the_clouds_own_credentials_need_its_library_and_without_it_nothing_is_sent(
    play: Play, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    for module in ("boto3", "google.auth"):
        # As if it had never been installed.
        monkeypatch.setitem(sys.modules, module, None)
    heard = play(asking_at(kind, key_variable=""), SOUP)
    assert heard.failure is not None
    assert (heard.kind, heard.exchange.sent, heard.requests) == ("misconfigured", False, [])
    assert f'"anthropic[{kind}]"' in heard.failure.detail
    assert "install" not in heard.failure.sentence


def test_a_second_claude_answers_where_the_first_is_busy(
    claude: StandIn, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    claude.plan_fault("overloaded")

    async def ask_both(second: StandIn) -> list[Heard]:
        await in_thread(listed, "two", second.url)
        try:
            return [
                await listen(gateway.open(ASK, PATIENT, one.name))
                for one in await providers.refresh()
                if providers.serves(one, ASK.model)
            ]
        finally:
            await client.close()

    settings.ANTHROPIC_BASE_URL = claude.url
    with standing_in() as second:
        second.clear()
        busy, answered = asyncio.run(ask_both(second))
        journal = second.settled_journal()
    assert (busy.kind, busy.text) == ("overloaded", "")
    assert (answered.kind, bool(answered.text), answered.exchange.complete) == (None, True, True)
    assert [entry["correlation_id"] for entry in journal] == [ASK.correlation_id]
    assert [entry["status"] for entry in claude.settled_journal()] == [529]


def test_what_the_environment_adds_for_the_first_one_the_others_never_see(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-api-key: sk-first")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "sk-first")
    for cloud in ("", "BEDROCK_", "BEDROCK_MANTLE_", "VERTEX_"):
        monkeypatch.setenv(f"ANTHROPIC_{cloud}BASE_URL", "http://nowhere.invalid")
    for kind in CLOUDS:
        heard = play(asking_at(kind), SOUP)
        Provider.objects.all().delete()
        assert heard.text == "Soup."
        assert "sk-first" not in str(heard.requests)
