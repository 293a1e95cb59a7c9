"""The life of a simulation: from its listening port to the signal that ends it."""

import asyncio
import contextlib
import os
import random
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatapp.simulator import answers, messages
from chatapp.simulator.batches import Batches
from chatapp.simulator.cache import Cache
from chatapp.simulator.connection import Connection
from chatapp.simulator.diagnostics import Memory
from chatapp.simulator.doors import Doors
from chatapp.simulator.journal import Journal
from chatapp.simulator.limits import Limits
from chatapp.simulator.log import Log
from chatapp.simulator.messages import Service
from chatapp.simulator.plans import Plans
from chatapp.simulator.ticker import Ticker

BACKLOG = 4_096
BATCH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    port: int
    host: str = "127.0.0.1"
    seed: int = 0
    speed: float = answers.USUAL_PACE
    journal: Path | None = None
    parent: int | None = None
    as_json: bool = False
    clock: float = 0.0


class Port:
    """The listening port, which a rehearsal may close for a while."""

    def __init__(self, host: str, number: int, welcome: Callable[[], Connection]) -> None:
        self.host, self.number, self.welcome = host, number, welcome
        self.server: asyncio.Server | None = None
        self.opening: asyncio.Task[None] | None = None
        self.reopening: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Whoever connects from now on is heard, if only a moment later."""
        listener = socket.create_server((self.host, self.number), backlog=BACKLOG)
        self.number = listener.getsockname()[1]
        self.opening = asyncio.get_running_loop().create_task(self.listen(listener))

    async def listen(self, listener: socket.socket) -> None:
        self.server = await asyncio.get_running_loop().create_server(self.welcome, sock=listener, backlog=BACKLOG)

    def close_for(self, seconds: float) -> None:
        """Nobody can connect for so long; with 0 the port is open again at once."""
        if self.reopening:
            self.reopening.cancel()
            self.reopening = None
        if seconds and self.server:
            self.server.close()
            self.server = self.opening = None
        if seconds:
            self.reopening = asyncio.get_running_loop().call_later(seconds, self.close_for, 0)
        elif not self.opening:
            self.open()


async def serve(options: Options) -> None:
    """Serves until a signal comes or the parent is gone."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    service = Service(options.seed, options.speed, Cache(), Memory(), Limits(), Plans(random.Random(options.seed)))

    def answer(body: Any, workspace: str, request_id: str) -> dict[str, Any]:
        return messages.at_once(service, body, workspace, request_id, loop.time())

    log = Log(options.as_json)
    journal = Journal(options.journal)
    connections: set[Connection] = set()

    def close_port(seconds: float) -> None:
        port.close_for(seconds)
        # Whoever is idle would otherwise not notice; running answers and those who steer stay.
        for connection in [one for one in connections if seconds and not (one.busy or one.controls)]:
            connection.transport.close()

    doors = Doors(service, journal, Ticker(loop), Batches(loop, answer, BATCH_SECONDS), log, close_port, options.clock)
    port = Port(options.host, options.port, lambda: Connection(doors.receive, connections))
    raise_file_limit()
    port.open()
    url = f"http://{options.host}:{port.number}"
    log.say("ready", f"simulated Claude listening on {url}", url=url, seed=options.seed, pid=os.getpid())
    with watched(options.parent, over):
        await over.wait()
    journal.shut()
    for connection in list(connections):
        connection.transport.abort()


def raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextlib.contextmanager
def watched(parent: int | None, over: asyncio.Event) -> Iterator[None]:
    """Ends the simulation when the process that wanted it is gone."""
    if parent is None:
        yield
        return
    loop = asyncio.get_running_loop()
    try:
        # Readable once the process has ended, even if nobody has asked for its exit code yet.
        descriptor = os.pidfd_open(parent)
    except ProcessLookupError:
        over.set()
        yield
        return
    loop.add_reader(descriptor, over.set)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
