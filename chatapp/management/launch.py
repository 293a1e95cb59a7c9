"""Serving on one machine: the simulated Claude when there is no key, the web process, and an orderly end."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from types import FrameType

from django.conf import settings

from chatapp.environment import Environment
from chatapp.management import preparation
from chatapp.pages.accounts import setup

HOST = "127.0.0.1"
PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>


class Interrupted(Exception):
    """Ctrl-C, or a polite request to stop."""


class Interrupter:
    """Raises Interrupted for a signal; what follows at once is the same wish, passed on by make."""

    def __init__(self) -> None:
        self.heard_at = -1.0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        since, self.heard_at = time.monotonic() - self.heard_at, time.monotonic()
        if since > 1:
            raise Interrupted


def serve(environment: Environment) -> int:
    """Serves until it is interrupted (0) or a process it needs has ended (1)."""
    if not _is_free(environment.port):
        print(f"Cannot start: PORT {environment.port} is taken; try PORT={environment.port + 1} make run")
        return 1
    interrupter = Interrupter()
    signal.signal(signal.SIGTERM, interrupter)
    signal.signal(signal.SIGINT, interrupter)
    with contextlib.ExitStack() as household:
        try:
            preparation.prepare()
            variables = dict(os.environ)
            children: dict[str, subprocess.Popen[bytes]] = {}
            ports = [environment.port]
            if _needs_a_simulated_claude(environment):
                ports.append(_free_port())
                children["The simulated Claude"] = household.enter_context(_simulated_claude(ports[-1]))
                variables |= {"CHATAPP_SIMULATED": "1", "ANTHROPIC_BASE_URL": f"http://{HOST}:{ports[-1]}"}
            web = [sys.executable, "-m", "daphne", "-v", "0", "-b", HOST, "-p", str(environment.port)]
            children["The web process"] = household.enter_context(
                _running([*web, "chatapp.asgi:application"], variables, environment.grace_seconds + 5)
            )
            # Together, so that one reads its libraries while the other does.
            for port in ports:
                _wait_until_open(port, children)
            if all(child.poll() is None for child in children.values()):
                print(_welcome(environment), flush=True)
            return _watch(children)
        except Interrupted:
            print(
                "\nStopping: running answers are given time to finish; Ctrl-C again ends them now.",
                flush=True,
            )
            return 0


def _needs_a_simulated_claude(environment: Environment) -> bool:
    if environment.simulated:
        return environment.anthropic_base_url is None
    return environment.anthropic_api_key is None


def _simulated_claude(port: int) -> contextlib.AbstractContextManager["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "chatapp.simulator", "--port", str(port)]
    return _running(command, os.environ, patience_seconds=2)


@contextlib.contextmanager
def _running(
    command: list[str], variables: Mapping[str, str], patience_seconds: float
) -> "Iterator[subprocess.Popen[bytes]]":
    child = subprocess.Popen(command, env=variables, cwd=settings.BASE_DIR, preexec_fn=_become_child)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(patience_seconds)
        except (subprocess.TimeoutExpired, Interrupted):
            child.kill()
            child.wait()


def _become_child() -> None:
    # A terminal sends Ctrl-C to every process; only the parent acts on it, so the order of ending is ours.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)


def _wait_until_open(port: int, children: "Mapping[str, subprocess.Popen[bytes]]") -> None:
    while all(child.poll() is None for child in children.values()):
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.02)


def _watch(children: "Mapping[str, subprocess.Popen[bytes]]") -> int:
    while True:
        for name, child in children.items():
            if child.poll() is not None:
                print(f"{name} has ended (exit code {child.returncode}).", flush=True)
                return 1
        time.sleep(0.2)


def _welcome(environment: Environment) -> str:
    url = f"http://{HOST}:{environment.port}/"
    lines = [f"\nThe chat is open at {url}"]
    if setup.is_wanted():
        lines.append(f"Make your account at {url}accounts/setup/ with the code {setup.current_code()}")
    else:
        lines.append("Sign in with your account (`.venv/bin/python manage.py createsuperuser` makes another).")
    if environment.simulated or environment.anthropic_api_key is None:
        lines.append("A simulated Claude answers; with ANTHROPIC_API_KEY set, the real one does.")
    return "\n".join([*lines, "Ctrl-C stops it all."])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
