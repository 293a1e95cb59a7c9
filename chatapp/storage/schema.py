"""Whether the database has the tables that this version works with."""

import re
from enum import Enum, auto
from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

# A change that an older process would not survive has two halves, in two releases: the first one teaches the code to
# do without, the second one takes away. Only its name tells a process that has never heard of it.
SECOND_HALF = re.compile(r"_second_half_of_(\d{4})$")


class Tables(Enum):
    CURRENT = auto()
    LACKING = auto()
    LEFT_BEHIND = auto()
    """They have lost what this version still needs."""


def standing() -> Tables:
    """Every migration of ours has run; one from the future is no obstacle, unless it takes away what we use."""
    applied = MigrationRecorder(connection).applied_migrations().keys()
    if not _known() <= applied:
        return Tables.LACKING
    newest = max(name[:4] for app, name in _known() if app == "chatapp")
    halves = (SECOND_HALF.search(name) for app, name in applied - _known() if app == "chatapp")
    return Tables.LEFT_BEHIND if any(half and half[1] > newest for half in halves) else Tables.CURRENT


def is_current() -> bool:
    return standing() is Tables.CURRENT


@cache
def _known() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations or ())
