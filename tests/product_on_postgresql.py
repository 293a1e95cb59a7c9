"""The whole product on a PostgreSQL of the tests' own, each product in a database of its own."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import signal
from dataclasses import dataclass
from typing import Any

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
        name = f"chat{next(_numbers)}"
        _create(self.server, name, "template_of_ours")
        self.database = self.folder / "chat"
        self.settings = {**self.settings, "DATABASE_URL": _named(self.server, name)}

    def freeze(self, web: Web) -> None:
        with psycopg.connect(self._url) as connection:
            # Whoever wants to write waits from then on. To wait with one of them in hand might be a deadlock.
            until(lambda: _all_ours(connection), what="a moment in which nobody writes")
            web.signal(signal.SIGSTOP)
            until(web.is_stopped)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url) as connection:
            return connection.execute(_ours(sql), values).fetchall()

    def dicts(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with psycopg.connect(self._url, row_factory=dict_row) as connection:
            return connection.execute(_ours(sql), values).fetchall()

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


def _ours(sql: str) -> Any:
    return sql.replace("?", "%s")
