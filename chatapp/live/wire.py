"""A socket to a page: send without waiting, see when its reader does not read, hang up politely."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from chatapp.telemetry import measures
from chatapp.telemetry.measures import Measure

Send = Callable[[dict[str, Any]], Awaitable[None]]

# Beyond this a reader is behind: nothing more is sent to it, and what it missed it is shown when it comes back.
BEHIND_BYTES = 256 * 1024
PATIENCE_SECONDS = 10.0

_TEXT_FRAME = 0x81
_SHORT, _LONGER, _LONGEST = struct.Struct("!BB").pack, struct.Struct("!BBH").pack, struct.Struct("!BBQ").pack


class Parcel:
    """One frame for many wires: encoded once, in the words of ASGI and in the bytes of RFC 6455."""

    __slots__ = ("_framed", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._framed = b""

    @property
    def framed(self) -> bytes:
        if not self._framed:
            payload = self.text.encode()
            size = len(payload)
            if size < 126:
                head = _SHORT(_TEXT_FRAME, size)
            elif size < 65536:
                head = _LONGER(_TEXT_FRAME, 126, size)
            else:
                head = _LONGEST(_TEXT_FRAME, 127, size)
            self._framed = head + payload
        return self._framed


class Wire:
    """One open socket.

    Daphne's send never waits and never tells that a reader stopped reading, and it costs the event loop two more
    turns per frame. So its connection is written to directly, as far as the kernel takes it; under another server
    the plain ASGI send is used.
    """

    __slots__ = (
        "_protocol",
        "_send",
        "_tasks",
        "_transport",
        "behind_since",
        "closed",
        "credential",
        "session_key",
        "user_id",
    )

    def __init__(self, send: Send, user_id: int, session_key: str, credential: str) -> None:
        self.user_id = user_id
        self.session_key = session_key
        # The password's hash when the socket was opened: a changed one ends the person's other sessions.
        self.credential = credential
        self.behind_since: float | None = None
        self.closed = False
        self._send = send
        owner = send.args[0] if isinstance(send, partial) and send.args else None
        self._protocol: Any = owner if hasattr(owner, "sendMessage") else None
        transport = getattr(owner, "transport", None)
        self._transport: Any = transport if hasattr(transport, "writeSomeData") else None
        self._tasks: set[asyncio.Future[None]] = set()

    def push(self, parcel: Parcel) -> None:
        """Send a frame, unless the reader is behind or gone."""
        if self.closed:
            return
        if self._transport is None:
            self._ask({"type": "websocket.send", "text": parcel.text})
            return
        if self._protocol.state != self._protocol.STATE_OPEN:
            return
        waiting = self._waiting_bytes()
        if self.behind_since is None and waiting > BEHIND_BYTES:
            self.behind_since = time.monotonic()
        if self.behind_since is None:
            self._write(parcel.framed, waiting)

    @property
    def is_open(self) -> bool:
        """As far as anybody here knows."""
        return self._transport is None or self._protocol.state == self._protocol.STATE_OPEN

    @property
    def caught_up(self) -> bool:
        """It was behind, and has read all that was sent."""
        return self.behind_since is not None and self._waiting_bytes() == 0

    def given_up(self, now: float) -> bool:
        """Whether the reader has not read for longer than anybody waits."""
        return self.behind_since is not None and now - self.behind_since > PATIENCE_SECONDS

    def close(self, code: int) -> None:
        """Hang up; a reader that does not read would never see a close frame, so its connection is cut."""
        if self.closed:
            return
        self.closed = True
        measures.count(Measure.CLOSED, str(code))
        if self._transport is None:
            self._ask({"type": "websocket.close", "code": code})
        elif self._waiting_bytes():
            self._transport.abortConnection()
        else:
            # The public door of Daphne's library refuses 1012 and 1013, the codes that make a page come back.
            self._protocol.sendCloseFrame(code=code)

    def _write(self, data: bytes, waiting: int) -> None:
        transport = self._transport
        sent = 0 if waiting else transport.writeSomeData(data)
        if waiting or not isinstance(sent, int):
            # Behind what waits already; or the connection is lost, which Twisted learns by itself with this write.
            transport.write(data)
        elif sent < len(data):
            # The rest waits where Twisted keeps it, as the one object that all who watch share: a copy for each of a
            # hundred who stopped reading would be a hundred answers.
            transport.dataBuffer, transport.offset = data, sent
            transport.startWriting()

    def _ask(self, message: dict[str, Any]) -> None:
        task = asyncio.ensure_future(self._send(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _waiting_bytes(self) -> int:
        """What Twisted still holds for this reader beyond the kernel's own buffer."""
        transport = self._transport
        if transport is None:
            return 0
        waiting: int = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
        return waiting
