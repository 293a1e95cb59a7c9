"""PostgreSQL's own programs, which are found on the PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo


class Unable(Exception):
    """It could not be done; the message says why, and what to do."""


@contextmanager
def dumped(described: dict[str, Any], folder: Path) -> Iterator[tuple[Path, dict[str, int]]]:
    """A dump as of one moment, and how many rows each table had in that moment; nobody has to wait for it."""
    copy = folder / "database.pgdump"
    with _connected(described) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        moment = str(_one(connection, "SELECT pg_export_snapshot()"))
        _run(described, "pg_dump", "--format=custom", f"--snapshot={moment}", "--no-password", f"--file={copy}")
        yield copy, _counts(connection)


def restore(described: dict[str, Any], copy: Path) -> None:
    """All of it in one transaction: where it fails, nothing has changed."""
    script = copy.with_name("restore.sql")
    _run(None, "pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(copy))
    with _connected(described) as connection:
        names = _names(connection)
    # Also those that only a newer version has, and that would keep the others from going.
    tables = f"DROP TABLE IF EXISTS {', '.join(map(_quoted, names))} CASCADE" if names else "SELECT 1"
    gone = f"{tables}; DROP FUNCTION IF EXISTS chatapp_revised()"
    options = ("--no-psqlrc", "--quiet", "--no-password", "--single-transaction", "--set=ON_ERROR_STOP=1")
    _run(described, "psql", *options, f"--command={gone}", f"--file={script}")


def counts(described: dict[str, Any]) -> dict[str, int]:
    with _connected(described) as connection:
        return _counts(connection)


def _run(described: Mapping[str, Any] | None, program: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise Unable(f"{program} is not on the PATH. It comes with PostgreSQL's client programs (postgresql-client).")
    # A password in the arguments could be read by everybody on this machine.
    password = described["PASSWORD"] if described else ""
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    run = subprocess.run(
        [found, *([f"--dbname={_address(described)}"] if described else []), *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if run.returncode:
        said = next(
            (line for line in run.stderr.splitlines() if "error:" in line.lower()), f"{program}: {run.returncode}"
        )
        raise Unable(f"{said.strip()}. Its version must be at least the server's.")


def _connected(described: Mapping[str, Any]) -> psycopg.Connection[Any]:
    password = {"password": described["PASSWORD"]} if described["PASSWORD"] else {}
    return psycopg.connect(_address(described), autocommit=True, connect_timeout=10, **password)


def _address(described: Mapping[str, Any]) -> str:
    """Where the database is, without the password; time limits are for pages and not for this."""
    ours = {"pool", "options", "password"}
    options = {name: value for name, value in described["OPTIONS"].items() if name not in ours}
    told = {
        "host": described["HOST"],
        "port": described["PORT"],
        "user": described["USER"],
        "dbname": described["NAME"],
        **options,
    }
    return make_conninfo(**{name: value for name, value in told.items() if value})


def _counts(connection: psycopg.Connection[Any]) -> dict[str, int]:
    return {name: int(_one(connection, f"SELECT count(*) FROM {_quoted(name)}")) for name in _names(connection)}  # noqa: S608


def _names(connection: psycopg.Connection[Any]) -> list[str]:
    sql = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    return [str(name) for (name,) in connection.execute(sql)]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _one(connection: psycopg.Connection[Any], sql: Any) -> Any:
    # Any: the names in it are the database's own.
    row = connection.execute(sql).fetchone()
    return row[0] if row else None
