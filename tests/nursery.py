"""Web processes that begin with their libraries read: forked from one that read them once, which is most of a start.

Nothing of ours is read before the fork, so each one still takes its settings from its own environment.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
POSSIBLE = sys.platform == "linux"
# Twisted's reactor is made by `daphne.server`, with the loop that the process is to have: not before the fork.
LIBRARIES = (
    *("anthropic", "argon2", "autobahn.websocket.protocol", "channels.generic.websocket", "comrak", "h11", "jiter"),
    *("django.contrib.admin.options", "django.core.handlers.asgi", "django.template.loader", "nh3", "psycopg_pool"),
    *("pygments.lexers", "redis.asyncio", "twisted.internet.asyncioreactor", "twisted.web.http", "uvloop"),
    "whitenoise.middleware",
)
_PR_SET_CHILD_SUBREAPER = 36


class Process:
    """A child that somebody else forked for us: as much of Popen as the tests need."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._looking = threading.Lock()

    def poll(self) -> int | None:
        with self._looking:
            if self.returncode is None and (status := os.waitpid(self.pid, os.WNOHANG))[0]:
                self.returncode = os.waitstatus_to_exitcode(status[1])
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if (code := self.poll()) is None:
            # Woken by its end: many that look again and again would be late to see any of them.
            with contextlib.suppress(ProcessLookupError), _watching(self.pid) as end:
                end.poll(None if timeout is None else timeout * 1000)
            code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        with self._looking:
            if self.returncode is None:
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


@contextlib.contextmanager
def _watching(pid: int) -> Iterator[select.poll]:
    descriptor = os.pidfd_open(pid)
    try:
        end = select.poll()
        end.register(descriptor, select.POLLIN)
        yield end
    finally:
        os.close(descriptor)


def begin(arguments: list[str], env: Mapping[str, str], out: Path, complaints: Path | None = None) -> Process:
    """Run `python -m …` in an environment of its own, with what it prints added to a file, or to two."""
    return _nursery().begin(arguments, env, out, complaints or out)


@functools.cache
def _nursery() -> _Nursery:
    return _Nursery()


class _Nursery:
    def __init__(self) -> None:
        # Whom the nursery forks becomes our own child as soon as the one in between has gone.
        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "no subreaper")
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "tests.nursery", str(theirs.fileno())]
            self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()])
        self._line = ours.makefile("rw")
        self._one_at_a_time = threading.Lock()
        # Its life ends with ours: it reads until nobody is left to write.
        self._ours = ours

    def begin(self, arguments: list[str], env: Mapping[str, str], out: Path, err: Path) -> Process:
        wish = {"arguments": arguments, "env": dict(env), "out": str(out), "err": str(err)}
        with self._one_at_a_time:
            self._line.write(json.dumps(wish) + "\n")
            self._line.flush()
            return Process(int(self._line.readline()))


def main() -> None:
    for library in LIBRARIES:
        import_module(library)
    assert "twisted.internet.reactor" not in sys.modules
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as ours:
        line = ours.makefile("rw")
        for wish in line:
            line.write(f"{_bear(ours, **json.loads(wish))}\n")
            line.flush()


def _bear(ours: socket.socket, arguments: list[str], env: dict[str, str], out: str, err: str) -> int:
    """The number of a process that is no child of this one."""
    ear, mouth = os.pipe()
    between = os.fork()
    if between == 0:
        child = os.fork()
        if child == 0:
            ours.close()
            os.close(ear)
            os.close(mouth)
            _live(arguments, env, out, err)
        os.write(mouth, str(child).encode())
        os._exit(0)
    os.close(mouth)
    os.waitpid(between, 0)
    with os.fdopen(ear) as told:
        return int(told.read())


def _live(arguments: list[str], env: dict[str, str], out: str, err: str) -> NoReturn:
    code = 1
    try:
        for descriptor, name in ((1, out), (2, err)):
            with open(name, "ab") as file:
                os.dup2(file.fileno(), descriptor)
        os.environ.clear()
        os.environ.update(env)
        sys.argv = arguments
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
