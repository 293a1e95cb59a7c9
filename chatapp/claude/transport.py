"""HTTP/1.1 to Claude for httpx2: a request is sent at most once, and a body is looked at when it is asked for."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextvars import ContextVar
from functools import cached_property, partial
from typing import Any, Final, TypeVar

import h11
import httpx2

from chatapp.claude import framing
from chatapp.claude.pace import Pace
from chatapp.claude.wire import Wire

# Shorter than any server's own patience that we know of (some have five seconds): whoever hangs up first should be us.
IDLE_SECONDS: Final = 4.0
_MOST_IDLE: Final = 100
_MOST_HEAD_BYTES: Final = 65536
_PORTS: Final = {"http": 80, "https": 443}

Origin = tuple[str, str, int]
T = TypeVar("T")


class Receipt:
    """Whether any byte of the request that this context makes may have left."""

    __slots__ = ("sent",)

    def __init__(self) -> None:
        self.sent = False


receipt: ContextVar[Receipt | None] = ContextVar("receipt", default=None)


class Transport(httpx2.AsyncBaseTransport):
    """Raises what httpx2's own transport raises. A request whose connection dies is never sent again by itself."""

    def __init__(self, loop: asyncio.AbstractEventLoop, pace: Pace) -> None:
        self._loop = loop
        self._pace = pace
        self._idle: dict[Origin, list[Wire]] = {}
        self._open: set[Wire] = set()
        self._families: dict[Origin, socket.AddressFamily] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        timeouts = request.extensions.get("timeout", {})
        talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEAD_BYTES)
        message = _message(talk, request, await request.aread())
        origin = _origin(request.url)
        wire = self._rested(origin) or await self._connected(origin, request.extensions, timeouts.get("connect"))
        try:
            if (mine := receipt.get()) is not None:
                mine.sent = True
            wire.write(message)
            # Writing is buffered: its time counts as waiting for the answer.
            head, first = await _within(timeouts.get("read"), _head(talk, wire))
            body = Body(
                wire,
                framing.of(request.method.encode(), head),
                first,
                timeouts.get("read"),
                partial(self._keep, origin) if _lasts(head) else Wire.abort,
            )
        except BaseException:
            wire.abort()
            raise
        return httpx2.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            stream=body,
            extensions={"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason, "body": body},
        )

    async def aclose(self) -> None:
        for wire in tuple(self._open):
            wire.abort()
        # The sockets close in the loop's next turn.
        await asyncio.sleep(0)

    def _rested(self, origin: Origin) -> Wire | None:
        resting = self._idle.get(origin, [])
        while resting:
            wire = resting.pop()
            if wire.rouse():
                return wire
        return None

    def _keep(self, origin: Origin, wire: Wire) -> None:
        """Have the connection ready for the next request to the same place."""
        resting = [one for one in self._idle.get(origin, []) if one in self._open]
        self._idle[origin] = resting
        if len(resting) < _MOST_IDLE and wire.has_sent_everything():
            wire.rest(IDLE_SECONDS)
            resting.append(wire)
        else:
            wire.abort()

    async def _connected(self, origin: Origin, extensions: Mapping[str, Any], seconds: float | None) -> Wire:
        scheme, host, port = origin
        wire: Wire | None = None
        family = self._families.pop(origin, socket.AF_UNSPEC)
        try:
            async with asyncio.timeout(seconds):
                _, wire = await self._loop.create_connection(
                    lambda: Wire(self._loop, self._pace, self._open), host, port, family=family
                )
                if scheme == "https":
                    await wire.secure(self._tls, extensions.get("sni_hostname") or host)
        except BaseException as error:
            if wire is not None:
                wire.abort()
            if isinstance(error, TimeoutError):
                # A network that swallows IPv6 costs one attempt, not all. (asyncio's own race of the two families
                # loses a connection that is there when the racer is cancelled, and uvloop has none.)
                if family == socket.AF_UNSPEC:
                    self._families[origin] = socket.AF_INET
                raise httpx2.ConnectTimeout(str(error)) from error
            if isinstance(error, OSError):
                raise httpx2.ConnectError(str(error)) from error
            raise
        self._families[origin] = family
        return wire

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = httpx2.create_ssl_context()
        context.set_alpn_protocols(["http/1.1"])
        return context


class Body(httpx2.AsyncByteStream):
    """A response's body: every step is one look at the connection and brings everything that has arrived."""

    def __init__(
        self,
        wire: Wire,
        framed: framing.Framing,
        first: bytes,
        read_seconds: float | None,
        keep: Callable[[Wire], None],
    ) -> None:
        self._wire: Wire | None = wire
        self._framed = framed
        self._first = first
        self._read_seconds = read_seconds
        self._keep = keep
        self.paced = False
        """Whether looks keep their distance from now on."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.chunks()

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            data, self._first = self._first, b""
            while True:
                if part := self._framed.feed(data):
                    yield part
                if self._framed.over or self._wire is None:
                    return
                data = await self._read(self._wire)
                if not data:
                    self._framed.close()
        finally:
            self._let_go()

    async def aclose(self) -> None:
        if self._wire is not None:
            self._let_go()
            # The socket closes in the loop's next turn.
            await asyncio.sleep(0)

    async def _read(self, wire: Wire) -> bytes:
        try:
            if self._read_seconds is None:
                return await wire.read(self.paced)
            return await _within(self._read_seconds, wire.read(self.paced))
        except OSError as error:
            raise httpx2.ReadError(str(error)) from error

    def _let_go(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            if self._framed.over and not self._framed.spoiled:
                self._keep(wire)
            else:
                wire.abort()


def _origin(url: httpx2.URL) -> Origin:
    if url.scheme not in _PORTS:
        raise httpx2.UnsupportedProtocol(f"Request URL has an unsupported protocol '{url.scheme}://'.")
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]


def _message(talk: h11.Connection, request: httpx2.Request, content: bytes) -> bytes:
    try:
        head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        parts = [talk.send(head), talk.send(h11.Data(data=content)), talk.send(h11.EndOfMessage())]
    except h11.LocalProtocolError as error:
        raise httpx2.LocalProtocolError(str(error)) from error
    return b"".join(part for part in parts if part)


async def _head(talk: h11.Connection, wire: Wire) -> tuple[h11.Response, bytes]:
    """The response's head, and what of its body came along."""
    heard = 0
    try:
        while True:
            event = talk.next_event()
            if isinstance(event, h11.Response):
                first = talk.trailing_data[0]
                if heard - len(first) > _MOST_HEAD_BYTES:
                    raise httpx2.RemoteProtocolError("the response's head is too long")
                return event, first
            if event is h11.NEED_DATA:
                data = await wire.read()
                if not data:
                    raise httpx2.RemoteProtocolError("Server disconnected without sending a response.")
                heard += len(data)
                talk.receive_data(data)
            elif not isinstance(event, h11.InformationalResponse):
                raise httpx2.RemoteProtocolError("that is no response")
    except h11.RemoteProtocolError as error:
        raise httpx2.RemoteProtocolError(str(error)) from error
    except OSError as error:
        raise httpx2.ReadError(str(error)) from error


def _lasts(head: h11.Response) -> bool:
    """Whether the connection outlives this response."""
    options = b",".join(value for name, value in head.headers if name == b"connection").lower()
    return head.http_version == b"1.1" and b"close" not in {option.strip() for option in options.split(b",")}


async def _within(seconds: float | None, wait: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await wait
    except TimeoutError as error:
        raise httpx2.ReadTimeout(str(error)) from error
