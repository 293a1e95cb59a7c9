"""That what was deleted is in no file of the database any more: its log, its pages, PostgreSQL's dead rows."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.db import DatabaseError, connection

from chatapp.storage import statements

log = logging.getLogger(__name__)


def empty_log() -> bool:
    """Leave nothing of what was deleted in the log beside SQLite's file; False while somebody keeps it open."""
    if connection.vendor != "sqlite":
        return True
    if connection.in_atomic_block:
        return False
    found = statements.row("PRAGMA wal_checkpoint(TRUNCATE)")
    return found is not None and found[0] == 0


def rewrite(tables: Sequence[str]) -> bool:
    """Leave nothing of what was deleted between the rows that stay; False where that was not possible just now.

    SQLite overwrites what it deletes, but not the copies that its pages keep when their rows move to other pages.
    Only a file that is written anew has none. PostgreSQL frees the dead rows of the tables for other ones.
    """
    if connection.in_atomic_block:
        return False
    try:
        return _rewrite_file() if connection.vendor == "sqlite" else _vacuum(tables)
    except DatabaseError:
        log.exception("the database could not be written anew; the coming night tries again")
        return False


def file_bytes() -> int:
    """How much would have to be written; nothing where the database goes on meanwhile."""
    if connection.vendor != "sqlite":
        return 0
    pages, size = statements.row("PRAGMA page_count"), statements.row("PRAGMA page_size")
    return int(pages[0]) * int(size[0]) if pages and size else 0


def _rewrite_file() -> bool:
    with connection.cursor() as cursor:
        # Otherwise the whole of it would be in memory once.
        cursor.execute("PRAGMA temp_store=FILE")
        try:
            cursor.execute("VACUUM")
        finally:
            cursor.execute("PRAGMA temp_store=MEMORY")
    return empty_log()


def _vacuum(tables: Sequence[str]) -> bool:
    with connection.cursor() as cursor:
        # A large table takes longer than a statement of a page.
        cursor.execute("SET statement_timeout = 0")
        try:
            for table in tables:
                cursor.execute(f"VACUUM {connection.ops.quote_name(table)}")
        finally:
            cursor.execute("RESET statement_timeout")
    return True
