"""The database, its tables, and Redis."""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import redis as library
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import OperationalError

from chatapp.management.doctor.findings import Finding, fail, ok, warn
from chatapp.storage import schema
from chatapp.storage.schema import Tables

LEAST_SQLITE: Final = (3, 35, 0)
LEAST_POSTGRESQL: Final = 140000
CONNECT_SECONDS: Final = 5
# One web process may open so many.
POOL: Final = 20
_CROWDED_PERCENT: Final = 80


@contextmanager
def visit() -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own, which gives up soon."""
    own = connections[DEFAULT_DB_ALIAS]
    described = copy.deepcopy(own.settings_dict)
    # The pool would try again and again.
    described["OPTIONS"].pop("pool", None)
    if own.vendor == "postgresql":
        described["OPTIONS"]["connect_timeout"] = CONNECT_SECONDS
    else:
        described["OPTIONS"]["timeout"] = CONNECT_SECONDS
    guest = type(own)(described, alias="doctor")
    try:
        yield guest
    finally:
        guest.close()


def database() -> Iterator[Finding]:
    with visit() as connection:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            yield fail(
                f"The database does not open: {str(error).strip().splitlines()[0]}",
                "Look at DATABASE_URL: host, port, name, user and password; and whether the server runs.",
            )
            return
        yield from _sqlite(connection) if connection.vendor == "sqlite" else _postgresql(connection)


def _one(connection: BaseDatabaseWrapper, sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def _sqlite(connection: BaseDatabaseWrapper) -> Iterator[Finding]:
    version = ".".join(map(str, sqlite3.sqlite_version_info))
    if sqlite3.sqlite_version_info < LEAST_SQLITE:
        yield fail(f"SQLite is {version}.", "Use a Python with SQLite 3.35 or newer.")
    mode = _one(connection, "PRAGMA journal_mode")
    if mode != "wal":
        yield fail(
            f"SQLite's journal is in {mode} mode: readers and writers would wait for each other.",
            "Put the file on a local disk; WAL works on no network share. A start of the chat switches it on.",
        )
    try:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("ROLLBACK")
    except OperationalError as error:
        yield fail(
            f"Nothing can be written to {connection.settings_dict['NAME']}: {error}",
            "Let the user who runs the chat write to the file and its folder, and see who keeps it locked.",
        )
        return
    yield ok(f"SQLite {version} at {connection.settings_dict['NAME']}, journal in {mode} mode.")


def _postgresql(connection: BaseDatabaseWrapper) -> Iterator[Finding]:
    version = int(_one(connection, "SHOW server_version_num"))
    words = _one(connection, "SHOW server_version")
    if version < LEAST_POSTGRESQL:
        yield fail(f"PostgreSQL is {words}.", "Use PostgreSQL 14 or newer.")
    if _one(connection, "SELECT pg_is_in_recovery()"):
        yield fail("This PostgreSQL only reads: it is a standby.", "Let DATABASE_URL name the primary.")
    most = int(_one(connection, "SHOW max_connections")) - int(_one(connection, "SHOW superuser_reserved_connections"))
    used = int(_one(connection, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"))
    told = f"PostgreSQL {words}, {used} of {most} connections in use"
    if used * 100 >= most * _CROWDED_PERCENT or most < POOL:
        yield warn(f"{told}.", f"A web process may open {POOL}: raise max_connections, or run fewer of them.")
    else:
        yield ok(f"{told}; room for {(most - used) // POOL} more web processes.")


def migrations() -> Iterator[Finding]:
    tables = schema.standing()
    if tables is Tables.LACKING:
        yield fail("The database lacks tables of this version.", "Run `manage.py prepare`.")
        return
    if tables is Tables.LEFT_BEHIND:
        yield fail("The database is of a version that has left this one behind.", "Start the newer version instead.")
        return
    known = set(MigrationLoader(None).disk_migrations or ())
    there = MigrationRecorder(connections[DEFAULT_DB_ALIAS]).applied_migrations().keys()
    newer = sorted(name for _, name in there - known)
    if newer:
        yield warn(
            f"The tables are of a newer version than this code ({newer[-1]}).",
            "That is as it should be while a new version rolls out; afterwards no process should run this one.",
        )
    else:
        yield ok("All tables are of this version.")


def redis() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        yield ok("REDIS_URL is not set: every process paces itself.")
        return
    place = library.Redis.from_url(str(settings.REDIS_URL), socket_timeout=3, socket_connect_timeout=3)
    try:
        version = place.info("server")["redis_version"]
    except library.AuthenticationError:
        yield fail("Redis refuses the password.", "Look at the password in REDIS_URL.")
    except library.RedisError as error:
        yield fail(
            f"Redis does not answer ({type(error).__name__}).",
            "Start it, or take REDIS_URL away. Until then every process paces itself; nothing is lost.",
        )
    else:
        yield ok(f"Redis {version} answers.")
    finally:
        place.close()


def file() -> Path | None:
    """Where SQLite's file is; None with PostgreSQL."""
    own = connections[DEFAULT_DB_ALIAS]
    return Path(own.settings_dict["NAME"]) if own.vendor == "sqlite" else None
