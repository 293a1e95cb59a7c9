"""What every question reads and hardly anybody changes: remembered until the database says that some of it changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar, cast

from django.db import connection

from chatapp.storage import statements

T = TypeVar("T")

# A few for every person who asks; beyond them all are read anew.
MOST: Final = 10_000
# Triggers put a number of chance there with every change of a watched table, in the change's own transaction: what was
# read under a sum holds wherever that sum is seen, also after a rollback.
_REVISION: Final = "SELECT sum(mark) FROM chatapp_revision"
_NOTHING: Final = object()

_remembered: tuple[int | None, dict[Hashable, Any]] = (None, {})
_look = threading.local()


def of(key: Hashable, read: Callable[[], T]) -> T:
    """What `read` makes of watched tables and of nothing else; it must not be changed by whoever gets it."""
    global _remembered
    revision = _revision()
    if revision is None:
        return read()
    known, values = _remembered
    if known != revision:
        known, values = _remembered = (revision, {})
    found = values.get(key, _NOTHING)
    if found is _NOTHING:
        if len(values) >= MOST:
            values.clear()
        found = values[key] = read()
    return cast("T", found)


class OneLook:
    """Inside, where nothing of it is changed, one look is enough: what is decided is decided by what held at its start.

    What somebody changes meanwhile holds for the next look, as if he had changed it a moment later.
    """

    __slots__ = ("_is_first",)

    def __enter__(self) -> None:
        self._is_first = getattr(_look, "revision", None) is None
        if self._is_first:
            _look.revision = _revision()

    def __exit__(self, *_: object) -> None:
        if self._is_first:
            _look.revision = None


def look_again() -> None:
    """After a wait for somebody else's lock: what he changed before he let go holds from here on."""
    if getattr(_look, "revision", None) is not None and connection.vendor != "sqlite":
        _look.revision = None
        _look.revision = _revision()


def _revision() -> int | None:
    """None where there is nothing to go by."""
    seen: int | None = getattr(_look, "revision", None)
    if seen is not None:
        return seen
    found = statements.row(_REVISION)
    return None if found is None or found[0] is None else int(found[0])
