"""Plans made at the control door, markers in questions, and the journal of what came of them."""

import asyncio
from hashlib import sha256

import anthropic
import pytest

from tests.simulator.talk import ask, client, hear, wish
from tests.stand_in import StandIn

TITLE = "Reply with a title of three to six words."


def test_an_outage_lasts_for_so_many_requests_and_is_over(claude: StandIn) -> None:
    claude.plan_fault("overloaded", times=2)
    errors = [type(ask(claude, "hello").error) for _ in range(3)]
    assert errors == [anthropic.OverloadedError, anthropic.OverloadedError, type(None)]
    assert [entry["fault"] for entry in claude.journal()] == ["overloaded", "overloaded", None]


def test_an_outage_lasts_until_it_is_cleared(claude: StandIn) -> None:
    claude.plan_fault("rate_limited", retry_after=3)
    for _ in range(3):
        error = ask(claude, "hello").error
        assert isinstance(error, anthropic.RateLimitError)
        assert error.response.headers["retry-after"] == "3"
    claude.clear()
    assert ask(claude, "hello").complete


def test_a_plan_meets_only_the_questions_and_models_it_names(claude: StandIn) -> None:
    claude.plan_fault("api_error", match={"text": "weather"})
    claude.plan_fault("overloaded", match={"model": "claude-opus-5-5"})
    assert ask(claude, "hello").complete
    assert isinstance(ask(claude, "How is the weather?").error, anthropic.InternalServerError)
    opus = {"model": "claude-opus-5-5", "thinking": {"type": "adaptive"}}
    assert isinstance(ask(claude, "hello", **opus).error, anthropic.OverloadedError)


def test_titles_are_spared_unless_a_plan_means_them(claude: StandIn) -> None:
    claude.plan_fault("overloaded")
    assert ask(claude, "[[fault:cut]] hello", system=TITLE, max_tokens=64).complete
    claude.plan_fault("api_error", match={"kind": "title"})
    assert isinstance(ask(claude, "hello", system=TITLE, max_tokens=64).error, anthropic.InternalServerError)


def test_a_share_of_the_requests_fails(claude: StandIn) -> None:
    claude.plan_fault("overloaded", share=0.5)

    async def many() -> list[bool]:
        heard = await asyncio.gather(*(hear(claude, f"[[tokens:1]] {number}") for number in range(40)))
        return [one.complete for one in heard]

    assert 5 < sum(asyncio.run(many())) < 35


def test_a_retry_succeeds_when_the_marker_says_once(claude: StandIn) -> None:
    question = "Why? [[fault:overloaded times=1]]"
    assert isinstance(ask(claude, question).error, anthropic.OverloadedError)
    assert ask(claude, question).complete
    another = ask(claude, question, metadata={"user_id": "somebody-else"})
    assert isinstance(another.error, anthropic.OverloadedError)


def test_what_was_asked_for_earlier_in_the_conversation_is_forgotten(claude: StandIn) -> None:
    turns = [{"role": "user", "content": "[[fault:overloaded]]"}, {"role": "user", "content": "And now?"}]
    assert ask(claude, turns).complete


@pytest.mark.parametrize(
    "plan",
    [
        {"fault": "earthquake"},
        {"fault": "cut", "params": {"before": 3}},
        {"fault": "cut", "times": 0},
        {"fault": "cut", "match": {"kind": "dream"}},
        ["cut"],
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(claude: StandIn, plan: object) -> None:
    with pytest.raises(ValueError, match="simulator"):
        claude.call("POST", "/simulator/faults", plan)


def test_settings_may_stand_beside_the_fault_or_under_params(claude: StandIn) -> None:
    claude.call("POST", "/simulator/faults", [{"fault": "cut", "after": 3, "times": 1}, {"fault": "503"}])
    plans = claude.call("GET", "/simulator/faults")["plans"]
    assert [(plan["fault"], plan["params"]) for plan in plans] == [("cut", {"after": 3}), ("status", {"code": 503})]
    assert len(ask(claude, "[[tokens:9]]").text.split()) == 3


def test_a_closed_port_refuses_connections_until_it_is_opened_again(claude: StandIn) -> None:
    claude.plan_fault("refused", seconds=60)
    error = ask(claude, "hello").error
    assert isinstance(error, anthropic.APIConnectionError)
    assert "ConnectError" in repr(error.__cause__)
    assert claude.journal() == []
    claude.clear()
    assert ask(claude, "hello").complete


def test_the_journal_tells_what_was_asked_what_was_made_and_what_it_costs(claude: StandIn) -> None:
    async def asking() -> None:
        async with client(claude) as sdk:
            await sdk.messages.create(
                **wish("Why? [[tokens:25]]", metadata={"user_id": "u-7"}, max_tokens=99),
                extra_headers={"x-correlation-id": "c-1"},
            )

    asyncio.run(asking())
    (entry,) = claude.journal()
    expected = {
        "path": "/v1/messages",
        "model": "claude-haiku-5-5",
        "kind": "question",
        "question": "Why? [[tokens:25]]",
        "correlation_id": "c-1",
        "user_id": "u-7",
        "max_tokens": 99,
        "status": 200,
        "ended": "completed",
        "stop_reason": "end_turn",
        "tokens": 25,
        "concurrency": 1,
    }
    assert expected.items() <= entry.items()
    assert entry["billed"]["output_tokens"] == 25
    assert entry["answer"].startswith("the small steps")
    assert entry["bytes_sent"] > len(entry["answer"])
    assert len(entry["body_sha256"]) == len(sha256().hexdigest())


def test_whoever_leaves_in_the_middle_ends_the_work_at_once(claude: StandIn) -> None:
    async def leave() -> str:
        text = ""
        async with client(claude) as sdk:
            arguments = wish("[[tokens:5000]] [[pace:200]]", max_tokens=8000)
            async with await sdk.messages.create(**arguments, stream=True) as stream:
                async for event in stream:
                    if event.type == "content_block_delta" and event.delta.type == "text_delta":
                        text += event.delta.text
                    if len(text) > 100:
                        return text
        return text

    text = asyncio.run(leave())
    (entry,) = claude.settled_journal()
    assert entry["ended"] == "client went away"
    assert entry["tokens"] < 100
    assert entry["tokens"] == entry["deltas"] == entry["billed"]["output_tokens"]
    assert entry["answer"].startswith(text)
    assert len(entry["answer"].split()) == entry["tokens"]
