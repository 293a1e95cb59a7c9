"""A faster event loop under Daphne's reactor, which makes its own before it has heard of us."""

from __future__ import annotations

import asyncio
import select
import sys
from collections.abc import Callable
from typing import Any, TypeVarTuple

import uvloop

Ts = TypeVarTuple("Ts")

_BROKEN = select.POLLERR | select.POLLHUP
# More than a kernel ever keeps for a reader who takes 64 KiB at a time.
_MOST_LOOKS = 500


class Loop(uvloop.Loop):
    """uvloop, with the promise that whoever reads a connection is told when it was reset.

    When data and a reset come together uvloop calls the reader once and looks at the connection never again. Twisted
    takes the data, goes on waiting, and the connection stays open for ever.
    """

    def __init__(self) -> None:
        super().__init__()
        self._read_by: dict[int, object] = {}

    def add_reader(self, fd: Any, callback: Callable[[*Ts], Any], *args: *Ts) -> None:
        reader = self._read_by[fd] = object()
        super().add_reader(fd, self._read, fd, reader, callback, args)

    def remove_reader(self, fd: Any) -> bool:  # type: ignore[override] # uvloop says None, asyncio bool
        self._read_by.pop(fd, None)
        super().remove_reader(fd)
        return True

    def _read(self, fd: int, reader: object, callback: Callable[..., Any], args: tuple[Any, ...]) -> None:
        callback(*args)
        for _ in range(_MOST_LOOKS):
            if self._read_by.get(fd) is not reader or not _is_broken(fd):
                return
            callback(*args)


def _is_broken(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, 0)
    return any(events & _BROKEN for _, events in poll.poll(0))


def quicken() -> None:
    """Put uvloop in the place of asyncio's own loop, as long as nothing runs on it yet.

    Daphne's command line gives no say in this: its reactor exists before the application is imported.
    """
    if "daphne.server" not in sys.modules:
        return
    from twisted.internet import reactor as installed

    reactor: Any = installed

    slow = getattr(reactor, "_asyncioEventloop", None)
    if slow is None or slow.is_running() or isinstance(slow, uvloop.Loop):
        return
    readers = reactor.removeAll() + list(reactor._internalReaders)
    for reader in readers:
        reactor.removeReader(reader)
    reactor._asyncioEventloop = Loop()
    asyncio.set_event_loop(reactor._asyncioEventloop)
    for reader in readers:
        reactor.addReader(reader)
    slow.close()
