"""The gate of a process: its clocks, its stops in the database, and what it tells."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import uvloop
from django.test import Client
from django.utils import timezone

from chatapp.claude import gate, gateway, readings
from chatapp.claude.failures import Failure, FailureKind
from chatapp.claude.models import Stop
from chatapp.claude.ways import Barred, Way
from chatapp.storage.crossing import in_thread
from tests.claude.conftest import Play
from tests.claude.gatekeeping import WAY, Over, until
from tests.claude.listening import ASK, PATIENT, listen
from tests.claude.speech import answer, says
from tests.claude.upstream import Upstream

BUSY = Failure(FailureKind.OVERLOADED, "529 busy", rejected=True)
SPENT = Failure(FailureKind.SPEND_LIMIT, "400 You have reached your specified API usage limits.", rejected=True)
REFUSED = Failure(FailureKind.KEY_REFUSED, "401 invalid x-api-key", rejected=True)


def learn(failure: Failure | None, times: int = 1, **seen: Any) -> None:
    for _ in range(times):
        over = Over(asked_at=time.monotonic(), **seen)
        gate.learn(WAY, over, failure)  # type: ignore[arg-type]


async def written() -> None:
    """The stop is in the database."""
    async with asyncio.timeout(10):
        while not await in_thread(Stop.objects.exists):
            await asyncio.sleep(0.02)


@pytest.fixture
def changes() -> Iterator[list[gate.Outage | None]]:
    heard: list[gate.Outage | None] = []
    listener = lambda: heard.append(gate.outage())  # noqa: E731
    gate.on_change(listener)
    gate.on_change(listener)
    yield heard
    gate._listeners.remove(listener)


def test_an_answer_passes_the_gate_and_teaches_it(play: Play) -> None:
    async def act(upstream: Upstream) -> None:
        ticket = gate.line_up(Way(ASK.model), 1, 100)
        assert ticket.ready
        exchange = gateway.open(ASK, PATIENT)
        await listen(exchange)
        ticket.answered(exchange)
        gate.learn(Way(ASK.model), exchange, None)
        ticket.leave()
        house = gate.gates()[-1].house
        gate.line_up(Way(ASK.model), 1, 100, again=True).leave()
        assert (house.line.open, house.budget.left) == (0, 10.35)
        assert gate.closed(Way(ASK.model)) is None

    play(act, says(answer("Soup.")))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_outage_is_told_when_it_begins_and_when_it_is_over(changes: list[gate.Outage | None]) -> None:
    async def main() -> None:
        before = datetime.now(UTC)
        learn(BUSY, 7)
        closed = gate.closed(WAY)
        assert closed is not None
        assert closed.seconds is not None
        await until(lambda: changes)
        (outage,) = changes
        assert outage is not None
        assert (outage.kind, outage.operator) == (FailureKind.OVERLOADED, False)
        assert before <= outage.since <= datetime.now(UTC)
        with pytest.raises(Barred):
            gate.line_up(WAY, 1, 1)
        # Somebody who comes later finds the way open by itself.
        await until(lambda: gate.closed(WAY) is None)
        ticket = gate.line_up(WAY, 1, 1)
        ticket.answered()
        learn(None, complete=True)
        ticket.leave()
        assert gate.outage() is None
        await until(lambda: changes[1:])
        assert changes[1:] == [None]

    asyncio.run(main())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_stop_is_written_once_holds_everywhere_and_ends_by_a_person(
    changes: list[gate.Outage | None],
    caplog: pytest.LogCaptureFixture,
    client: Client,
    admin_user: Any,
) -> None:
    async def first() -> None:
        learn(SPENT, 20)
        await written()
        closed = gate.closed(WAY)
        assert closed is not None
        assert closed.seconds is None

    async def after_a_restart() -> None:
        gate.begin(asyncio.get_running_loop())
        await until(lambda: gate.closed(WAY))
        with pytest.raises(Barred):
            gate.line_up(WAY, 1, 1)
        learn(SPENT, 5)
        assert await in_thread(Stop.objects.count) == 1
        changes.clear()
        await in_thread(Stop.end, (await in_thread(Stop.objects.get)).pk, admin_user.pk, timezone.now())
        await until(lambda: gate.closed(WAY) is None)
        assert gate.line_up(WAY, 1, 1).ready
        assert changes == [None]

    asyncio.run(first())
    stop = Stop.objects.get()
    assert (stop.provider, stop.kind, stop.ended_at) == ("", "spend_limit", None)
    assert "usage limits" in stop.detail
    (said,) = (record for record in caplog.records if record.levelno == logging.CRITICAL)
    assert "spend_limit" in said.message
    assert "Answers may be asked for again" in said.message
    assert "usage limits" not in said.message
    probe = client.get("/readyz")
    assert (probe.status_code, probe.json()["claude"]) == (503, "stopped")
    asyncio.run(after_a_restart())
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_stop_that_cannot_be_written_holds_all_the_same_and_is_written_later(
    caplog: pytest.LogCaptureFixture, django_db_blocker: Any
) -> None:
    async def main() -> None:
        django_db_blocker.block()
        learn(SPENT)
        await until(lambda: "the stops could not be looked at" in caplog.text)
        assert gate.closed(WAY) is not None
        django_db_blocker.restore()
        gate.gates()[-1]._wanted.set()
        await written()
        assert gate.closed(WAY) is not None

    asyncio.run(main())


@pytest.mark.django_db(transaction=True)
def test_whoever_watches_sees_which_way_is_closed_and_what_to_do_about_it() -> None:
    async def main() -> None:
        assert readings.troubles() == []
        learn(BUSY, 4)
        assert readings.troubles() == []
        learn(BUSY)
        (busy,) = readings.troubles()
        assert (busy.provider, busy.model, busy.outage.operator) == ("", WAY.model, False)
        assert busy.sentence.startswith("claude-sonnet-5-5 is not asked just now: overloaded; nothing to do")
        learn(REFUSED)
        gate.learn(Way(WAY.model, "eu"), Over(asked_at=time.monotonic()), SPENT)  # type: ignore[arg-type]
        whole, _, elsewhere = readings.troubles()
        assert (whole.model, whole.outage.operator) == ("", True)
        assert whole.sentence.startswith("Claude is not asked just now: key_refused; set a valid key")
        assert (elsewhere.provider, elsewhere.model, elsewhere.outage.operator) == ("eu", "", True)
        learn(None, complete=True)
        assert [one.provider for one in readings.troubles()] == ["eu"]

    asyncio.run(main())


@pytest.mark.django_db(transaction=True)
def test_readiness_and_measures_know_the_breaker(client: Client) -> None:
    async def main() -> None:
        ticket = gate.line_up(WAY, 1, 1)
        learn(BUSY, 5)
        probe = await in_thread(client.get, "/readyz")
        assert (probe.status_code, probe.json()["claude"]) == (200, "in trouble")
        learn(Failure(FailureKind.RATE_LIMITED, "429", 3.0, rejected=True))
        assert gate.may_ask_again()
        text = (await in_thread(client.get, "/metrics")).content.decode()
        assert 'chatapp_claude_breaker_state{provider="",model="claude-sonnet-5-5"} 2' in text
        assert "chatapp_claude_requests_open 1\n" in text
        assert "chatapp_claude_requests_waiting 0\n" in text
        assert 'chatapp_claude_repetitions_total{afforded="yes"} 1' in text
        assert 'chatapp_claude_rate_limited_total{provider="",models="sonnet"} 1' in text
        assert "# TYPE chatapp_claude_rate_limited_total counter" in text
        ticket.leave()
        learn(REFUSED)
        probe = await in_thread(client.get, "/readyz")
        assert (probe.status_code, probe.json()["claude"]) == (503, "refuses")

    asyncio.run(main())


def test_learning_never_raises(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        gate.learn(WAY, None, BUSY)  # type: ignore[arg-type]
        gate.learn(WAY, Over(rate_headers=None), None)  # type: ignore[arg-type]

    asyncio.run(main())
    assert "nothing could be learnt" in caplog.text


def test_whoever_waits_for_the_clock_is_let_in_by_it() -> None:
    async def main() -> None:
        learn(Failure(FailureKind.RATE_LIMITED, "429", 0.1, rejected=True))
        ticket = gate.line_up(WAY, 1, 1)
        assert ticket.place == 1
        async with asyncio.timeout(5):
            await ticket.wait(lambda place: None)
        ticket.leave()

    asyncio.run(main())


def test_a_look_at_once_may_be_asked_for_while_another_one_is_due_under_uvloop_too() -> None:
    async def inside() -> None:
        house = gate._here().house
        for seconds in (0.0, 5.0, 0.0, -1.0):
            house.look_again(seconds)
        await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(inside())
