"""Which database, from one URL: SQLite beside the code, or PostgreSQL through psycopg's pool."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from psycopg_pool import ConnectionPool

# IMMEDIATE takes the write lock at BEGIN: two read-then-write transactions queue instead of failing with
# "database is locked" in spite of the timeout. FULL because an accepted question must survive a power cut.
# What is deleted is overwritten, so that a deleted conversation is in no file any more.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 10,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; PRAGMA journal_size_limit=67108864"
    ),
}

# A process that freezes in mid-act may hold what everybody needs, the site's counters: not for so long that the promise
# to end within 30 seconds what it left open is broken.
POSTGRESQL_TIMEOUTS = "-c statement_timeout=15s -c lock_timeout=10s -c idle_in_transaction_session_timeout=15s"
# Those end with the server. Where its machine is gone without a word, only this side can tell: by default it would wait
# for a quarter of an hour, and with it every thread that had asked something. A URL may say otherwise.
POSTGRESQL_SILENCE: Final = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "tcp_user_timeout": "15000",
}
# The pool by itself tries again after ever longer pauses, and after an hour without a database would not see for
# minutes that it is back.
TRY_AGAIN_SECONDS: Final = 1.0


def configure(url: str | None, default_sqlite: Path) -> dict[str, Any]:
    """Django's DATABASES entry for the URL; without one, SQLite at the default path."""
    if url is None:
        return _sqlite(str(default_sqlite))
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path).removeprefix("/"))
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    own_options = options.pop("options", "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        # CONN_MAX_AGE above 0 leaks a connection per thread under ASGI; the pool is what reuses them.
        "CONN_MAX_AGE": 0,
        # One that died while it lay in the pool is given to nobody: a database that was started anew would cost as many
        # people an error as the pool has connections.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **POSTGRESQL_SILENCE,
            **options,
            "options": f"{POSTGRESQL_TIMEOUTS} {own_options}".strip(),
            "pool": {
                "min_size": 2,
                "max_size": 20,
                "timeout": 10,
                "reconnect_timeout": TRY_AGAIN_SECONDS,
                "reconnect_failed": _try_again,
            },
        },
    }


def _try_again(pool: ConnectionPool) -> None:
    """Whoever waits already does not make a pool that has given up begin anew; whoever asks does."""
    from psycopg import OperationalError

    with contextlib.suppress(OperationalError):
        pool.putconn(pool.getconn(timeout=0.01))


def _sqlite(name: str) -> dict[str, Any]:
    return {
        "ENGINE": "chatapp.storage.sqlite3",
        "NAME": name,
        # Our threads are few and stay; opening costs more than asking, and the last one to close writes the
        # whole WAL back.
        "CONN_MAX_AGE": None,
        "OPTIONS": dict(SQLITE_OPTIONS),
    }
