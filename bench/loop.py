"""The smallest event loop that a load generator needs: sockets to read, and things to do later."""

import heapq
import itertools
import select
import socket
import time
from collections.abc import Callable


class Loop:
    def __init__(self) -> None:
        self._poll = select.epoll()
        self._readers: dict[int, Callable[[], None]] = {}
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def watch(self, sock: socket.socket, on_readable: Callable[[], None]) -> None:
        self._readers[sock.fileno()] = on_readable
        self._poll.register(sock, select.EPOLLIN)

    def forget(self, sock: socket.socket) -> None:
        if self._readers.pop(sock.fileno(), None):
            self._poll.unregister(sock)

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._order), action))

    def run(self, until: Callable[[], bool], at_most_seconds: float) -> bool:
        """Turn until the condition holds; False when the time ran out first."""
        give_up = time.monotonic() + at_most_seconds
        while not until():
            now = time.monotonic()
            if now > give_up:
                return False
            while self._later and self._later[0][0] <= now:
                heapq.heappop(self._later)[2]()
            wait = min(self._later[0][0] - now, 0.05) if self._later else 0.05
            for descriptor, _ in self._poll.poll(max(wait, 0.0)):
                if reader := self._readers.get(descriptor):
                    reader()
        return True

    def rest(self, seconds: float) -> None:
        self.run(lambda: False, seconds)
