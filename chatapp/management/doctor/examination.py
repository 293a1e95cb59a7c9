"""The examination as a whole: each check in a thread of its own, none beyond its time, no secret in its words."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import connections

from chatapp.claude import providers
from chatapp.management.doctor import claude, doors, machine, stores
from chatapp.management.doctor.findings import Finding, Grade, fail

SECONDS: Final = 20.0
HIDDEN: Final = "•••"
# Shorter ones may be a part of any word.
_SHORTEST_SECRET: Final = 6


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator wants to have looked at."""

    # Where people reach the site; empty: that is not looked at.
    url: str = ""
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    look: Callable[[], Iterable[Finding]]
    # Without a database it can say nothing.
    needs_tables: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    check: str
    finding: Finding


def checks(wish: Wish) -> tuple[Check, ...]:
    return (
        Check("database", stores.database),
        Check("migrations", stores.migrations, needs_tables=True),
        Check("redis", stores.redis),
        Check("keys", claude.keys, needs_tables=True),
        Check("models", claude.models, needs_tables=True),
        Check("prices", claude.prices_known, needs_tables=True),
        Check("budgets", claude.budgets, needs_tables=True),
        Check("clock", claude.clock),
        Check("proxy", lambda: doors.proxy(wish.url)),
        Check("websocket", lambda: doors.websocket(wish.url)),
        Check("static", machine.static_files),
        Check("disk", machine.disk),
        Check("secret", machine.secret_key),
        Check("attachments", machine.attachments),
    )


def examine(wish: Wish) -> Iterator[Examined]:
    """One after the other; what was found is told at once."""
    hidden = secrets()
    tables = True
    for check in checks(wish):
        found = _look(check, wish.seconds) if tables or not check.needs_tables else [_NOT_LOOKED_AT]
        for finding in found:
            if check.name in ("database", "migrations") and finding.grade is Grade.FAIL:
                tables = False
            words = (_concealed(text, hidden) for text in (finding.sentence, finding.advice))
            yield Examined(check.name, Finding(finding.grade, *words))


_NOT_LOOKED_AT: Final = fail(
    "This was not looked at, for it needs the database and its tables.", "Mend what is said of them first."
)


_hanging: list[threading.Thread] = []


def somebody_hangs() -> bool:
    """Whether a check that was given up still waits for its answer."""
    return any(looker.is_alive() for looker in _hanging)


def secrets() -> Sequence[str]:
    """Everything that must not be shown, the longest first."""
    urls = (settings.ENVIRONMENT.database_url, settings.REDIS_URL, settings.ANTHROPIC_BASE_URL)
    parts = [urlsplit(url) for url in urls if url]
    known = [settings.SECRET_KEY, settings.ENVIRONMENT.anthropic_api_key]
    known += [part.password for part in parts] + [unquote(part.password or "") for part in parts]
    known += [providers.key(one) for one in providers.known()]
    known += [value for name, value in os.environ.items() if name.endswith(("_KEY", "_TOKEN", "_PASSWORD", "_SECRET"))]
    return sorted({one for one in known if one and len(one) >= _SHORTEST_SECRET}, key=len, reverse=True)


def _concealed(text: str, hidden: Iterable[str]) -> str:
    for secret in hidden:
        text = text.replace(secret, HIDDEN)
    return text


def _look(check: Check, seconds: float) -> Sequence[Finding]:
    found: list[Finding] = []
    trouble: list[Exception] = []

    def look() -> None:
        try:
            found.extend(check.look())
        except Exception as error:
            trouble.append(error)
        finally:
            connections.close_all()

    # Not waited for at the end of the process either.
    looker = threading.Thread(target=look, name=f"doctor-{check.name}", daemon=True)
    looker.start()
    looker.join(seconds)
    if looker.is_alive():
        _hanging.append(looker)
        return [fail(f"There was no answer within {seconds:g} seconds.", "See whether it is overloaded or cut off.")]
    if trouble:
        words = str(trouble[0]).strip().splitlines()
        kind = type(trouble[0]).__name__
        said = f"{kind}: {words[0]}" if words else kind
        return [*found, fail(f"This could not be looked at ({said}).", "See whether it runs and may be reached.")]
    return found
