"""What the simulated Claude refuses to answer, as the real API does."""

import asyncio
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import anthropic
import pytest

from tests.simulator.talk import MODEL, ask, client, wish
from tests.stand_in import StandIn

USER = {"role": "user", "content": "Hello"}
ASSISTANT = {"role": "assistant", "content": "Hi"}
MARK = {"cache_control": {"type": "ephemeral"}}
LONG_MARK = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}


def marked(*marks: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": "A part of the prompt.", **mark} for mark in marks]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"extra_body": {"temperature": 0.5}}, "temperature"),
        ({"extra_body": {"top_p": 0.5}}, "top_p"),
        ({"extra_body": {"top_k": 5}}, "top_k"),
        ({"extra_body": {"colour": "blue"}}, "colour: Extra inputs are not permitted"),
        ({"messages": [USER, ASSISTANT]}, "prefill"),
        ({"messages": [ASSISTANT, USER]}, 'first message must use the "user" role'),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "user", "content": []}]}, "non-empty content"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "must be non-empty"),
        ({"messages": [{"role": "user", "content": " \n"}]}, "non-whitespace"),
        ({"messages": [{"role": "system", "content": "x"}, USER]}, "first message"),
        ({"messages": [USER, ASSISTANT, {"role": "system", "content": "x"}]}, "must follow a user message"),
        ({"messages": [USER, {"role": "robot", "content": "x"}]}, "messages.1.role"),
        ({"system": marked(MARK, MARK, MARK, MARK, MARK)}, "A maximum of 4 blocks"),
        ({"system": marked(MARK, MARK, MARK, MARK), **MARK}, "A maximum of 4 blocks"),
        ({"system": marked(MARK, LONG_MARK)}, "a ttl='1h' cache_control block must not come after"),
        ({"max_tokens": 200_000}, "max_tokens: 200000 > 128000"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"model": "claude-sonnet-5-5", "thinking": {"type": "disabled"}}, "thinking.type.disabled"),
        (
            {"model": "claude-sonnet-5-5", "thinking": {"type": "enabled", "budget_tokens": 2000}},
            "thinking.type.enabled",
        ),
        ({"model": "claude-opus-5-5", "thinking": {"type": "between_tools"}}, "between_tools"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, "thinking.type.enabled"),
        ({"thinking": {"type": "disabled"}, "output_config": {"effort": "max"}}, "effort"),
        (
            {
                "model": "claude-sonnet-5-5",
                "thinking": {"type": "between_tools", "display": "omitted"},
            },
            "between_tools",
        ),
        ({"output_config": {"effort": "heroic"}}, "effort"),
        ({"metadata": {"user_id": "x" * 300}}, "user_id"),
        ({"system": 5}, "system"),
        ({"metadata": "me"}, "metadata"),
    ],
)
def test_a_request_that_the_api_refuses_is_refused_here_too(claude: StandIn, wrong: dict[str, Any], words: str) -> None:
    heard = ask(claude, "Hello", **wrong)
    assert isinstance(heard.error, anthropic.BadRequestError)
    assert heard.error.type == "invalid_request_error"
    assert words in str(heard.error)
    assert heard.error.request_id
    assert claude.journal()[-1]["ended"] == "refused"


@pytest.mark.parametrize("model", ["claude-sonnet-9", "claude-opus-4-1", ""])
def test_a_model_that_does_not_answer_is_not_found(claude: StandIn, model: str) -> None:
    error = ask(claude, "Hello", model=model).error
    assert isinstance(error, anthropic.NotFoundError)
    assert error.type == "not_found_error"


def test_a_prompt_longer_than_the_window_is_refused_and_one_that_nearly_fills_it_ends_early(claude: StandIn) -> None:
    letters = "a" * 3_599_900
    error = ask(claude, letters + "b" * 200).error
    assert isinstance(error, anthropic.BadRequestError)
    assert "prompt is too long: 1000028 tokens > 1000000 maximum" in str(error)
    heard = ask(claude, letters[:-20] + "[[tokens:100]]")
    assert heard.stop_reason == "model_context_window_exceeded"
    assert len(heard.all("content_block_delta")) == 29


def test_a_request_over_32_megabytes_is_too_large(claude: StandIn) -> None:
    error = ask(claude, "a" * (33 * 1024 * 1024), patience=20).error
    assert isinstance(error, anthropic.APIStatusError)
    assert error.status_code == 413
    assert str(error.type) == "request_too_large"


def send(claude: StandIn, headers: dict[str, str], body: bytes, path: str = "/v1/messages") -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(claude.url).netloc, timeout=5)
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_a_stranger_without_a_key_is_turned_away_whichever_way_keys_are_brought(claude: StandIn) -> None:
    body = json.dumps(wish("Hello [[pace:0]]")).encode()
    version = {"anthropic-version": "2026-10-21"}
    assert send(claude, version, body)[0] == 401
    assert send(claude, {"authorization": "Bearer ", **version}, body)[0] == 401
    assert send(claude, {"authorization": "Bearer key", **version}, body)[0] == 200
    assert send(claude, {"x-api-key": "key", **version}, body)[0] == 200
    status, answer = send(claude, {"x-api-key": "key"}, body)
    assert status == 400
    assert "anthropic-version" in answer["error"]["message"]


def test_what_is_no_json_and_what_is_no_door_is_refused_in_the_same_shape(claude: StandIn) -> None:
    headers = {"x-api-key": "key", "anthropic-version": "2026-10-21"}
    status, answer = send(claude, headers, b"{broken")
    assert (status, answer["type"], answer["error"]["type"]) == (400, "error", "invalid_request_error")
    status, answer = send(claude, headers, b"{}", "/v1/nowhere")
    assert (status, answer["error"]["type"]) == (404, "not_found_error")
    assert send(claude, headers, b"{}", "/v1/models")[0] == 405


def test_an_old_model_may_still_be_told_how_to_begin(claude: StandIn) -> None:
    turns = [USER, {"role": "assistant", "content": "The best answer is"}]
    assert ask(claude, turns, model="claude-haiku-4-5").complete


def test_tokens_are_counted_before_the_question_as_they_are_charged_after_it(claude: StandIn) -> None:
    turns = [USER, ASSISTANT, {"role": "user", "content": "Und was heißt „Übermut“? 日本語"}]

    async def count() -> int:
        async with client(claude) as sdk:
            counted = await sdk.messages.count_tokens(model=MODEL, messages=turns, system="Be kind.")  # type: ignore[arg-type]
            return counted.input_tokens

    counted = asyncio.run(count())
    charged = ask(claude, turns, system="Be kind.").start.usage.input_tokens
    said = "Be kind." + "".join(turn["content"] for turn in turns)
    assert counted == charged
    assert len(said.encode()) / 3.6 <= counted <= len(said.encode())
