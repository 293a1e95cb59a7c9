"""The whole product on a PostgreSQL of the tests' own, each product in a database of its own."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests import product as products
from tests.product import PEOPLE, Product, Web, manage, until

_numbers = itertools.count()


@functools.cache
def _template(server: str) -> dict[str, str]:
    """A migrated database with people in it, made once per server."""
    _create(server, "template_of_ours", "template0")
    env = products.environment(products.ROOT / "var" / "none", "http://127.0.0.1:1")
    env["DATABASE_URL"] = _named(server, "template_of_ours")
    manage(env, "prepare")
    out = manage(env, "shell", "-v", "0", "-c", products.POPULATE % (PEOPLE,))
    sessions: dict[str, str] = json.loads(out.split("SESSIONS", 1)[1])
    return sessions


def _create(server: str, name: str, template: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


def _named(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")


@dataclass
class OnPostgreSQL(Product):
    """Like a product on SQLite; the server's own DATABASE_URL says where."""

    server: str = ""

    def __post_init__(self) -> None:
        self.sessions = _template(self.server)
        self._name = f"chat{next(_numbers)}"
        _create(self.server, self._name, "template_of_ours")
        self.database = self.folder / "chat"
        self.settings = {**self.settings, "DATABASE_URL": _named(self.server, self._name)}

    def freeze(self, web: Web) -> None:
        with psycopg.connect(self._url) as connection:
            # Whoever wants to write waits from then on. To wait with one of them in hand might be a deadlock.
            until(lambda: _all_ours(connection), what="a moment in which nobody writes")
            web.signal(signal.SIGSTOP)
            until(web.is_stopped)

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Nobody reaches this database, and whoever had it loses it."""
        with psycopg.connect(self.server, autocommit=True) as operator:
            operator.execute(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false")
            operator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self._name])
            try:
                yield
            finally:
                operator.execute(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS true")

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url) as connection:
            return connection.execute(_ours(sql), values).fetchall()

    def dicts(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with psycopg.connect(self._url, row_factory=dict_row) as connection:
            return [_plain(row) for row in connection.execute(_ours(sql), values)]

    def change(self, sql: str, *values: object) -> None:
        with contextlib.closing(psycopg.connect(self._url, autocommit=True)) as connection:
            connection.execute(_ours(sql), values)

    @property
    def _url(self) -> str:
        return self.settings["DATABASE_URL"]


def _all_ours(connection: psycopg.Connection) -> bool:
    tables = "chatapp_conversation, chatapp_turn, chatapp_checkpoint"
    try:
        connection.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE NOWAIT")
    except psycopg.errors.LockNotAvailable:
        connection.rollback()
        return False
    return True


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """As SQLite keeps it: ids as bare digits, moments as text that sorts."""
    return {name: _as_text(value) for name, value in row.items()}


def _as_text(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value


def _ours(sql: str) -> Any:
    return sql.replace("?", "%s")
