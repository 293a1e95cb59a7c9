"""SQLite's own way to copy a database that others write to, in both directions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from chatapp.management.archive.packing import Damaged

_BUSY_SECONDS = 60


@contextmanager
def dumped(described: dict[str, Any], folder: Path) -> Iterator[tuple[Path, dict[str, int]]]:
    """A copy as of one moment, and how many rows each of its tables has; nobody has to wait for it."""
    copy = folder / "database.sqlite3"
    with (
        closing(sqlite3.connect(f"file:{described['NAME']}?mode=ro", uri=True, timeout=_BUSY_SECONDS)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        # In one step: in several, every write of somebody else would make it begin anew.
        source.backup(target)
        # One file, whose log is not beside it.
        target.execute("PRAGMA journal_mode=DELETE")
        counts = _counts(target)
    yield copy, counts


def restore(described: dict[str, Any], copy: Path) -> None:
    """All of it in one transaction, into the very file that others may have open."""
    with closing(sqlite3.connect(copy)) as source:
        (said,) = source.execute("PRAGMA integrity_check(1)").fetchone()
        if said != "ok":
            raise Damaged(f"SQLite says of the database in it: {said}.")
        with closing(sqlite3.connect(described["NAME"], timeout=_BUSY_SECONDS)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=WAL")


def counts(described: dict[str, Any]) -> dict[str, int]:
    with closing(sqlite3.connect(described["NAME"], timeout=_BUSY_SECONDS)) as connection:
        return _counts(connection)


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    names = sorted(str(name) for (name,) in found)
    # The names are the database's own.
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
