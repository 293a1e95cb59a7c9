"""One request to Claude and its answer, from the first byte sent to the last word heard."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final, Self, cast

import httpx2

from chatapp.claude import client, failures, transport
from chatapp.claude.ask import Ask
from chatapp.claude.deadlines import Deadlines, Watch
from chatapp.claude.failures import Failure, FailureKind
from chatapp.claude.stream import Batch, Reading
from chatapp.claude.usage import Usage

# After the last event only the end of the body is to come; heard, the connection can be used again.
_GOODBYE_SECONDS: Final = 0.05
_RATE_HEADERS: Final = ("anthropic-ratelimit-", "anthropic-priority-", "anthropic-fast-", "retry-after")


class Exchange:
    """Iterate for the batches. Raises Failure and nothing else, but for the CancelledError of whoever iterates.

    Nothing is sent before the first step. Closed by somebody else while it waits, the iteration simply ends.
    """

    def __init__(self, ask: Ask, deadlines: Deadlines, provider: str = "") -> None:
        self.request_id: str | None = None
        self.rate_headers: Mapping[str, str] = {}
        self.asked_at: float | None = None
        self._asks = [ask]
        self._provider = provider
        self._deadlines = deadlines
        self._reading = Reading(ask.max_tokens, ask.asks_for_hours())
        self._receipt = transport.Receipt()
        self._line: client.Line | None = None
        self._watch = Watch(asyncio.get_running_loop(), deadlines, self._expire)
        self._response: httpx2.Response | None = None
        self._chunks: AsyncGenerator[bytes, None] | None = None
        self._body: transport.Body | None = None
        self._puller: asyncio.Task[Any] | None = None
        self._unwound: asyncio.Future[None] | None = None
        self._expired: FailureKind | None = None
        self._closing = False
        self._ended = False

    # What is known so far.

    @property
    def model(self) -> str | None:
        said = self._reading.model
        return said if said is None or self._line is None else self._line.provider.ours(said)

    @property
    def message_id(self) -> str | None:
        return self._reading.message_id

    @property
    def usage(self) -> Usage | None:
        return self._reading.usage

    @property
    def stop_reason(self) -> str | None:
        return self._reading.stop_reason

    @property
    def stop_details(self) -> Mapping[str, Any] | None:
        return self._reading.stop_details

    @property
    def cache_miss_reason(self) -> str | None:
        return self._reading.cache_miss_reason

    @property
    def complete(self) -> bool:
        """Claude has said that this is the end, and why."""
        return self._reading.complete

    @property
    def sent(self) -> bool:
        """Any byte of the request may have left."""
        return self._receipt.sent

    @property
    def first_event_seconds(self) -> float | None:
        return self._watch.first_event_seconds

    @property
    def first_word_seconds(self) -> float | None:
        return self._watch.first_word_seconds

    # The iteration.

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Batch:
        if self._ended:
            raise StopAsyncIteration
        self._puller = task = cast("asyncio.Task[Any]", asyncio.current_task())
        cancelled_before = task.cancelling()
        self._watch.wait()
        try:
            batch = await self._pull()
        except asyncio.CancelledError:
            await self._finish()
            interrupted = self._closing or self._expired is not None
            if not interrupted or task.uncancel() > cancelled_before:
                raise
            if self._expired is None:
                raise StopAsyncIteration from None
            raise Failure(self._expired, f"after {self._watch.seconds():.1f} s") from None
        except Exception as error:
            await self._finish()
            raise self._failure(error) from error
        finally:
            self._puller = None
            self._watch.rest()
            if self._unwound is not None and not self._unwound.done():
                self._unwound.set_result(None)
        if batch is None:
            await self._finish()
            raise StopAsyncIteration
        return batch

    async def aclose(self) -> None:
        """End it at once, whatever it is at. Twice is once."""
        if self._puller is None or self._puller is asyncio.current_task():
            await self._finish()
            return
        if self._unwound is None:
            self._unwound = asyncio.get_running_loop().create_future()
        if not self._ended and not self._closing and self._expired is None:
            self._closing = True
            self._puller.cancel()
        await asyncio.shield(self._unwound)

    async def _pull(self) -> Batch | None:
        chunks = self._chunks or await self._open()
        reading = self._reading
        while reading.fault is None and not reading.over:
            try:
                chunk = await chunks.__anext__()
            except StopAsyncIteration:
                raise self._cut() from None
            batch = self._hear(chunk)
            if batch is not None:
                return batch
        if reading.fault is not None:
            raise reading.fault
        await self._hear_the_end(chunks)
        if not reading.complete:
            raise Failure(FailureKind.CUT, "message_stop came without a stop reason")
        return None

    async def _open(self) -> AsyncGenerator[bytes, None]:
        self._line = line = client.line(self._provider)
        ask = line.provider.adapted(self._asks.pop())
        line.pace.running += 1
        self.asked_at = time.monotonic()
        ours = transport.receipt.set(self._receipt)
        try:
            asking = line.claude.messages.with_streaming_response.create(
                **ask.request(),
                extra_headers=ask.headers(),
                timeout=httpx2.Timeout(None, connect=self._deadlines.connect),
            )
            self._response = response = (await asking.__aenter__()).http_response
        finally:
            transport.receipt.reset(ours)
        # The prompt may be long, and the answer takes its time: what was sent is not kept beside it.
        response.request = httpx2.Request(response.request.method, response.request.url)
        self._note(response.headers)
        self._body = response.extensions.get("body")
        if self._body is None or "content-encoding" in response.headers:
            self._chunks = response.aiter_bytes()
        else:
            # The very bytes that came in: the layers between would cost as much as the parsing.
            self._chunks = self._body.chunks()
        return self._chunks

    def _hear(self, chunk: bytes) -> Batch | None:
        reading = self._reading
        events, pings = reading.events, reading.pings
        batch = reading.feed(chunk)
        # Hidden thinking sends nothing but pings; everywhere else a ping is no sign of progress.
        if reading.events > events or (reading.thinking_now and reading.pings > pings):
            thinking = reading.thinking_now or bool(batch and batch.thinking)
            self._watch.hear(word=bool(batch and batch.text), thinking=thinking)
        if self._body is not None and batch and (batch.text or batch.thinking):
            self._body.paced = True
        return batch

    async def _hear_the_end(self, chunks: AsyncGenerator[bytes, None]) -> None:
        self._watch.end()
        if self._body is not None:
            self._body.paced = False
        with contextlib.suppress(TimeoutError, httpx2.HTTPError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                async for _ in chunks:
                    pass

    async def _finish(self) -> None:
        """Leave nothing open. What has to happen at once happens before the first await."""
        if self._ended:
            return
        self._ended = True
        self._watch.end()
        if self._line is not None:
            self._line.pace.running -= 1
        if self._chunks is not None:
            await self._chunks.aclose()
        if self._response is not None:
            await self._response.aclose()

    # How it may end too soon.

    def _expire(self, kind: FailureKind) -> None:
        if self._puller is not None and not self._ended and not self._closing:
            self._expired = kind
            self._puller.cancel()

    def _cut(self) -> Failure:
        if not self._reading.events:
            kind = (self._response.headers if self._response is not None else {}).get("content-type", "no content type")
            return Failure(FailureKind.GARBLED, f"not one event in the response ({kind})")
        return Failure(FailureKind.CUT, "the stream ended without message_stop")

    def _failure(self, error: Exception) -> Failure:
        import anthropic

        if isinstance(error, anthropic.APIStatusError):
            self._note(error.response.headers)
        return failures.of(error) if self._line is None else self._line.failure(error, self._receipt)

    def _note(self, headers: httpx2.Headers) -> None:
        self.request_id = headers.get("request-id") or headers.get("x-amzn-requestid")
        self.rate_headers = {name: value for name, value in headers.items() if name.startswith(_RATE_HEADERS)}
