"""The whole product on a PostgreSQL of the tests' own, each product in a database of its own."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests import product as products
from tests.patience import until
from tests.populating import POPULATE
from tests.product import PEOPLE, Product, manage

# What somebody who answers, asks or pays would write to.
WRITTEN = ("conversation", "turn", "checkpoint", "attempt", "hold", "counter")
TEMPLATE = f"template_of_{os.getpid()}"
_numbers = itertools.count()


@functools.cache
def _template(server: str) -> dict[str, str]:
    """A migrated database with people in it, made once per server."""
    _create(server, TEMPLATE, "template0")
    env = products.environment(products.ROOT / "var" / "none", "http://127.0.0.1:1")
    env["DATABASE_URL"] = _named(server, TEMPLATE)
    manage(env, "prepare")
    out = manage(env, "shell", "-v", "0", "-c", POPULATE % (PEOPLE,))
    sessions: dict[str, str] = json.loads(out.split("SESSIONS", 1)[1])
    return sessions


def _create(server: str, name: str, template: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


def _named(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")


@dataclass
class OnPostgreSQL(Product):
    """Like a product on SQLite; the server's own DATABASE_URL says where, or the stores of this run."""

    server: str = ""

    def __post_init__(self) -> None:
        number = next(_numbers)
        self._stores: dict[str, str] = {}
        if not self.server:
            self.server = os.environ["DATABASE_URL"]
            # Each product is a site of its own.
            self._stores["REDIS_URL"] = f"{os.environ['REDIS_URL']}?db={1 + number}"
        self.sessions = _template(self.server)
        self._name = f"chat{os.getpid()}_{number}"
        _create(self.server, self._name, TEMPLATE)
        self.database = self.folder / "chat"
        self._stores["DATABASE_URL"] = _named(self.server, self._name)

    @property
    def env(self) -> dict[str, str]:
        return products.environment(self.database, self.claude_url, **{**self._stores, **self.settings})

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        with psycopg.connect(self._url) as connection:
            # Whoever wants to write waits from then on. To wait with one of them in hand might be a deadlock.
            until(lambda: _all_ours(connection), what="a moment in which nobody writes")
            yield
            connection.rollback()

    @contextlib.contextmanager
    def refusing_answers(self) -> Iterator[None]:
        say_no = "BEGIN RAISE EXCEPTION 'not %', NEW.answer; END"
        what = "BEFORE UPDATE OF answer ON chatapp_turn FOR EACH ROW EXECUTE FUNCTION refuse()"
        self.change(f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {say_no} $$")
        self.change(f"CREATE TRIGGER refusal {what}")
        yield
        self.change("DROP FUNCTION refuse() CASCADE")

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
            return connection.execute(_ours(sql), values or None).fetchall()

    def dicts(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with psycopg.connect(self._url, row_factory=dict_row) as connection:
            return [_plain(row) for row in connection.execute(_ours(sql), values or None)]

    def change(self, sql: str, *values: object) -> None:
        with contextlib.closing(psycopg.connect(self._url, autocommit=True)) as connection:
            connection.execute(_ours(sql), values or None)

    def count_on(self, table: str) -> None:
        name = f"chatapp_{table}"
        self.rows(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")

    @property
    def _url(self) -> str:
        return self.env["DATABASE_URL"]


def _all_ours(connection: psycopg.Connection) -> bool:
    tables = ", ".join(f"chatapp_{name}" for name in WRITTEN)
    try:
        connection.execute(_ours(f"LOCK TABLE {tables} IN EXCLUSIVE MODE NOWAIT"))
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
