"""PostgreSQL's rows as of one moment, table by table, and back into tables that the migrations make anew.

Without PostgreSQL's own programs, which would have to be of the server's version or newer wherever this runs.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, LiteralString

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Composed, Identifier

# In COPY's text a row is a line, whatever is in it, and this line is none of them.
_END: Final = b"\\.\n"
_SAME_WORDS: Final = "SET LOCAL datestyle = ISO; SET LOCAL intervalstyle = postgres; SET LOCAL extra_float_digits = 3"
_NO_HURRY: Final = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
_COLUMNS: Final = """
    SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
    AND attgenerated = '' ORDER BY attnum"""
_COUNTERS: Final = """
    SELECT table_name, column_name, pg_get_serial_sequence(quote_ident(table_name), column_name)
    FROM information_schema.columns WHERE table_schema = current_schema()
    AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL ORDER BY 1, 2"""


class Unable(Exception):
    """It could not be done; the message says why, and what to do."""


@contextmanager
def dumped(described: dict[str, Any], folder: Path) -> Iterator[tuple[Path, dict[str, int]]]:
    """A copy as of one moment, and how many rows each table had in that moment; nobody has to wait for it."""
    copy = folder / "database.rows.gz"
    with _connected(described) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute(_SAME_WORDS)
        with gzip.open(copy, "wb", 3) as file:
            counts = _write(connection, file)
        yield copy, counts


def restore(described: dict[str, Any], copy: Path) -> None:
    """All of it in one transaction: where it fails, nothing has changed."""
    del described  # it is the one of Django's own connection, with which the migrations make the tables
    own = connections[DEFAULT_DB_ALIAS]
    with gzip.open(copy) as file, transaction.atomic(), own.cursor() as cursor, own.wrap_database_errors:
        try:
            told = json.loads(file.readline())
        except gzip.BadGzipFile:
            raise Unable("It was written by pg_dump. `pg_restore` reads the member `database` of the file.") from None
        cursor.execute(f"{_SAME_WORDS}; {_NO_HURRY}")
        _clear(cursor)
        _build([(app, name) for app, name in told["migrations"]])
        _load(cursor, file)


def counts(described: dict[str, Any]) -> dict[str, int]:
    with _connected(described) as connection:
        return {name: _count(connection, name) for name in _names(connection)}


def _write(connection: psycopg.Connection[Any], file: gzip.GzipFile) -> dict[str, int]:
    applied = connection.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
    counts: dict[str, int] = {}
    _tell(file, {"migrations": applied})
    for table in _names(connection):
        columns = [str(name) for (name,) in connection.execute(_COLUMNS, (f'"{table}"',))]
        _tell(file, {"table": table, "columns": columns})
        with connection.cursor() as cursor:
            with cursor.copy(_copy(table, columns, "TO STDOUT")) as rows:
                for piece in rows:
                    file.write(piece)
            counts[table] = cursor.rowcount
        file.write(_END)
    # After the rows: a number that is given meanwhile is given once.
    told = [
        (table, column, *_one(connection, SQL("SELECT last_value, is_called FROM ") + SQL(name)))  # its own words
        for table, column, name in connection.execute(_COUNTERS)
    ]
    _tell(file, {"counters": told})
    return counts


def _tell(file: gzip.GzipFile, what: dict[str, Any]) -> None:
    file.write(json.dumps(what).encode() + b"\n")


def _clear(cursor: Any) -> None:
    """Also of what only a newer version has, and what would keep the others from going."""
    if names := _names(cursor):
        cursor.execute(SQL("DROP TABLE {} CASCADE").format(_listed(names)))
    cursor.execute("DROP FUNCTION IF EXISTS chatapp_revised()")


def _build(applied: Sequence[tuple[str, str]]) -> None:
    """The tables as they were: those of a newer version come afterwards, with what it makes of the rows."""
    own = connections[DEFAULT_DB_ALIAS]

    def settle(step: str, *_: object) -> None:
        # What a migration leaves for the end of the transaction would keep the next one from changing the table.
        if step == "apply_success":
            with own.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    executor = MigrationExecutor(own, settle)
    nodes = executor.loader.graph.node_map
    known = [one for one in applied if one in nodes]
    newest = [
        one for one in known if not any(child.key in known and child.key[0] == one[0] for child in nodes[one].children)
    ]
    executor.migrate(newest)


def _load(cursor: Any, file: gzip.GzipFile) -> None:
    names = set(_names(cursor))
    # The first rows, which the migrations have made.
    cursor.execute(SQL("TRUNCATE {}").format(_listed(sorted(names))))
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    for line in file:
        told = json.loads(line)
        if "table" in told:
            _fill(cursor, told, file, told["table"] in names)
        for table, column, value, called in told.get("counters", ()):
            if table in names:
                sql = "SELECT setval(pg_get_serial_sequence(quote_ident(%s), %s), %s, %s)"
                cursor.execute(sql, (table, column, value, called))
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _fill(cursor: Any, told: dict[str, Any], file: gzip.GzipFile, is_ours: bool) -> None:
    """A table that no migration makes is passed over; whoever counts the rows afterwards will say so."""
    if not is_ours:
        while file.readline() != _END:
            pass
        return
    with cursor.copy(_copy(told["table"], told["columns"], "FROM STDIN")) as rows:
        while (line := file.readline()) != _END:
            rows.write(line)


def _copy(table: str, columns: Sequence[str], way: LiteralString) -> Composed:
    return SQL("COPY {} ({}) ").format(Identifier(table), _listed(columns)) + SQL(way)


def _listed(names: Sequence[str]) -> Composed:
    return SQL(", ").join(map(Identifier, names))


def _names(connection: Any) -> list[str]:
    """Of a connection of psycopg's or a cursor of Django's."""
    found = connection.execute(_TABLES) or connection
    return [str(name) for (name,) in found.fetchall()]


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    return int(_one(connection, SQL("SELECT count(*) FROM {}").format(Identifier(table)))[0])


def _one(connection: psycopg.Connection[Any], sql: Composed) -> tuple[Any, ...]:
    (row,) = connection.execute(sql).fetchall()
    return tuple(row)


def _connected(described: dict[str, Any]) -> psycopg.Connection[Any]:
    told = {
        "host": described["HOST"],
        "port": described["PORT"],
        "user": described["USER"],
        "password": described["PASSWORD"],
        "dbname": described["NAME"],
        **{name: value for name, value in described["OPTIONS"].items() if name != "pool"},
    }
    address = make_conninfo(**{name: value for name, value in told.items() if value})
    try:
        connection = psycopg.connect(address, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise Unable(f"The database cannot be reached: {str(error).splitlines()[0]}") from None
    connection.execute(_NO_HURRY.replace("SET LOCAL", "SET"))
    return connection
