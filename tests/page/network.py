"""A network that can be cut, and one that falls silent, between a browser and the server."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable

CHUNK = 65_536


class Network:
    """Carries every connection to a port until it is cut; while it is silent it takes all and carries nothing."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._silent = threading.Event()
        self._cut = threading.Event()
        self._closed = False
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._bell, self._ear = socket.socketpair()
        self._selector.register(self._door, selectors.EVENT_READ)
        self._selector.register(self._ear, selectors.EVENT_READ)
        self._wishes: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Every connection breaks, and no new one comes about."""
        self._cut.set()
        self._do(self._break_all)

    def fall_silent(self) -> None:
        """Nothing arrives any more, and nobody is told: the half-open connection."""
        self._silent.set()

    def mend(self) -> None:
        """New connections work again; what stood open in the silence is lost."""
        self._do(self._break_all)
        self._silent.clear()
        self._cut.clear()

    def close(self) -> None:
        self._closed = True
        self._do(self._break_all)
        self._thread.join(5)
        for thing in (self._door, self._bell, self._ear, self._selector):
            thing.close()

    def _do(self, wish: Callable[[], None]) -> None:
        done = threading.Event()
        self._wishes += [wish, done.set]
        self._bell.send(b".")
        done.wait(5)

    def _carry(self) -> None:
        while not self._closed:
            for key, _ in self._selector.select():
                source = key.fileobj
                assert isinstance(source, socket.socket)
                if source is self._ear:
                    source.recv(CHUNK)
                elif source is self._door:
                    self._open()
                elif source in self._pairs:
                    self._pass_on(source)
            while self._wishes:
                self._wishes.pop(0)()

    def _open(self) -> None:
        near, _ = self._door.accept()
        if self._cut.is_set():
            near.close()
            return
        far = socket.create_connection(("127.0.0.1", self._to_port))
        for one, other in ((near, far), (far, near)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, source: socket.socket) -> None:
        try:
            data = source.recv(CHUNK)
            if data and not self._silent.is_set():
                self._pairs[source].sendall(data)
        except OSError:
            data = b""
        if not data:
            self._break(source)

    def _break(self, one: socket.socket) -> None:
        other = self._pairs.pop(one)
        self._pairs.pop(other)
        for end in (one, other):
            self._selector.unregister(end)
            with contextlib.suppress(OSError):
                end.close()

    def _break_all(self) -> None:
        while self._pairs:
            self._break(next(iter(self._pairs)))
