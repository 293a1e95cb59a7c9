"""A web process of a test's own, which may be killed, frozen and started again."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests import nursery
from tests.patience import until

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def begin(arguments: list[str], env: Mapping[str, str], out: Path) -> subprocess.Popen[bytes] | nursery.Process:
    """Run `python -m …`, quickly where that is possible, with what it prints added to a file."""
    if nursery.POSSIBLE:
        return nursery.begin(arguments, env, out)
    with out.open("ab") as file:
        return subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, env=dict(env), stdout=file, stderr=file)


class Web:
    """One Daphne process."""

    def __init__(self, port: int, env: Mapping[str, str], log: Path, options: tuple[str, ...] = ()) -> None:
        self.port = port
        self.log = log
        command = ["daphne", "-b", "127.0.0.1", "-p", str(port), *options, "chatapp.asgi:application"]
        self._launch = functools.partial(begin, command, env, log)
        self.launch_again()

    def launch_again(self) -> None:
        self.process = self._launch()

    def ready(self, seconds: float = 120) -> Web:
        until(self.is_open, seconds, "the web process")
        return self

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def dies(self, seconds: float = 20.0) -> None:
        self.process.wait(seconds)

    def is_stopped(self) -> bool:
        return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    @property
    def resident_bytes(self) -> int:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    @property
    def sockets(self) -> int:
        """How many connections it holds open, to anybody."""
        links = (link for link in Path(f"/proc/{self.process.pid}/fd").iterdir())
        return sum(os.readlink(link).startswith("socket:") for link in links if link.is_symlink())

    def is_open(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False
