"""A simulated Claude for tests and benchmarks: a process of its own, steered through its control doors."""

import collections
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 10
QUICK = 4_000.0


class StandIn:
    """A running simulation; `journal` tells of the requests since the last `clear`."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process = process
        self.url = url
        self.since = 0
        # Kept open, so that it still works while the listening port is closed for a rehearsal.
        self.control = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_SECONDS)

    def plan_fault(
        self,
        name: str,
        *,
        times: int | None = None,
        share: float = 1.0,
        match: Mapping[str, str] | None = None,
        **settings: str | float,
    ) -> None:
        """`match` is {text, model, kind}; a kind of `any` meets titles and summaries, too, not only questions."""
        plan = {"fault": name, "times": times, "share": share, "match": dict(match or {}), "params": settings}
        self.call("POST", "/simulator/faults", plan)

    def clear(self) -> None:
        """Forgets all plans, opens the port, and begins the journal anew."""
        self.call("DELETE", "/simulator/faults")
        self.since = int(self.call("GET", "/simulator/journal?since=999999999999")["requests"])

    def journal(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.call("GET", f"/simulator/journal?since={self.since}")["entries"]
        return entries

    def settled_journal(self, **about: str) -> list[dict[str, Any]]:
        """The journal as soon as nothing runs any more, or only what it says about, say, one question."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            entries = [one for one in self.journal() if about.items() <= one.items()]
            if all(entry["ended"] for entry in entries):
                return entries
            # Asked without a pause, it would have no time to end anything.
            time.sleep(0.02)
        raise TimeoutError("requests still run at the simulated Claude")

    def call(self, method: str, path: str, body: Any = None) -> Any:
        self.control.request(method, path, None if body is None else json.dumps(body))
        response = self.control.getresponse()
        answer = json.loads(response.read())
        if response.status != 200:
            raise ValueError(answer["error"]["message"])
        return answer


@contextmanager
def standing_in(*arguments: str, speed: float = QUICK, seed: int = 0) -> Iterator[StandIn]:
    """A simulated Claude on a free port for as long as the block lasts, and never longer than this process."""
    own = ["--port", "0", "--json", "--speed", str(speed), "--seed", str(seed), "--parent", str(os.getpid())]
    command = [sys.executable, "-m", "chatapp.simulator", *own, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            stand_in = StandIn(process, json.loads(process.stdout.readline())["url"])
            # What it says of its plans: unread, a few hundred of them would fill the pipe, and it would stand still.
            threading.Thread(target=collections.deque, args=(process.stdout, 0), daemon=True).start()
            with closing(stand_in.control):
                yield stand_in
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def claude_process() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        yield stand_in


@pytest.fixture
def claude(claude_process: StandIn) -> StandIn:
    """The session's simulated Claude, without plans and with an empty journal."""
    claude_process.clear()
    return claude_process
