"""The models that answer, and batches of questions that can wait."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anthropic
import pytest

from tests.simulator.talk import client, wish
from tests.stand_in import StandIn


def with_sdk(claude: StandIn, work: Callable[[anthropic.AsyncAnthropic], Awaitable[Any]], key: str = "a-key") -> Any:
    async def run() -> Any:
        async with client(claude, key) as sdk:
            return await work(sdk)

    return asyncio.run(run())


def test_the_catalogue_tells_limits_and_lifecycles(claude: StandIn) -> None:
    async def collect(sdk: anthropic.AsyncAnthropic) -> dict[str, Any]:
        return {model.id: model async for model in sdk.models.list(limit=5)}

    found = with_sdk(claude, collect)
    sonnet, old = found["claude-sonnet-5-5"], found["claude-sonnet-4-5"]
    assert (sonnet.max_input_tokens, sonnet.max_tokens, sonnet.lifecycle) == (1_000_000, 128_000, "active")
    assert sonnet.capabilities.thinking.types.between_tools.supported
    assert not sonnet.capabilities.thinking.types.disabled.supported
    assert (old.lifecycle, str(old.retires_at)[:10]) == ("deprecated", "2026-11-30")
    assert "claude-opus-4-1" not in found


def test_retired_models_are_remembered_but_do_not_answer(claude: StandIn) -> None:
    async def retired(sdk: anthropic.AsyncAnthropic) -> list[str]:
        return [model.id async for model in sdk.models.list(lifecycle=["retired"])]

    assert with_sdk(claude, retired) == ["claude-opus-4-1"]
    assert with_sdk(claude, lambda sdk: sdk.models.retrieve("claude-opus-4-1")).lifecycle == "retired"
    with pytest.raises(anthropic.NotFoundError):
        with_sdk(claude, lambda sdk: sdk.models.retrieve("claude-llama"))


async def ended(sdk: anthropic.AsyncAnthropic, batch_id: str) -> Any:
    async with asyncio.timeout(10):
        while (batch := await sdk.messages.batches.retrieve(batch_id)).processing_status != "ended":
            pass
    return batch


def test_a_batch_is_answered_later_and_its_bad_requests_fail_alone(claude: StandIn) -> None:
    async def work(sdk: anthropic.AsyncAnthropic) -> tuple[Any, Any, dict[str, Any]]:
        requests: list[Any] = [
            {"custom_id": "good", "params": wish("[[tokens:7]]")},
            {"custom_id": "bad", "params": wish("Hi", model="claude-nobody")},
        ]
        begun = await sdk.messages.batches.create(requests=requests)
        done = await ended(sdk, begun.id)
        results = {line.custom_id: line.result async for line in await sdk.messages.batches.results(begun.id)}
        listed = [batch.id async for batch in sdk.messages.batches.list()]
        assert begun.id in listed
        await sdk.messages.batches.delete(begun.id)
        return begun, done, results

    begun, done, results = with_sdk(claude, work)
    assert (begun.processing_status, begun.request_counts.processing) == ("in_progress", 2)
    assert (done.request_counts.succeeded, done.request_counts.errored) == (1, 1)
    assert results["good"].message.usage.output_tokens == 7
    assert results["good"].message.usage.service_tier == "batch"
    assert results["bad"].error.error.type == "not_found_error"


def test_a_batch_that_is_cancelled_in_time_answers_nothing(claude: StandIn) -> None:
    async def work(sdk: anthropic.AsyncAnthropic) -> Any:
        requests: list[Any] = [{"custom_id": str(number), "params": wish("Hi")} for number in range(30)]
        batch = await sdk.messages.batches.create(requests=requests)
        assert (await sdk.messages.batches.cancel(batch.id)).processing_status == "canceling"
        return await ended(sdk, batch.id)

    assert with_sdk(claude, work).request_counts.canceled == 30


def test_a_batch_is_nobody_elses_business(claude: StandIn) -> None:
    requests: list[Any] = [{"custom_id": "mine", "params": wish("Hi")}]
    batch = with_sdk(claude, lambda sdk: sdk.messages.batches.create(requests=requests))
    with pytest.raises(anthropic.NotFoundError):
        with_sdk(claude, lambda sdk: sdk.messages.batches.retrieve(batch.id), key="another-key")


@pytest.mark.parametrize("ids", [["same", "same"], [""], ["with space"], []])
def test_a_batch_wants_an_id_of_its_own_for_each_request(claude: StandIn, ids: list[str]) -> None:
    requests: list[Any] = [{"custom_id": name, "params": wish("Hi")} for name in ids]
    with pytest.raises(anthropic.BadRequestError):
        with_sdk(claude, lambda sdk: sdk.messages.batches.create(requests=requests))
