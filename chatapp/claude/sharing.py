"""What the processes tell each other about Claude, through a Redis that may be gone at any time."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
from typing import Any, Final

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from chatapp.claude.bulletin import GOOD_FOR_SECONDS, Bulletin
from chatapp.claude.limiter import Key, Limiter

log = logging.getLogger(__name__)

ROUND_SECONDS: Final = 0.25
_ROUNDS_PER_READ: Final = 4
_PATIENCE_SECONDS: Final = 1.0
_AFTER_TROUBLE_SECONDS: Final = 2.0
_KEPT_SECONDS: Final = 120
_MOST_BUCKETS: Final = 200


async def share(limiter: Limiter, bulletin: Bulletin) -> None:
    """Until it is cancelled. Nobody waits for this: without Redis every process knows what it has seen itself."""
    redis, place, quiet, rounds = _redis(), _place("limits"), False, 0
    board = _place("outage", settings.CHATAPP_MODEL)
    try:
        while True:
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await _write(redis, place, limiter)
                    if rounds % _ROUNDS_PER_READ == 0:
                        await _read(redis, place, limiter)
                        await _announce(redis, board, bulletin)
                rounds += 1
                if quiet:
                    log.warning("Redis is back: the processes share Claude's limits again")
                quiet = False
            except Exception as error:
                if not quiet:
                    log.warning("Redis is away (%s): each process paces itself", type(error).__name__)
                quiet = True
                await asyncio.sleep(_AFTER_TROUBLE_SECONDS)
            await asyncio.sleep(ROUND_SECONDS)
    finally:
        await redis.aclose()


async def _write(redis: Redis, place: str, limiter: Limiter) -> None:
    # Taken at once: what is learnt while Redis is written to is told in the next round.
    news, limiter.news = limiter.news, set()
    if not news:
        return
    told: dict[Any, Any] = {json.dumps(ours): json.dumps(limiter.told(ours)) for ours in news}
    try:
        async with redis.pipeline(transaction=False) as pipe:
            pipe.hset(place, mapping=told)
            pipe.expire(place, _KEPT_SECONDS)
            await pipe.execute()
    except BaseException:
        limiter.news |= news
        raise


async def _read(redis: Redis, place: str, limiter: Limiter) -> None:
    found = await redis.hgetall(place)
    for theirs, told in list(found.items())[:_MOST_BUCKETS]:
        try:
            limiter.hear(_key(json.loads(theirs)), json.loads(told))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            # Whatever it is, it is not ours.
            continue


async def _announce(redis: Redis, board: str, bulletin: Bulletin) -> None:
    """Whoever meets an outage writes it for all, and it fades when nobody does any more."""
    if told := bulletin.told():
        await redis.set(board, json.dumps(told), px=int(GOOD_FOR_SECONDS * 1000))
        return
    found = await redis.get(board)
    with contextlib.suppress(ValueError, TypeError, KeyError):
        bulletin.hear(json.loads(found) if found else None)


def _key(value: Any) -> Key:
    provider, family = value
    return str(provider), str(family)


def _redis() -> Redis:
    return Redis.from_url(
        str(settings.REDIS_URL),
        socket_timeout=_PATIENCE_SECONDS / 2,
        socket_connect_timeout=_PATIENCE_SECONDS / 2,
        retry=Retry(NoBackoff(), 0),
    )


def _place(name: str, more: str = "") -> str:
    """Limits belong to a key: sites that share a Redis share them when they share the key."""
    secret = f"{settings.ANTHROPIC_BASE_URL} {settings.ANTHROPIC_API_KEY}"
    place = f"chatapp:{name}:{hashlib.blake2b(secret.encode(), digest_size=8).hexdigest()}"
    return f"{place}:{more}" if more else place
