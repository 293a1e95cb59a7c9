"""Django's SQLite for many threads of one process: whoever waits to write is woken when the one before has finished.

SQLite itself has no line: who finds it locked sleeps for up to a tenth of a second and looks again, others pass by, and
in a crowd somebody's patience ends. Between processes that is still so.
"""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from typing import Any, Final

from django.db.backends.sqlite3 import base
from django.db.utils import OperationalError

# Django looks for its backends in a module `base` of the package that is named in the settings.
sys.modules[f"{__name__}.base"] = sys.modules[__name__]

_writing: Final[dict[str, threading.Lock]] = defaultdict(threading.Lock)


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._held: threading.Lock | None = None

    def _start_transaction_under_autocommit(self) -> None:
        here, patience_seconds = _writing[str(self.settings_dict["NAME"])], self.settings_dict["OPTIONS"]["timeout"]
        if not here.acquire(timeout=patience_seconds):
            raise OperationalError("database is locked")
        self._held = here
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc] # the stubs leave it out
        except BaseException:
            self._let_others()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc] # as above
        # What could not be committed is rolled back, and held until then.
        self._let_others()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc] # as above
        finally:
            self._let_others()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc] # as above
        finally:
            self._let_others()

    def _let_others(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.release()
