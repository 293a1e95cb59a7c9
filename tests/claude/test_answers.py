"""An answer is heard: its words, its thinking, its counts and its end."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from typing import Any

import pytest

from chatapp.claude import gateway
from tests.claude import speech
from tests.claude.conftest import Play
from tests.claude.listening import ASK, PATIENT, Heard, asking, listen
from tests.claude.speech import answer, says
from tests.claude.upstream import KEEP, Call, Request, Upstream


def test_a_person_gets_the_words_that_claude_said(play: Play) -> None:
    heard = play(asking(), says(answer("Stock", " and", " patience."), anthropic_ratelimit_tokens_remaining="77"))
    exchange = heard.exchange
    assert (heard.text, heard.thinking, heard.failure) == ("Stock and patience.", "", None)
    assert exchange.complete
    assert exchange.stop_reason == "end_turn"
    assert (exchange.message_id, exchange.model, exchange.request_id) == ("msg_1", "claude-sonnet-5-5", "req_1")
    assert exchange.rate_headers == {"anthropic-ratelimit-tokens-remaining": "77"}
    assert exchange.sent
    assert 0 <= exchange.first_event_seconds <= exchange.first_word_seconds


def test_the_counts_are_merged_and_never_added(play: Play) -> None:
    exchange = play(asking(), says(answer("Soup."))).exchange
    assert exchange.usage == gateway.Usage(
        input_tokens=11,
        output_tokens=7,
        cache_read_tokens=400,
        cache_write_5m_tokens=10,
        cache_write_1h_tokens=20,
        final=True,
        trusted=True,
    )


def test_the_request_says_everything_that_was_asked_and_who_asked(play: Play) -> None:
    whole: dict[str, Any] = {
        "system": ({"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}},),
        "effort": "low",
        "thinking": {"type": "adaptive", "display": "summarized"},
        "user_id": "u-17",
        "diagnostics": {"previous_message_id": None},
    }

    async def act(upstream: Upstream) -> Upstream:
        await listen(gateway.open(replace(ASK, **whole), PATIENT))
        return upstream

    (request,) = play(act, says(answer("Yes."))).requests
    assert request.path == "/v1/messages"
    assert request.json == {
        "model": "claude-sonnet-5-5",
        "messages": [{"role": "user", "content": "What is the secret of a good soup?"}],
        "max_tokens": 1000,
        "stream": True,
        "system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}],
        "output_config": {"effort": "low"},
        "thinking": {"type": "adaptive", "display": "summarized"},
        "metadata": {"user_id": "u-17"},
        "diagnostics": {"previous_message_id": None},
    }
    assert request.headers["x-correlation-id"] == "c0ffee"
    assert request.headers["accept-encoding"] == "identity"
    assert "traceparent" not in request.headers
    assert request.headers["x-stainless-retry-count"] == "0"


def test_a_long_prompt_is_not_kept_beside_its_answer(play: Play) -> None:
    prompt = "A long story of soup. " * 20_000

    async def act(upstream: Upstream) -> int:
        exchange = gateway.open(replace(ASK, messages=({"role": "user", "content": prompt},)), PATIENT)
        async with exchange:
            await anext(exchange)
            return sum(_holds(keeper, prompt) for keeper in gc.get_objects() if type(keeper) is not Request)

    async def script(call: Call) -> None:
        await call.send(speech.head() + speech.chunk(speech.start() + speech.block() + speech.word("Soup.")))
        await call.left()

    assert play(act, script) == 0


def _holds(keeper: object, text: str) -> bool:
    """Whether an object keeps the text, or a longer one with it inside, in words or in bytes."""
    parts = [part for part in gc.get_referents(keeper) if type(part) in (str, bytes) and len(part) >= len(text)]
    return any(part is not text and (text if type(part) is str else text.encode()) in part for part in parts)


def test_thinking_is_told_apart_from_the_answer(play: Play) -> None:
    stream = (
        speech.start()
        + speech.block("thinking")
        + speech.thought("Hm, ")
        + speech.thought("soup.")
        + speech.event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "s"})
        + speech.block_end()
        + speech.block("text", index=1)
        + speech.word("Stock.", index=1)
        + speech.END
    )
    heard = play(asking(), says(stream))
    assert (heard.thinking, heard.text) == ("Hm, soup.", "Stock.")
    assert not heard.batches[-1].thinking_now


def test_a_person_sees_that_claude_thinks_before_any_word_of_it(play: Play) -> None:
    thought_of = asyncio.Event()

    async def script(call: Call) -> str:
        await call.send(speech.head() + speech.chunk(speech.start() + speech.block("redacted_thinking", data="x")))
        await thought_of.wait()
        await call.send(speech.chunk(speech.block_end() + speech.block() + speech.word("Soup.") + speech.END))
        await call.send(speech.LAST_CHUNK)
        return KEEP

    async def act(upstream: Upstream) -> list[gateway.Batch]:
        batches = []
        async for batch in gateway.open(ASK, PATIENT):
            batches.append(batch)
            thought_of.set()
        return batches

    assert play(act, script) == [gateway.Batch("", "", True), gateway.Batch("Soup.", "", False)]


@pytest.mark.parametrize("kind", ["tool_use", "server_tool_use", "something_new"])
def test_only_text_blocks_are_shown_as_text(play: Play, kind: str) -> None:
    stream = (
        speech.start()
        + speech.block(kind)
        + speech.word("not for people")
        + speech.event("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": "{"})
        + speech.block_end()
        + speech.block("text", index=1, text="So")
        + speech.word("up.", index=1)
        + speech.END
    )
    assert play(asking(), says(stream)).text == "Soup."


def test_a_refusal_is_no_failure_and_says_why(play: Play) -> None:
    details = {"type": "refusal", "category": "bio", "explanation": "no"}
    stream = speech.start() + speech.block() + speech.word("I") + speech.finish("refusal", stop_details=details)
    heard = play(asking(), says(stream + speech.STOP))
    assert heard.failure is None
    assert heard.exchange.complete
    assert heard.exchange.stop_reason == "refusal"
    assert heard.exchange.stop_details == details


@pytest.mark.parametrize("reason", ["max_tokens", "pause_turn", "model_context_window_exceeded", "something_new"])
def test_every_stop_reason_is_passed_on_as_it_came(play: Play, reason: str) -> None:
    heard = play(asking(), says(speech.start() + speech.finish(reason) + speech.STOP))
    assert (heard.failure, heard.text) == (None, "")
    assert heard.exchange.stop_reason == reason
    assert heard.exchange.complete


def test_the_reason_for_a_cache_miss_is_kept(play: Play) -> None:
    missed = {"cache_miss_reason": {"type": "system_changed", "cache_missed_input_tokens": 9}}
    stream = speech.start(diagnostics=missed) + speech.END
    assert play(asking(), says(stream)).exchange.cache_miss_reason == "system_changed"
    pending = speech.start(diagnostics={"cache_miss_reason": None}) + speech.END
    assert play(asking(), says(pending)).exchange.cache_miss_reason is None


def test_events_after_the_end_are_not_heard(play: Play) -> None:
    stream = answer("All.") + speech.word(" And more.") + speech.event("error", error={"type": "api_error"})
    heard = play(asking(), says(stream))
    assert (heard.text, heard.failure) == ("All.", None)


@pytest.mark.parametrize("after", [b"", speech.PING, speech.PING * 10_000])
def test_an_answer_is_whole_at_its_last_event_though_the_connection_goes_on(play: Play, after: bytes) -> None:
    heard = play(asking(), speech.stays_after(speech.head() + speech.chunk(answer("Soup.") + after)))
    assert (heard.text, heard.failure) == ("Soup.", None)
    assert heard.exchange.complete


def test_answers_one_after_the_other_share_a_connection(play: Play) -> None:
    async def act(upstream: Upstream) -> tuple[list[Heard], int]:
        heard = [await listen(gateway.open(ASK, PATIENT)) for _ in range(3)]
        return heard, upstream.connections

    heard, connections = play(act, says(answer("Soup.")))
    assert [one.text for one in heard] == ["Soup."] * 3
    assert connections == 1


def test_an_answer_in_a_compressed_stream_is_read_all_the_same(play: Play) -> None:
    import gzip

    heard = play(asking(), says(gzip.compress(answer("Soup.")), content_encoding="gzip"))
    assert (heard.text, heard.failure) == ("Soup.", None)


def test_counting_asks_for_the_prompt_only(play: Play) -> None:
    async def act(upstream: Upstream) -> tuple[int, Upstream]:
        return await gateway.count(replace(ASK, effort="low")), upstream

    tokens, upstream = play(act, speech.sends(speech.plain(200, b'{"input_tokens": 42}')))
    assert tokens == 42
    assert upstream.requests[0].path == "/v1/messages/count_tokens"
    assert set(upstream.requests[0].json) == {"model", "messages", "output_config"}


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (speech.plain(200, b'{"input_tokens": -1}'), "garbled"),
        (speech.plain(200, b'{"input_tokens": "many"}'), "garbled"),
        (speech.plain(200, b"<html>", content_type="text/html"), "garbled"),
        (speech.plain(200, b"{"), "garbled"),
        (speech.plain(529, b"{}"), "overloaded"),
        (b"", "connection_lost"),
    ],
)
def test_a_count_that_cannot_be_had_is_a_failure(play: Play, response: bytes, kind: str) -> None:
    async def act(upstream: Upstream) -> str:
        with pytest.raises(gateway.Failure) as caught:
            await gateway.count(ASK)
        return caught.value.kind

    assert play(act, speech.sends(response)) == kind


def test_a_count_that_takes_too_long_is_given_up(play: Play) -> None:
    async def act(upstream: Upstream) -> str:
        with pytest.raises(gateway.Failure) as caught:
            await gateway.count(ASK, seconds=0.05)
        return caught.value.kind

    assert play(act, speech.stays_after(b"")) == "first_event_deadline"
