"""Named points of the story at which a rehearsal may kill or freeze this process; without one, they cost nothing.

`CHATAPP_REHEARSE="SIGKILL at hold_committed"` kills the process when it gets there; `… after 3` when it gets there for
the third time.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import threading
from contextlib import closing
from enum import StrEnum

from django.conf import settings


class Point(StrEnum):
    BEFORE_ACCEPTING = "before_accepting"
    INSIDE_ACCEPTING = "inside_accepting"
    ACCEPTED = "accepted"
    BEFORE_HOLD = "before_hold"
    INSIDE_HOLD = "inside_hold"
    HOLD_COMMITTED = "hold_committed"
    HEARD = "heard"
    BEFORE_FLUSH = "before_flush"
    FLUSHED = "flushed"
    BEFORE_SETTLING = "before_settling"
    INSIDE_SETTLING = "inside_settling"
    SETTLED = "settled"
    INSIDE_RECOVERY = "inside_recovery"
    INSIDE_ERASING = "inside_erasing"
    ERASED = "erased"


_WISH = re.compile(r"(SIGKILL|SIGSTOP|SIGTERM) at (\w+)(?: after (\d+))?")
_wish = _WISH.fullmatch(os.environ.get("CHATAPP_REHEARSE", ""))
_signal, _point, _countdown = (_wish[1], _wish[2], int(_wish[3] or 1)) if _wish else ("", "", 0)


def reach(point: Point) -> None:
    if point == _point:
        _arrive()


def _arrive() -> None:
    global _countdown
    _countdown -= 1
    if _countdown == 0:
        if _signal == "SIGSTOP" and not _point.startswith("inside"):
            _lay_down_the_pen()
        # To this thread: sent to the process, it would freeze when another one noticed, and this one had gone on.
        signal.pthread_kill(threading.get_ident(), signal.Signals[_signal])


def _lay_down_the_pen() -> None:
    """Wait until no other thread of this process writes: frozen with SQLite's lock in hand it would freeze them all,
    which says something about SQLite and nothing about the story."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        with closing(sqlite3.connect(database["NAME"], timeout=10, isolation_level=None)) as pen:
            pen.execute("BEGIN IMMEDIATE")
