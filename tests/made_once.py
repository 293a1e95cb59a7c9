"""What all processes of one run of tests need alike: made by the first that asks, copied by the others."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

_WHERE = "TESTS_MADE_ONCE"


def folder() -> Path:
    """Of whoever called it first, and of all processes that he begins."""
    if _WHERE not in os.environ:
        os.environ[_WHERE] = made = tempfile.mkdtemp(prefix="chatapp-made-once-")
        atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(os.environ[_WHERE])


def made(name: str, make: Callable[[Path], None]) -> Path:
    """A folder with what `make` puts into it."""
    place = folder() / name
    with open(f"{place}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            begun = Path(tempfile.mkdtemp(dir=folder()))
            make(begun)
            begun.rename(place)
    return place


def settled(database: Path) -> Path:
    """With everything in the one file that is copied."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database
