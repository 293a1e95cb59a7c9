"""Where an error came from, told without what anybody wrote: no locals, and no words that may repeat a row."""

from __future__ import annotations

import errno
import os
import sqlite3
import traceback
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

_DEEPEST: Final = 8
_ABOVE: Final = {
    "cause": "\nThe above exception was the direct cause of the following exception:\n\n",
    "context": "\nDuring handling of the above exception, another exception occurred:\n\n",
}


def told(error: BaseException, *, words: bool = False) -> str:
    """The stack of an error and of those behind it; its own words only where nobody but a developer reads them."""
    return "".join(_chain(error, words, set(), 0)).rstrip("\n")


def detail(error: BaseException) -> str:
    """What of an error's words cannot have come from a person; nothing where that is not sure."""
    # Django wraps a driver's error, whose own type says more.
    if isinstance(error, sqlite3.Error):
        # SQLite names tables, columns and constraints, and never a value.
        return str(error)
    if isinstance(state := getattr(error, "sqlstate", None), str):
        # PostgreSQL's sentence may have the whole row in it.
        return " ".join(filter(None, [f"SQLSTATE {state}", *_places(error)]))
    if isinstance(error, OSError) and error.errno is not None:
        return f"{errno.errorcode.get(error.errno, error.errno)}: {os.strerror(error.errno)}"
    if isinstance(kind := getattr(error, "kind", None), StrEnum):
        return kind.value
    return ""


def _chain(error: BaseException, words: bool, seen: set[int], depth: int) -> Iterator[str]:
    seen.add(id(error))
    behind, how = (error.__cause__, "cause") if error.__cause__ else (error.__context__, "context")
    hidden = how == "context" and error.__suppress_context__
    if behind is not None and not hidden and id(behind) not in seen and depth < _DEEPEST:
        yield from _chain(behind, words, seen, depth + 1)
        yield _ABOVE[how]
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_list(traceback.extract_tb(error.__traceback__))
    said = str(error) if words else detail(error)
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    yield f"{name}: {said}\n" if said else f"{name}\n"
    if isinstance(error, BaseExceptionGroup) and depth < _DEEPEST:
        for one in error.exceptions:
            yield from _chain(one, words, seen, depth + 1)


def _places(error: BaseException) -> Iterator[str]:
    about = getattr(error, "diag", None)
    for name in ("table_name", "column_name", "constraint_name"):
        if isinstance(place := getattr(about, name, None), str):
            yield place
