"""Where the fleet works: web processes behind the deployment's proxy, with a PostgreSQL and a Redis of their own."""

import contextlib
import json
import os
import pwd
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import meters, servers, stage
from tests import machine, stores
from tests.patience import until
from tests.proxy import proxy

PEOPLE: Final = 500
# Those who measure go first: what is late is late because of what is measured.
STEP_BACK: Final = 5
_DAPHNE: Final = ("-m", "daphne", "--verbosity", "0", "--proxy-headers", "-b", "127.0.0.1", "-p")


@dataclass
class Premises:
    port: int
    pids: dict[str, int]
    room: Path
    known: dict[str, Any]
    # Conversations that were used in an earlier scene have a longer past.
    used: int = 0

    def load(self, streams: int, idle: int, seconds: float, quiet_seconds: float, pace: float) -> dict[str, Any]:
        people = self.room / "people.json"
        people.write_text(json.dumps(self._fresh(streams + idle)))
        order = {
            "target": "product",
            "port": self.port,
            "streams": streams,
            "idle": idle,
            "seconds": seconds,
            "quiet_seconds": quiet_seconds,
            "tokens_per_second": pace,
            "pids": self.pids,
            "cores": servers.cores(),
            "people": str(people),
            "conversations": None,
            "apart": True,
        }
        printed = servers.python("-m", "bench.load", json.dumps(order), environment=stage.environment(self.room, 1))
        figures: dict[str, Any] = json.loads(printed)
        return figures

    def _fresh(self, count: int) -> dict[str, Any]:
        """The next conversations, and first of all people the one to whom the first of them belongs."""
        sessions, begin = self.known["sessions"], self.used
        self.used += count
        turned = begin % len(sessions)
        conversations = self.known["conversations"][begin : self.used]
        return self.known | {"sessions": sessions[turned:] + sessions[:turned], "conversations": conversations}


@contextlib.contextmanager
def raised(webs: int, conversations: int, pace: float) -> Iterator[Premises]:
    stage.RESULTS.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=stage.RESULTS, prefix="room-")))
        pids = {}
        stand_in_port = servers.free_port()
        environment = stage.environment(room, stand_in_port)
        command = ["-m", "bench.stand_in", "--port", str(stand_in_port), "--tokens-per-second", str(pace)]
        log = stage.RESULTS / "stand-in.log"
        pids["stand_in"] = stack.enter_context(
            servers.serving(*command, environment=environment, port=stand_in_port, log=log)
        )
        database_url, pids["postgresql"] = stack.enter_context(_postgresql())
        redis = stack.enter_context(stores.redis_server())
        with redis.client() as client:
            pids["redis"] = client.info()["process_id"]
        environment |= {"DATABASE_URL": database_url, "REDIS_URL": redis.url}
        servers.python("manage.py", "migrate", "--verbosity", "0", environment=environment)
        known = servers.python(
            *("-m", "bench.people", "--count", str(PEOPLE), "--conversations", str(conversations)),
            environment=environment,
        )
        ports = []
        for number in range(webs):
            port, log = servers.free_port(), stage.RESULTS / f"web{number}.log"
            command = [*_DAPHNE, str(port), "chatapp.asgi:application"]
            pids[f"web{number}"] = stack.enter_context(
                servers.serving(*command, environment=environment, port=port, log=log)
            )
            ports.append(port)
        front = stack.enter_context(proxy(*ports, whole=True))
        pids["proxy"] = front.pid
        for name, pid in pids.items():
            if name != "stand_in":
                _step_back(pid)
        yield Premises(front.port, pids, room, json.loads(known))


@contextlib.contextmanager
def _postgresql() -> Iterator[tuple[str, int]]:
    """As Debian would start it, and unlike that of the tests it waits for the disk; its URL and its pid."""
    programs = machine.postgresql()
    if programs is None:
        raise servers.NotStarted("the benchmark needs PostgreSQL")
    # It refuses to run as root; its package has made a user for it.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="chatapp-bench-") as folder:
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        data, log = f"{folder}/data", Path(folder, "log")
        made = ("-U", "chat", "-A", "trust", "-E", "UTF8")
        subprocess.run([f"{programs}/initdb", "-D", data, *made], user=user, check=True, stdout=subprocess.DEVNULL)
        command = [f"{programs}/postgres", "-D", data, "-k", folder, "-c", "listen_addresses="]
        with log.open("w") as output, subprocess.Popen(command, user=user, cwd=folder, stderr=output) as server:
            try:
                until(lambda: "ready to accept connections" in log.read_text() or server.poll() is not None, 60)
                yield f"postgres://chat@/postgres?host={folder}", server.pid
            finally:
                # Its quick way, with people still connected.
                server.send_signal(signal.SIGINT)


def _step_back(pid: int) -> None:
    """With all its threads and children; those to come inherit it."""
    for member in meters.family(pid):
        for thread in Path(f"/proc/{member}/task").iterdir():
            os.setpriority(os.PRIO_PROCESS, int(thread.name), STEP_BACK)
