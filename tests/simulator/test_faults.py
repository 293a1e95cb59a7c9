"""Every fault the simulated Claude can rehearse, as the real SDK meets it."""

import asyncio
import http.client
import json
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import pytest

from chatapp.simulator.faults import FAULTS
from tests.simulator.talk import Heard, ask, ask_whole, hear
from tests.stand_in import StandIn

QUESTION = "[[tokens:60]] [[pace:0]]"


def status(code: int, kind: str) -> Callable[[Heard], bool]:
    def met(heard: Heard) -> bool:
        error = heard.error
        return isinstance(error, anthropic.APIStatusError) and (error.status_code, error.type) == (code, kind)

    return met


def raised(kind: type[BaseException], words: int | None = None) -> Callable[[Heard], bool]:
    return lambda heard: (
        isinstance(heard.error, kind) and (words is None or len(heard.text.split()) in (words, words + 1))
    )


def ended(reason: str | None, words: int | None = None) -> Callable[[Heard], bool]:
    return lambda heard: (
        heard.error is None and heard.stop_reason == reason and words in (None, len(heard.text.split()))
    )


def silent(heard: Heard) -> bool:
    return heard.error is None and not heard.events


def contains(text: str) -> Callable[[Heard], bool]:
    return lambda heard: heard.error is None and text in heard.text and heard.complete


def no_usage(heard: Heard) -> bool:
    usages = (getattr(heard.start, "usage", None), getattr(heard.all("message_delta")[0], "usage", None))
    return heard.complete and usages == (None, None)


def absurd(heard: Heard) -> bool:
    return heard.complete and heard.all("message_delta")[0].usage.output_tokens == 10**15


def withdrawn(heard: Heard) -> bool:
    return heard.all("message_delta")[0].delta.stop_details.category == "cyber" and ended("refusal")(heard)


