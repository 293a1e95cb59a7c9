"""An exchange can be ended at any instant, and then nothing of it is left."""

from __future__ import annotations

import asyncio
import gc

import pytest
from pytest_django.fixtures import Settings

from chatapp.claude import gateway
from tests.claude import speech
from tests.claude.conftest import Play
from tests.claude.listening import ASK, PATIENT, Heard, listen
from tests.claude.speech import answer, block, chunk, head, says, start, stays_after, thought, word
from tests.claude.upstream import KEEP, Call, Upstream, full_port

# Where Claude falls silent, and how many batches have come by then.
PLACES = [
    (b"", 0),
    (b"HTTP/1.1 200 OK\r\n", 0),
    (head(), 0),
    (head() + chunk(start()), 0),
    (head() + chunk(start() + block("thinking") + thought("Hm")), 1),
    (head() + chunk(start() + block() + word("Stock")), 1),
    (head() + chunk(start() + block() + word("Stock")) + chunk(word(" and"))[:20], 1),
]


class Silence:
    """Sends what it has, says so, and waits until the client is gone."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.reached = asyncio.Event()

    async def __call__(self, call: Call) -> None:
        await call.send(self.data)
        self.reached.set()
        await call.left()


async def waiting(exchange: gateway.Exchange, silence: Silence, batches: int) -> asyncio.Task[Heard]:
    """A task that has heard all there is and now waits for more."""
    heard = Heard(exchange)

    async def read() -> Heard:
        try:
            async for batch in exchange:
                heard.batches.append(batch)
        except gateway.Failure as failure:
            heard.failure = failure
        return heard

    task = asyncio.create_task(read())
    await silence.reached.wait()
    while len(heard.batches) < batches:
        await asyncio.sleep(0)
    return task


@pytest.mark.parametrize(("data", "batches"), PLACES)
def test_stop_ends_the_wait_and_the_connection_wherever_it_is(play: Play, data: bytes, batches: int) -> None:
    silence = Silence(data)

    async def act(upstream: Upstream) -> Heard:
        exchange = gateway.open(ASK, PATIENT)
        task = await waiting(exchange, silence, batches)
        await exchange.aclose()
        # Only once the server has seen the connection go.
        await upstream.everybody_left()
        await exchange.aclose()
        return await task

    heard = play(act, silence)
    assert heard.failure is None
    assert len(heard.batches) == batches
    assert heard.exchange.sent
    assert not heard.exchange.complete


@pytest.mark.parametrize(("data", "batches"), PLACES)
def test_a_cancelled_reader_leaves_nothing_open(play: Play, data: bytes, batches: int) -> None:
    silence = Silence(data)

    async def act(upstream: Upstream) -> bool:
        task = await waiting(gateway.open(ASK, PATIENT), silence, batches)
        task.cancel()
        await asyncio.wait({task})
        await upstream.everybody_left()
        return task.cancelled()

    assert play(act, silence)


@pytest.mark.parametrize("end", ["stop", "cancel"])
def test_a_connection_that_is_not_there_yet_can_be_given_up(play: Play, settings: Settings, end: str) -> None:
    async def act(upstream: Upstream) -> tuple[gateway.Exchange, asyncio.Task[Heard]]:
        with full_port() as port:
            settings.ANTHROPIC_BASE_URL = f"http://localhost:{port}"
            exchange = gateway.open(ASK, PATIENT)
            task = asyncio.create_task(listen(exchange))
            for _ in range(20):
                await asyncio.sleep(0)
            if end == "stop":
                await exchange.aclose()
            else:
                task.cancel()
            await asyncio.wait({task})
            return exchange, task

    exchange, task = play(act, says(b""))
    assert task.cancelled() == (end == "cancel")
    assert not exchange.sent


@pytest.mark.parametrize("turns_of_the_loop", range(0, 60, 3))
def test_any_instant_of_a_whole_answer_is_a_good_one_to_stop_at(play: Play, turns_of_the_loop: int) -> None:
    async def act(upstream: Upstream) -> Heard:
        exchange = gateway.open(ASK, PATIENT)
        task = asyncio.create_task(listen(exchange))
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        await exchange.aclose()
        return await task

    async def script(call: Call) -> str:
        await call.send_each([head(), *map(chunk, [start(), block(), word("So"), word("up"), speech.END])])
        await call.send(speech.LAST_CHUNK)
        return KEEP

    heard = play(act, script)
    assert heard.failure is None
    assert "Soup".startswith(heard.text)


def test_a_stop_between_two_batches_closes_at_once(play: Play) -> None:
    async def act(upstream: Upstream) -> list[gateway.Batch]:
        exchange = gateway.open(ASK, PATIENT)
        await anext(exchange)
        await exchange.aclose()
        await upstream.everybody_left()
        return [batch async for batch in exchange]

    assert play(act, stays_after(head() + chunk(start() + block() + word("Stock")))) == []


def test_what_was_never_begun_is_never_sent(play: Play) -> None:
    async def act(upstream: Upstream) -> tuple[bool, int]:
        async with gateway.open(ASK, PATIENT) as exchange:
            pass
        assert [batch async for batch in exchange] == []
        return exchange.sent, len(upstream.requests)

    assert play(act, says(answer("Soup."))) == (False, 0)


def test_leaving_the_block_ends_the_exchange(play: Play) -> None:
    async def act(upstream: Upstream) -> None:
        async with gateway.open(ASK, PATIENT) as exchange:
            await anext(exchange)
        await upstream.everybody_left()

    play(act, stays_after(head() + chunk(start() + block() + word("Stock"))))


def test_a_storm_of_cancellations_leaves_nothing_open(play: Play) -> None:
    async def act(upstream: Upstream) -> list[str]:
        exchanges = [gateway.open(ASK, PATIENT) for _ in range(40)]
        tasks = [asyncio.create_task(listen(exchange)) for exchange in exchanges]
        for number, task in enumerate(tasks):
            await asyncio.sleep(0)
            if number % 3 == 0:
                task.cancel()
            elif number % 3 == 1:
                await exchanges[number].aclose()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        gc.collect()
        return [one.text for one in done if isinstance(one, Heard) and one.exchange.complete]

    whole = play(act, says(answer("Soup.")))
    assert whole
    assert set(whole) == {"Soup."}


def test_a_reader_cancelled_while_being_stopped_is_cancelled(play: Play) -> None:
    silence = Silence(head())

    async def act(upstream: Upstream) -> bool:
        exchange = gateway.open(ASK, PATIENT)
        task = await waiting(exchange, silence, 0)
        stopping = asyncio.create_task(exchange.aclose())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task, stopping})
        return task.cancelled()

    assert play(act, silence)
