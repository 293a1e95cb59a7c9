"""The streams in Redis that the processes of one site share: their names, and how a place in one is told."""

from __future__ import annotations

import contextlib
import functools
import hashlib
from asyncio import timeout
from collections.abc import AsyncIterator
from typing import Final

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

PATIENCE_SECONDS: Final = 1.0
BLOCK_SECONDS: Final = 1.0


@functools.lru_cache(100)
def key(name: str) -> bytes:
    """Several sites may share one Redis; what the processes of one site share is its secret."""
    site = hashlib.blake2b(b"relay", digest_size=8, key=hashlib.sha256(settings.SECRET_KEY.encode()).digest())
    return f"chatapp:{site.hexdigest()}:relay:{name}".encode()


def order(place: bytes) -> tuple[int, ...]:
    return tuple(int(number) for number in place.split(b"-"))


def after(place: bytes) -> str:
    milliseconds, number = order(place)
    return f"{milliseconds}-{number + 1}"


@contextlib.asynccontextmanager
async def connect() -> AsyncIterator[Redis]:
    redis = Redis.from_url(
        str(settings.REDIS_URL),
        socket_timeout=BLOCK_SECONDS + PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )
    try:
        yield redis
    finally:
        with contextlib.suppress(Exception):
            async with timeout(PATIENCE_SECONDS):
                await redis.aclose()
