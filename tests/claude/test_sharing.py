"""Processes share what Claude says about its limits, through a Redis that may be slow, empty or gone."""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings
from redis import Redis

from chatapp.claude import gate
from chatapp.claude.failures import Failure, FailureKind
from chatapp.claude.ways import Way
from chatapp.storage.crossing import in_thread
from tests import stores
from tests.claude.gatekeeping import WAY, Over, until


@pytest.mark.slow
@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
def test_processes_share_what_claude_says_and_none_ever_waits_for_redis(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    def passes(one: gate.Gate) -> None:
        ticket = one.house.line_up(Way("claude-haiku-5-5"), 1, 1)
        assert ticket.ready
        one.house.learn(Way("claude-haiku-5-5"), Over(asked_at=time.monotonic(), complete=True), None)
        ticket.leave()

    async def main(redis: contextlib.ExitStack, url: str) -> None:
        loop = asyncio.get_running_loop()
        one, other = gate.Gate(loop), gate.Gate(loop)
        reset = datetime.fromtimestamp(time.time() + 30, UTC).isoformat()
        start = "anthropic-ratelimit-requests"
        said = {f"{start}-limit": "1000", f"{start}-remaining": "3", f"{start}-reset": reset}
        one.house.learn(WAY, Over(asked_at=time.monotonic(), complete=True, rate_headers=said), None)
        await until(lambda: other.house.limiter.buckets)
        other.house.limiter.take(WAY, 1)
        assert other.house.limiter.delay(WAY, 1) > 0
        other.house.limiter.refuse(WAY, 20)
        await until(lambda: one.house.limiter.delay(WAY, 1) > 15)
        with Redis.from_url(url) as operator:
            (place,) = operator.keys()
            assert 0 < operator.ttl(place) <= 120
            operator.hset(place, mapping={"nonsense": "{", '["", "opus"]': '{"closed_until": "x"}', "[1]": "[]"})
            operator.flushall()
            one.house.limiter.refuse(WAY, 30)
            await until(lambda: other.house.limiter.delay(WAY, 1) > 25)
            operator.client_pause(1500)
            one.house.limiter.refuse(Way("claude-opus-5"), 30)
            await until(lambda: "Redis is away" in caplog.text)
            passes(one)
        await until(lambda: other.house.limiter.delay(Way("claude-opus-5"), 1) > 0)
        assert "Redis is back" in caplog.text
        caplog.clear()
        await in_thread(redis.close)
        passes(one)
        await until(lambda: "Redis is away" in caplog.text)
        passes(one)
        passes(other)
        assert other.house.limiter.delay(WAY, 1) > 0

    with contextlib.ExitStack() as redis:
        settings.REDIS_URL = url = redis.enter_context(stores.redis())
        asyncio.run(main(redis, url))


@pytest.mark.slow
@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
def test_what_one_process_meets_is_told_by_all_and_decides_nothing_elsewhere(settings: Settings) -> None:
    busy = Failure(FailureKind.OVERLOADED, "529 busy", rejected=True)
    heard: list[gate.Outage | None] = []

    async def main(redis: Redis) -> None:
        loop = asyncio.get_running_loop()
        one, other = gate.Gate(loop), gate.Gate(loop)
        other.bulletin.changed = lambda: heard.append(other.bulletin.outage())
        for _ in range(6):
            one.house.learn(WAY, Over(asked_at=time.monotonic()), busy)
        await until(lambda: any(heard))
        assert other.house.look(WAY) is None
        assert other.bulletin.told() is None
        # It is over where it was met, and soon everywhere, also if that is never said.
        await until(lambda: one.house.look(WAY) is None)
        one.house.line_up(WAY, 1, 1).leave()
        one.house.learn(WAY, Over(asked_at=time.monotonic(), complete=True), None)
        assert one.bulletin.outage() is None
        (board,) = redis.keys("*:outage:*")
        await until(lambda: not redis.exists(board))
        await until(lambda: other.bulletin.outage() is None)
        redis.set(
            board,
            '{"from": "x", "kind": "overloaded", "since": "2026-11-28T12:00:00+00:00", "operator": 0, "seconds": 2}',
        )
        await until(lambda: one.bulletin.outage() and other.bulletin.outage())
        redis.set(board, "7")
        await until(lambda: not (one.bulletin.outage() or other.bulletin.outage()))

    with stores.redis() as url, Redis.from_url(url) as operator:
        settings.REDIS_URL = url
        asyncio.run(main(operator))
