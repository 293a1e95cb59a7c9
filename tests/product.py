"""The whole product on free ports, in processes of its own that a test may kill, freeze and start again."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from tests import made_once
from tests.patience import until
from tests.populating import POPULATE
from tests.web import Web, begin, free_port

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = tuple(f"person{number}" for number in range(24))
DATABASE = "chat.sqlite3"
SECRET = "a secret that only the tests know, and no one else"
T = TypeVar("T")


def migrated() -> Path:
    """A database as `prepare` leaves it."""

    def make(folder: Path) -> None:
        manage(environment(folder / DATABASE, "http://127.0.0.1:1"), "prepare")
        made_once.settled(folder / DATABASE)

    return made_once.made("migrated", make) / DATABASE


@functools.cache
def _template() -> tuple[Path, dict[str, str]]:
    """A migrated database with people in it, copied for every product."""

    def make(folder: Path) -> None:
        database = folder / DATABASE
        shutil.copy(migrated(), database)
        out = manage(environment(database, "http://127.0.0.1:1"), "shell", "-v", "0", "-c", POPULATE % (PEOPLE,))
        (folder / "sessions.json").write_text(out.split("SESSIONS", 1)[1])
        made_once.settled(database)

    place = made_once.made("people", make)
    sessions: dict[str, str] = json.loads((place / "sessions.json").read_text())
    return place / DATABASE, sessions


def environment(database: Path, claude_url: str, **changes: str) -> dict[str, str]:
    ours = ("CHATAPP_", "ANTHROPIC_", "DATABASE_", "REDIS_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    return {
        **env,
        "DATABASE_URL": f"sqlite:///{database}",
        "ANTHROPIC_BASE_URL": claude_url,
        "CHATAPP_SIMULATED": "1",
        "SECRET_KEY": SECRET,
        "CHATAPP_ATTACHMENTS": str(database.parent / "attachments"),
        "CHATAPP_QUESTIONS_PER_MINUTE": "1000",
        "CHATAPP_RUNNING_PER_USER": "100",
        **changes,
    }


def manage(env: Mapping[str, str], *arguments: str) -> str:
    with tempfile.NamedTemporaryFile("r") as out:
        code = begin(["manage", *arguments], env, Path(out.name)).wait(120)
        said = out.read()
    assert code == 0, said
    return said


@dataclass
class Product:
    """One database and its web processes."""

    claude_url: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    # Of the web server's own command line.
    options: tuple[str, ...] = ()
    webs: list[Web] = field(default_factory=list)
    # Of each thread of the tests, its reader and the file that it reads.
    _kept: threading.local = field(default_factory=threading.local)

    def __new__(cls, *_: object, **__: object) -> Product:
        """On the stores of this run."""
        is_large = cls is Product and os.environ.get("DATABASE_URL", "").startswith("postgres")
        kind: type[Product] = import_module("tests.product_on_postgresql").OnPostgreSQL if is_large else cls
        return object.__new__(kind)

    def __post_init__(self) -> None:
        template, self.sessions = _template()
        self.database = self.folder / DATABASE
        shutil.copy(template, self.database)

    @property
    def env(self) -> dict[str, str]:
        return environment(self.database, self.claude_url, **self.settings)

    def launch(self, **changes: str) -> Web:
        """One more web process, which may not be ready yet."""
        web = Web(free_port(), {**self.env, **changes}, self.folder / f"web{len(self.webs)}.log", self.options)
        self.webs.append(web)
        return web

    def start(self, **changes: str) -> Web:
        """One more web process, ready to serve."""
        return self.launch(**changes).ready()

    def freeze(self, web: Web) -> None:
        """Stop it while nobody writes: with SQLite's lock in hand it would freeze everybody, which is no news."""
        with self.locked():
            web.signal(signal.SIGSTOP)
            until(web.is_stopped)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Who has written is waited for, and whoever wants to write waits."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=20, isolation_level=None)) as pen:
            pen.execute("BEGIN IMMEDIATE")
            yield
            pen.execute("ROLLBACK")

    @contextlib.contextmanager
    def refusing_answers(self) -> Iterator[None]:
        self.change("CREATE TRIGGER refusal BEFORE UPDATE OF answer ON chatapp_turn BEGIN SELECT nothing_here(); END")
        yield
        self.change("DROP TRIGGER refusal")

    @property
    def web(self) -> Web:
        return self.webs[-1]

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._reader().execute(sql, values).fetchall()

    def _reader(self) -> sqlite3.Connection:
        """Kept: to open one costs a hundred times what a look costs, and whoever waits looks often."""
        file = self.database.stat().st_ino
        if getattr(self._kept, "file", None) != file:
            self._kept.file, self._kept.reader = file, sqlite3.connect(self.database, timeout=10)
        reader: sqlite3.Connection = self._kept.reader
        return reader

    def records(self, table: str) -> list[dict[str, Any]]:
        """All rows of one of our tables, as they are."""
        return self.dicts(f"SELECT * FROM chatapp_{table} ORDER BY 1")

    def dicts(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Rows with the names of their columns."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, values)]

    def change(self, sql: str, *values: object) -> None:
        with contextlib.closing(sqlite3.connect(self.database, timeout=20)) as connection, connection:
            connection.execute(sql, values)

    def count_on(self, table: str) -> None:
        """Rows were put into one of our tables with numbers of the test's own; SQLite goes on after them by itself."""

    def manage(self, *arguments: str) -> str:
        return manage(self.env, *arguments)

    @property
    def logs(self) -> str:
        return "".join(web.log.read_text() for web in self.webs)

    def close(self) -> None:
        for web in self.webs:
            web.kill()
