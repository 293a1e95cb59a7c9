"""Where a comparison is played: a stand-in for Claude, and one server at a time, each starting afresh."""

import contextlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import servers

TOKENS_PER_SECOND: Final = 50.0
PEOPLE: Final = 500
RESULTS: Final = servers.ROOT / "var" / "bench"
_DAPHNE: Final = ("-m", "daphne", "--verbosity", "0", "-b", "127.0.0.1", "-p")
_APPLICATIONS: Final = {"bare": "bench.bare:application", "product": "chatapp.asgi:application"}


@dataclass(frozen=True, slots=True)
class Server:
    target: str
    port: int
    pid: int


class Stage:
    def __init__(self, room: Path, stand_in_port: int, stand_in_pid: int) -> None:
        self._room = room
        self._stand_in_pid = stand_in_pid
        self._cores = servers.cores()
        self._environment = environment(room, stand_in_port)
        self._people: Path | None = None

    @contextlib.contextmanager
    def server(
        self, target: str, settings: Mapping[str, str] | None = None, *, beside: bool = False
    ) -> Iterator[Server]:
        """The product starts on a fresh database with the same people in it, but beside another process of it."""
        if target == "product" and not beside:
            self._fresh_database()
        port = servers.free_port()
        with servers.serving(
            *_DAPHNE,
            str(port),
            _APPLICATIONS[target],
            environment={**self._environment, **(settings or {})},
            core=self._cores["server"],
            port=port,
            log=RESULTS / f"{target}.log",
        ) as pid:
            yield Server(target, port, pid)

    def load(
        self, server: Server, streams: int, seconds: float, idle: int = 0, heard_by: Server | None = None
    ) -> dict[str, Any]:
        order = {
            "target": server.target,
            "port": server.port,
            "streams": streams,
            "idle": idle,
            "seconds": seconds,
            "tokens_per_second": TOKENS_PER_SECOND,
            "pids": {"server": server.pid, "stand_in": self._stand_in_pid}
            | ({"other": heard_by.pid} if heard_by else {}),
            "cores": self._cores,
            "people": str(self._people) if server.target == "product" else None,
            "conversations": None,
            "heard_port": heard_by.port if heard_by else None,
        }
        printed = servers.python(
            "-m",
            "bench.load",
            json.dumps(order),
            environment=self._environment,
            core=self._cores["rest"],
        )
        figures: dict[str, Any] = json.loads(printed)
        return figures

    def _fresh_database(self) -> None:
        kept = self._room / "kept.sqlite3"
        if not kept.exists():
            self._make_database()
            shutil.copy(self._room / "chat.sqlite3", kept)
        for old in self._room.glob("chat.sqlite3*"):
            old.unlink()
        shutil.copy(kept, self._room / "chat.sqlite3")

    def _make_database(self) -> None:
        core = self._cores["rest"]
        servers.python("manage.py", "migrate", "--verbosity", "0", environment=self._environment, core=core)
        signed_in = servers.python(
            "-m", "bench.people", "--count", str(PEOPLE), environment=self._environment, core=core
        )
        self._people = self._room / "people.json"
        self._people.write_text(signed_in)


def environment(room: Path, stand_in_port: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
    return kept | {
        "ANTHROPIC_API_KEY": "bench",
        "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{stand_in_port}",
        "ALLOWED_HOSTS": "127.0.0.1",
        "CHATAPP_QUESTIONS_PER_MINUTE": "100000",
        "CHATAPP_RUNNING_PER_USER": "100",
        "DATABASE_URL": f"sqlite:///{room / 'chat.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "chatapp.settings",
        "SECRET_KEY": secrets.token_urlsafe(48),
    }


@contextlib.contextmanager
def raised() -> Iterator[Stage]:
    RESULTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS, prefix="room-") as name:
        room, port = Path(name), servers.free_port()
        with servers.serving(
            "-m",
            "bench.stand_in",
            "--port",
            str(port),
            "--tokens-per-second",
            str(TOKENS_PER_SECOND),
            environment=environment(room, port),
            core=servers.cores()["rest"],
            port=port,
            log=RESULTS / "stand-in.log",
        ) as pid:
            yield Stage(room, port, pid)
