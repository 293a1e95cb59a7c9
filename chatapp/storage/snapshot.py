"""The whole database as it stands at one moment, while everybody else goes on writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# A thorough reading may take longer than a statement of a page.
_LIKE_A_PHOTOGRAPH = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET LOCAL statement_timeout = 0",
)


@contextmanager
def snapshot() -> Iterator[None]:
    """All that is read inside is of one moment. Inside of a transaction it is that transaction's view."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Not Django's own BEGIN, which is IMMEDIATE and would keep every writer out.
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            for setting in _LIKE_A_PHOTOGRAPH:
                cursor.execute(setting)
            yield
