"""The processes of a run: each started on its core, waited for, and stopped for certain."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
_START_SECONDS: Final = 120.0


class NotStarted(Exception):
    """A process ended, or never listened; its last words are in the message."""


def cores() -> dict[str, int]:
    """One core for the server under test, one for everything else."""
    ours = sorted(os.sched_getaffinity(0))
    if len(ours) < 2:
        raise NotStarted("the benchmark needs two cores: one for the server, one for everything else")
    return {"server": ours[0], "rest": ours[1]}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def python(*arguments: str, environment: Mapping[str, str], core: int | None = None) -> str:
    """Run to the end; what it printed."""
    process = _start(arguments, environment, core, subprocess.PIPE)
    printed, _ = process.communicate()
    if process.returncode:
        raise NotStarted(f"{' '.join(arguments[:3])} ended with {process.returncode}")
    return str(printed)


@contextlib.contextmanager
def serving(
    *arguments: str, environment: Mapping[str, str], port: int, log: Path, core: int | None = None
) -> Iterator[int]:
    """The pid of a server that listens."""
    with log.open("a") as output:
        process = _start(arguments, environment, core, output.fileno())
        try:
            _wait_for(process, port, log)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(
    arguments: Sequence[str], environment: Mapping[str, str], core: int | None, output: int
) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # our own commands
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=output,
        stderr=None if output == subprocess.PIPE else output,
        text=True,
    )
    if core is not None:
        os.sched_setaffinity(process.pid, {core})
    return process


def _wait_for(process: subprocess.Popen[str], port: int, log: Path) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise NotStarted(f"no server on port {port}:\n{log.read_text()[-2000:]}")
