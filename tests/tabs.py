"""An open page: what a reload drew, and a thread that applies every frame its socket hears."""

from __future__ import annotations

import contextlib
import struct
import threading
import time
from collections.abc import Callable
from socket import SHUT_RD, SO_LINGER, SOL_SOCKET
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from tests.page_model import Page
from tests.patience import until
from tests.people import Person

# What a browser meets while the web process is down, on its way up, or going; also before our request is written.
SERVER_AWAY = (OSError, EOFError, InvalidHandshake, ConnectionClosed)
# After which codes htmx's extension opens the socket again.
NOBODY_THERE = 1006
COMES_BACK_AFTER = {1001, 1005, 1006, 1011, 1012, 1013, 1014}


def knock(person: Person, conversation: str, query: str = "", **headers: str) -> ClientConnection:
    """An open socket, or InvalidHandshake."""
    origin = f"http://127.0.0.1:{person.port}"
    sent: Any = {"Cookie": person.cookies, "Origin": origin, **headers}
    url = f"ws://127.0.0.1:{person.port}/ws/c/{conversation}/{query}"
    return connect(
        url,
        additional_headers=sent,
        open_timeout=20,
        close_timeout=1,
        max_size=None,
        compression=None,
        proxy=None,
        # Whoever knocks decides when to leave, not a block of code.
        legacy=True,
    )


def difference(shown: str, reloaded: str) -> str:
    """Where two transcripts part."""
    same = next((n for n, pair in enumerate(zip(shown, reloaded, strict=False)) if pair[0] != pair[1]), 0)
    return f"shown: …{shown[max(0, same - 200) : same + 200]}…\nreloaded: …{reloaded[max(0, same - 50) : same + 200]}…"


class Tab:
    """A page that listens until it is closed or told that it is over, and comes back by itself as the real one does."""

    def __init__(self, person: Person, conversation: str) -> None:
        self.person = person
        self.conversation = conversation
        self.page = person.page(conversation)
        self.frames: list[tuple[float, str]] = []
        self.code: int | None = None
        self.strange: Exception | None = None
        self.connections = 0
        self._socket: ClientConnection | None = None
        self._reader: threading.Thread | None = None
        self._left = threading.Event()
        self.connect()

    def connect(self) -> Tab:
        """Listen, from what the page has seen; a server that is away is tried again, as the real page does."""
        self._leave()
        self._left.clear()
        self.code = None
        self._knock()
        self._reader = threading.Thread(target=self._live, daemon=True)
        self._reader.start()
        return self

    def cut(self) -> None:
        """The network goes away without a goodbye."""
        self._leave()

    def close(self) -> None:
        self._left.set()
        if self._socket:
            self._socket.close()
        self._leave()

    def until(self, look: Callable[[Page], object], seconds: float = 20.0, what: str = "the page") -> None:
        until(lambda: self.strange or look(self.page), seconds, what)
        self.check()

    def until_state(self, turn: int, *states: str, seconds: float = 30.0) -> None:
        self.until(lambda page: page.state(turn) in states, seconds, f"{states} of turn {turn} on the page")

    def until_over(self, seconds: float) -> int:
        """The code with which the server hung up for good."""
        until(lambda: self.code is not None, seconds, "the goodbye")
        assert self.code is not None
        return self.code

    def converges(self, seconds: float = 2.0) -> Page:
        """The transcript equals what a reload draws, soon; the reload."""
        deadline = time.monotonic() + seconds
        while (fresh := self.person.page(self.conversation)).transcript != self.page.transcript:
            self.check()
            assert time.monotonic() < deadline, difference(self.page.transcript, fresh.transcript)
            time.sleep(0.05)
        self.check()
        return fresh

    def check(self) -> None:
        if self.strange:
            raise self.strange

    def _knock(self) -> None:
        """Open a socket, if somebody is there."""
        with contextlib.suppress(*SERVER_AWAY):
            again = "&again=1" if self.connections else ""
            self._socket = knock(
                self.person, self.conversation, f"?seen={self.page.seen}&drawn={self.page.drawn}{again}"
            )
            self.connections += 1

    def _live(self) -> None:
        code = self._read()
        while not self._left.is_set() and code in COMES_BACK_AFTER:
            if self._left.wait(0.1):
                return
            self._socket = None
            self._knock()
            code = self._read()
        if not self._left.is_set():
            self.code = code

    def _read(self) -> int:
        socket = self._socket
        if socket is None or self._left.is_set():
            return NOBODY_THERE
        try:
            for frame in socket:
                if self._left.is_set():
                    break
                assert isinstance(frame, str)
                self.frames.append((time.monotonic(), frame))
                self.page.apply(frame)
        except (ConnectionClosed, OSError):
            pass
        except Exception as strange:
            self.strange = strange
            return 0
        return socket.close_code or NOBODY_THERE

    def _leave(self) -> None:
        self._left.set()
        while socket := self._socket:
            self._socket = None
            with contextlib.suppress(OSError):
                # Nothing lingers: the other side sees a reset, and our own reader wakes up.
                socket.socket.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
                socket.socket.shutdown(SHUT_RD)
            self._await_reader()
            socket.socket.close()
        self._await_reader()

    def _await_reader(self) -> None:
        """Until it has noticed; it may be at the door of a process that is frozen, and hold another socket then."""
        if self._reader:
            self._reader.join(25)
            assert not self._reader.is_alive(), "two readers of one page would draw over each other"
