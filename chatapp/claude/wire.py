"""One connection to Claude: it looks at its socket only while somebody waits for what is there."""

from __future__ import annotations

import asyncio
import os
import select
import ssl
from typing import Final, cast

from chatapp.claude.pace import GRID_SECONDS, Pace
from chatapp.claude.seal import Seal

# What a look finds is some hundred bytes. Room for more than 128 KiB is a mapping of its own each time, and took longer
# than everything else of a look.
_USUAL_BYTES: Final = 32 * 1024
_MOST_BYTES: Final = 256 * 1024


class Wire(asyncio.Protocol):
    """Between two reads the kernel buffers, so that one wake brings everything that has arrived."""

    __slots__ = (
        "_arrived",
        "_descriptor",
        "_ended",
        "_error",
        "_expiry",
        "_last_look",
        "_look_planned",
        "_loop",
        "_open_wires",
        "_pace",
        "_seal",
        "_transport",
        "_waiter",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, pace: Pace, open_wires: set[Wire]) -> None:
        self._loop = loop
        self._pace = pace
        self._open_wires = open_wires
        self._transport: asyncio.Transport
        self._waiter: asyncio.Future[None] | None = None
        self._arrived = b""
        self._error: Exception | None = None
        self._ended = False
        self._seal: Seal | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._descriptor = -1
        self._look_planned = 0.0
        self._last_look = 0.0

    async def read(self, paced: bool = False) -> bytes:
        """What arrived, as soon as anything did; nothing at the end of the connection.

        Paced, the first look at the socket keeps its distance from the last one.
        """
        if self._error is not None:
            raise self._error
        if self._ended:
            return b""
        self._waiter = self._loop.create_future()
        if paced and (moment := self._pace.next_look(self._last_look)) > self._loop.time():
            self._look_planned = moment
            self._pace.call_at(moment, self._glance)
        else:
            self._look()
        try:
            await self._waiter
        finally:
            self._waiter = None
        data, self._arrived = self._arrived, b""
        # What arrived before the connection broke comes first; the next read tells of the break.
        if not data and self._error is not None:
            raise self._error
        return data

    def write(self, data: bytes) -> None:
        if self._seal is None:
            self._transport.write(data)
        else:
            self._seal.close(data)
            self._transport.write(self._seal.to_send())

    async def secure(self, context: ssl.SSLContext, server_name: str) -> None:
        seal = Seal(context, server_name)
        heard = b""
        agreed = False
        while not agreed:
            try:
                agreed = seal.shake_hands(heard)
            finally:
                # Our half of the handshake, or the reason why we break it off.
                self._transport.write(seal.to_send())
            if not agreed and not (heard := await self.read()):
                raise ConnectionResetError("the connection ended during the TLS handshake")
        self._seal = seal

    def rest(self, seconds: float) -> None:
        """Stay open without a task; whatever is heard now, the end of the connection most likely, closes it."""
        self._expiry = self._loop.call_later(seconds, self.abort)
        self._look()

    def rouse(self) -> bool:
        """Come back from a rest; whether the connection is certainly still good for a request."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if self._ended or self._transport.is_closing() or self._heard_something():
            self.abort()
            return False
        self._transport.pause_reading()
        return True

    def has_sent_everything(self) -> bool:
        return self._transport.get_write_buffer_size() == 0

    def abort(self) -> None:
        """Close at once, whatever is under way; a reader that waits sees the end."""
        self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # asyncio and uvloop set TCP_NODELAY themselves.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.pause_reading()
        self._descriptor = transport.get_extra_info("socket").fileno()
        self._open_wires.add(self)

    def data_received(self, data: bytes) -> None:
        if (opened := self._opened(data)) is None:
            return
        if self._waiter is None:
            self.abort()
            return
        self._transport.pause_reading()
        self._take(opened)

    def _take(self, data: bytes) -> None:
        now = self._loop.time()
        # Data that was there when the planned look came keeps the stream on the grid.
        self._last_look = self._look_planned if now - self._look_planned < GRID_SECONDS else now
        self._arrived += data
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._ended = True
        self._error = self._error or error
        self._open_wires.discard(self)
        if self._expiry is not None:
            self._expiry.cancel()
        self._wake()

    # Helpers.

    def _glance(self) -> None:
        """Take what the kernel has, without asking the event loop to watch the socket; it nearly always has some."""
        if self._transport.is_closing() or self._waiter is None:
            return
        data = self._found(_USUAL_BYTES)
        if len(data) == _USUAL_BYTES:
            data += self._found(_MOST_BYTES)
        if not data:
            # Nothing yet, or the end: the event loop finds out which.
            self._look()
        elif (opened := self._opened(data)) is not None:
            self._take(opened)
        else:
            self._look()

    def _found(self, most_bytes: int) -> bytes:
        try:
            return os.read(self._descriptor, most_bytes)
        except OSError:
            return b""

    def _opened(self, data: bytes) -> bytes | None:
        """What was under the seal; None while there is nothing for a reader in it."""
        if self._seal is None:
            return data
        try:
            data = self._seal.open(data)
        except ssl.SSLError as error:
            self._error = error
            self.abort()
            return None
        self._ended = self._seal.ended
        if answer := self._seal.to_send():
            self._transport.write(answer)
        return data if data or self._ended else None

    def _look(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _heard_something(self) -> bool:
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))
