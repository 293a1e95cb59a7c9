"""Whether the database has the tables that this version works with."""

from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def is_current() -> bool:
    """Every migration of ours has run; one from the future is no obstacle, and the next start brings its code."""
    return _known() <= MigrationRecorder(connection).applied_migrations().keys()


@cache
def _known() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations or ())