OVERLOADED = status(200, "overloaded_error")
AS_USUAL = ended("end_turn", 60)
# name: (settings, what the SDK makes of it)
MET: dict[str, tuple[str, Callable[[Heard], bool]]] = {
    "status": ("code=418", status(418, "invalid_request_error")),
    "bad_request": ("", status(400, "invalid_request_error")),
    "unauthorized": ("", status(401, "authentication_error")),
    "billing": ("", status(402, "billing_error")),
    "forbidden": ("", status(403, "permission_error")),
    "not_found": ("", status(404, "not_found_error")),
    "request_timeout": ("", status(408, "invalid_request_error")),
    "conflict": ("", status(409, "conflict_error")),
    "too_large": ("", status(413, "request_too_large")),
    "rate_limited": ("", status(429, "rate_limit_error")),
    "rate_limited_silently": ("", status(429, "rate_limit_error")),
    "rate_limited_for_ages": ("", status(429, "rate_limit_error")),
    "api_error": ("", status(500, "api_error")),
    "unavailable": ("", status(503, "api_error")),
    "gateway_timeout": ("", status(504, "timeout_error")),
    "overloaded": ("", status(529, "overloaded_error")),
    "spend_limit_400": ("", status(400, "invalid_request_error")),
    "spend_limit_workspace": ("", status(400, "invalid_request_error")),
    "spend_limit_429": ("", raised(anthropic.RateLimitError)),
    "spend_limit_402": ("", raised(anthropic.PaymentRequiredError)),
    "html_502": ("", raised(anthropic.InternalServerError)),
    "html_200": ("", silent),
    "empty_200": ("", silent),
    "json_200": ("", silent),
    "refused": ("seconds=0.2", raised(anthropic.APIConnectionError)),
    "closed": ("", raised(anthropic.APIConnectionError)),
    "silence_before_headers": ("", raised(anthropic.APITimeoutError)),
    "silence_after_headers": ("", raised(httpx2.ReadTimeout)),
    "silence_midway": ("after=5", raised(httpx2.ReadTimeout, 5)),
    "pings_forever": ("after=5 every=0.05 seconds=0.2", ended("end_turn", 60)),
    "late_first_word": ("seconds=0.2 every=0.05", AS_USUAL),
    "slow": ("pace=400", AS_USUAL),
    "clean_end": ("after=7", ended(None, 7)),
    "half_event": ("after=7", ended(None, 7)),
    "cut": ("after=7", raised(httpx2.RemoteProtocolError, 7)),
    "reset": ("bytes=2000", raised(httpx2.ReadError)),
    "error_event": ("after=7", OVERLOADED),
    "broken_json": ("", raised(json.JSONDecodeError, 20)),
    "bad_utf8": ("", raised(UnicodeDecodeError, 20)),
    "lone_surrogates": ("", contains("\ud83d alone \udc00")),
    "nul": ("", contains("\x00")),
    "missing_event": ("", lambda heard: heard.complete and not heard.all("message_start")),
    "doubled_event": ("", lambda heard: heard.complete and len(heard.all("message_delta")) == 2),
    "late_event": ("", lambda heard: heard.complete and heard.events[-1].type == "content_block_start"),
    "unknown_event": ("", lambda heard: len(heard.all("weather_report")) == 1 and AS_USUAL(heard)),
    "unknown_block": ("", lambda heard: len(heard.all("content_block_start")) == 2 and heard.complete),
    "unknown_delta": ("", lambda heard: heard.complete and len(heard.all("content_block_delta")) == 61),
    "one_byte_chunks": ("", AS_USUAL),
    "crlf": ("", AS_USUAL),
    "huge_delta": ("", lambda heard: heard.complete and len(heard.text) > 2_000_000),
    "tiny_deltas": ("count=5000", lambda heard: heard.complete and len(heard.all("content_block_delta")) == 5060),
    "usage_missing": ("", no_usage),
    "usage_absurd": ("", absurd),
    "refusal": ("", withdrawn),
    "refusal_midway": ("", withdrawn),
    "pause_turn": ("after=9", ended("pause_turn", 9)),
    "context_exceeded": ("after=9", ended("model_context_window_exceeded", 9)),
    "truncated": ("after=9", ended("max_tokens", 9)),
    "empty_answer": ("", ended("end_turn", 0)),
    "only_thinking": ("seconds=0.1", ended("max_tokens", 0)),
    "unknown_stop_reason": ("", ended("solar_flare", 60)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_does_to_the_sdk_what_it_promises(claude: StandIn, name: str) -> None:
    settings, met = MET[name]
    heard = ask(claude, f"{QUESTION} [[fault:{name} {settings}]]", patience=1.0)
    assert met(heard), (heard.error, heard.stop_reason, heard.text[-200:])
    (entry,) = claude.settled_journal()
    assert entry["fault"] == name
    assert entry["ended"] in ("completed", "fault", "client went away")


def test_the_list_says_what_each_fault_is_for(claude: StandIn) -> None:
    listed = claude.call("GET", "/simulator/faults")["faults"]
    assert [fault["name"] for fault in listed] == list(FAULTS)
    assert all(fault["does"] and fault["sentence"].endswith(".") for fault in listed)


@pytest.mark.parametrize("code", [*range(400, 432), 451, 499, *range(500, 505), 529])
@pytest.mark.parametrize("waiting", ["", "retry_after=7", "retry_after_ms=300"])
def test_any_status_can_be_had_with_and_without_a_time_to_wait(claude: StandIn, code: int, waiting: str) -> None:
    connection = http.client.HTTPConnection(claude.url.removeprefix("http://"), timeout=5)
    body = {"model": "claude-haiku-5-5", "max_tokens": 9, "messages": []}
    body["messages"] = [{"role": "user", "content": f"[[fault:{code} {waiting}]]"}]
    try:
        headers = {"x-api-key": "key", "anthropic-version": "2026-10-21"}
        connection.request("POST", "/v1/messages", json.dumps(body), headers)
        response = connection.getresponse()
        assert response.status == code
        assert json.loads(response.read())["type"] == "error"
        given = {name.replace("-", "_"): response.headers[name] for name in ("retry-after", "retry-after-ms")}
        assert {name: value for name, value in given.items() if value} == dict(
            pair.split("=") for pair in waiting.split()
        )
    finally:
        connection.close()


@pytest.mark.parametrize(
    "event", ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta"]
)
def test_a_stream_can_end_cleanly_after_every_event(claude: StandIn, event: str) -> None:
    heard = ask(claude, f"{QUESTION} [[fault:clean_end at={event} after=1]]")
    assert heard.error is None
    assert heard.events[-1].type == event
    assert not heard.complete


def test_a_connection_is_reset_at_any_byte(claude: StandIn) -> None:
    async def all_of_them() -> list[Heard]:
        asked = [hear(claude, f"{QUESTION} [[fault:reset bytes={at}]]") for at in range(0, 3000, 97)]
        return await asyncio.gather(*asked)

    for heard in asyncio.run(all_of_them()):
        assert isinstance(heard.error, (httpx2.ReadError, anthropic.APIConnectionError))
        assert not heard.complete


def test_a_random_reset_comes_at_the_same_byte_when_it_is_asked_for_again(claude: StandIn) -> None:
    question = "Where? [[tokens:100]] [[pace:0]] [[fault:reset]]"
    assert ask(claude, question).text == ask(claude, question).text
    first, second = claude.settled_journal()
    assert first["bytes_sent"] == second["bytes_sent"]


@pytest.mark.parametrize("kind", ["message_start", "content_block_start", "content_block_delta", "message_stop"])
def test_any_event_can_be_missing_doubled_or_late(claude: StandIn, kind: str) -> None:
    def number(fault: str) -> int:
        return len(ask(claude, f"{QUESTION} [[fault:{fault} event={kind}]]").all(kind))

    usual = 60 if kind == "content_block_delta" else 1
    assert (number("missing_event"), number("doubled_event"), number("late_event")) == (0, usual + 1, usual)


def test_a_spend_limit_is_recognised_by_its_code_or_its_words(claude: StandIn) -> None:
    tier = ask(claude, "[[fault:spend_limit_429]]")
    assert isinstance(tier.error, anthropic.RateLimitError)
    assert type(tier.error).__name__ == "EnforcedSpendLimitReachedError"
    assert "retry-after" not in tier.error.response.headers
    own = ask(claude, "[[fault:spend_limit_workspace]]")
    assert "You have reached your specified workspace API usage limits" in str(own.error)


def test_a_refusal_before_any_word_is_free_unless_its_category_is_charged(claude: StandIn) -> None:
    for category, charged in (("cyber", False), ("bio", True)):
        ask(claude, f"[[fault:refusal category={category}]]")
        assert bool(claude.settled_journal()[-1]["billed"]) is charged
    ask(claude, "[[fault:refusal_midway after=3]]")
    assert claude.settled_journal()[-1]["billed"]["output_tokens"] == 3


def test_an_answer_that_is_not_streamed_meets_faults_as_well(claude: StandIn) -> None:
    with pytest.raises(anthropic.APIConnectionError):
        ask_whole(claude, f"{QUESTION} [[fault:cut]]")
    with pytest.raises(anthropic.InternalServerError):
        ask_whole(claude, f"{QUESTION} [[fault:overloaded]]")
    assert ask_whole(claude, f"{QUESTION} [[fault:refusal_midway after=3]]").stop_reason == "refusal"
    assert ask_whole(claude, f"{QUESTION} [[fault:usage_absurd]]").usage.output_tokens == 10**15


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ("[[fault:earthquake]]", "there is no fault 'earthquake'"),
        ("[[fault:cut before=3]]", "cut has no setting 'before'"),
        ("[[fault:cut after=soon]]", "after=soon is not a number"),
        ("[[pace:quick]]", "is not a number"),
        ("[[say:???]]", "base64"),
    ],
)
def test_a_wish_that_cannot_be_granted_says_why(claude: StandIn, marker: str, words: str) -> None:
    error: Any = ask(claude, marker).error
    assert isinstance(error, anthropic.BadRequestError)
    assert words in str(error)
