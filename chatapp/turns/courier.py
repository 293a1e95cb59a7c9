"""Carries what happens here to the processes that show it, through a Redis that may be gone at any time.

Nobody waits for it: what it cannot carry is found in the rows. Every process has a stream of its own, which only it
reads, and one is for all, where each says what its pages show.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final
from uuid import UUID

from redis.asyncio import Redis

from chatapp.telemetry import measures
from chatapp.telemetry.measures import Measure
from chatapp.turns import codec, elsewhere, lease, running, streams
from chatapp.turns.codec import Again, Hello, News, Part, Unwatched, Watched, Wish, Words
from chatapp.turns.interest import RENEW_EVERY_SECONDS, Interest
from chatapp.turns.mirror import Mirror
from chatapp.turns.outbox import Batch, Outbox
from chatapp.turns.relay import Event, relay
from chatapp.turns.streams import BLOCK_SECONDS, PATIENCE_SECONDS

log = logging.getLogger(__name__)

# What is new within this time goes together; whatever comes after a pause goes at once.
TICK_SECONDS: Final = 0.025
BEAT_SECONDS: Final = 0.5
AFTER_TROUBLE_SECONDS: Final = 0.5
TIDY_SECONDS: Final = 1.0
KEPT_SECONDS: Final = 120
MOST_FRAMES: Final = 1_000
MOST_LETTERS: Final = 1_000
MOST_AT_ONCE: Final = 100
ALL: Final = "all"
_FIELD: Final = b"f"


class Courier:
    def __init__(self, name: str = lease.WORKER) -> None:
        self._name = name
        self._interest = Interest()
        self._outbox = Outbox(self._interest)
        # What is to be said beside the answers, by whom it is for.
        self._letters: list[tuple[str, Part]] = []
        self._wake = asyncio.Event()
        self._positions: dict[Any, Any] = {streams.key(ALL): b"0-0", streams.key(name): b"0-0"}
        self._on_wish: Callable[[], None] | None = None
        # Something was read that is still there.
        self._untidy, self._tidy_at = False, 0.0
        self._hears = False
        # When the next tick, sign of life and introduction are due.
        self._next_at = self._beat_at = self._introduce_at = 0.0

    def work(self, on_wish: Callable[[], None]) -> tuple[Coroutine[Any, Any, None], ...]:
        """What is to be run from now on; calls back when somebody may have asked to stop what runs here."""
        self._on_wish = on_wish
        relay.on_watch(self._watch)
        relay.carry_on(self._interest.processes, self._carry, lambda turn_id: self._write(ALL, Wish()))
        elsewhere.on_gap(self._ask_again)
        measures.watch(Measure.REDIS, lambda: {(): int(self._hears)})
        return self._send_on(), self._hear_on()

    def _carry(self, conversation_id: UUID, event: Event) -> None:
        self._outbox.add(conversation_id, event)
        self._wake.set()

    def _watch(self, conversation_id: UUID, watched: bool) -> None:
        self._write(ALL, Watched((conversation_id,)) if watched else Unwatched((conversation_id,)))

    def _ask_again(self, mirror: Mirror) -> None:
        self._write(mirror.worker, Again(mirror.conversation_id, mirror.turn_id))

    def _write(self, to: str, part: Part) -> None:
        if len(self._letters) < MOST_LETTERS:
            self._letters.append((to, part))
        self._wake.set()

    async def _send_on(self) -> None:
        away = False
        while True:
            try:
                async with streams.connect() as redis:
                    # What was said before the pause may be lost, and what was not said then is of no use any more.
                    self._letters.clear()
                    self._write(ALL, Hello())
                    self._introduce()
                    while True:
                        await self._something_to_say()
                        async with asyncio.timeout(PATIENCE_SECONDS):
                            await self._send(redis)
                        if away:
                            log.warning("Redis is back: answers travel between the processes again")
                        away = False
            except Exception as error:
                if not away:
                    log.warning("Redis is away (%s): answers of other processes come by the rows", type(error).__name__)
                away = True
                await asyncio.sleep(AFTER_TROUBLE_SECONDS)

    async def _something_to_say(self) -> None:
        while not self._letters and self._outbox.is_empty:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._wake.wait()
            self._beat()
        self._beat()
        now = time.monotonic()
        if now < self._next_at:
            await asyncio.sleep(self._next_at - now)
        self._next_at = time.monotonic() + TICK_SECONDS

    def _beat(self) -> None:
        now = time.monotonic()
        if now >= self._beat_at:
            self._beat_at = now + BEAT_SECONDS
            self._outbox.beat()
        if now >= self._introduce_at:
            self._interest.expire(now)
            self._introduce()

    def _introduce(self) -> None:
        self._introduce_at = time.monotonic() + RENEW_EVERY_SECONDS
        watched = relay.all_watched()
        for start in range(0, len(watched), codec.MOST_CONVERSATIONS):
            self._write(ALL, Watched(tuple(watched[start : start + codec.MOST_CONVERSATIONS])))

    async def _send(self, redis: Redis) -> None:
        letters, self._letters = self._letters, []
        batch = self._outbox.batch()
        parts = batch.parts
        for to, letter in letters:
            parts.setdefault(to, []).append(letter)
        try:
            await self._add(redis, batch)
        except BaseException:
            self._outbox.failed(batch)
            raise
        self._outbox.delivered(batch)

    async def _add(self, redis: Redis, batch: Batch) -> None:
        if not batch.parts:
            return
        async with redis.pipeline(transaction=False) as pipe:
            for to, parts in batch.parts.items():
                for frame in codec.encode(self._name, parts):
                    pipe.xadd(streams.key(to), {_FIELD: frame}, maxlen=MOST_FRAMES, approximate=True)
                pipe.expire(streams.key(to), KEPT_SECONDS)
            await pipe.execute()

    async def _hear_on(self) -> None:
        while True:
            try:
                async with streams.connect() as redis:
                    await self._find_places(redis)
                    while True:
                        async with asyncio.timeout(BLOCK_SECONDS + PATIENCE_SECONDS):
                            found: Any = await redis.xread(
                                self._positions, count=MOST_AT_ONCE, block=int(BLOCK_SECONDS * 1000)
                            )
                        self._hears = True
                        for stream, entries in found:
                            self._take(stream, entries)
                        if self._untidy and time.monotonic() >= self._tidy_at:
                            await self._tidy_up(redis)
            except Exception:
                # The sender has said so already; or what came was nothing that anybody could read.
                log.debug("the courier hears nothing", exc_info=True)
                self._hears = False
                await asyncio.sleep(AFTER_TROUBLE_SECONDS)

    async def _find_places(self, redis: Redis) -> None:
        """A Redis that was started anew may have an earlier clock."""
        for stream, position in self._positions.items():
            async with asyncio.timeout(PATIENCE_SECONDS):
                last: Any = await redis.xrevrange(stream, count=1)
            if not last or streams.order(last[0][0]) < streams.order(position):
                self._positions[stream] = b"0-0"

    async def _tidy_up(self, redis: Redis) -> None:
        """Nothing that was read stays; what all of them read stays as long as any of them may be away."""
        self._tidy_at, self._untidy = time.monotonic() + TIDY_SECONDS, False
        mine, milliseconds = (
            self._positions[streams.key(self._name)],
            streams.order(self._positions[streams.key(ALL)])[0],
        )
        async with asyncio.timeout(PATIENCE_SECONDS), redis.pipeline(transaction=False) as pipe:
            pipe.xtrim(streams.key(self._name), minid=streams.after(mine), approximate=False)
            pipe.xtrim(streams.key(ALL), minid=max(0, milliseconds - KEPT_SECONDS * 1000), approximate=False)
            await pipe.execute()

    def _take(self, stream: Any, entries: Any) -> None:
        for place, fields in entries:
            self._positions[stream], self._untidy = place, True
            if stream == streams.key(self._name):
                # What all of them read may be of before this process began.
                lag_seconds = time.time() - streams.order(place)[0] / 1000
                measures.observe(Measure.RELAY_LAG, max(0.0, lag_seconds), "redis")
            try:
                sender, parts = codec.decode(fields[_FIELD])
            except (ValueError, KeyError, TypeError):
                continue
            for part in parts if sender != self._name else ():
                try:
                    self._hear(sender, part)
                except Exception:
                    log.exception("what another process said could not be taken")

    def _hear(self, sender: str, part: Part) -> None:
        now = time.monotonic()
        match part:
            case Words():
                elsewhere.hear(sender, part)
            case News():
                elsewhere.told(part)
            case Again(conversation_id=conversation_id, turn_id=turn_id):
                self._interest.watch(sender, [conversation_id], now)
                self._outbox.begin_again(sender, turn_id)
                self._wake.set()
            case Watched(conversations=conversations):
                self._begin_telling(sender, conversations, now)
            case Unwatched(conversations=conversations):
                self._interest.unwatch(sender, conversations)
            case Hello():
                self._introduce()
            case Wish() if self._on_wish:
                self._on_wish()

    def _begin_telling(self, process: str, conversations: tuple[UUID, ...], now: float) -> None:
        known = self._interest.processes
        fresh = {one for one in conversations if process not in known.get(one, ())}
        self._interest.watch(process, conversations, now)
        if fresh:
            for turn in tuple(running.here.values()):
                if turn.conversation_id in fresh:
                    self._outbox.begin_again(process, turn.turn_id)
                    self._wake.set()
