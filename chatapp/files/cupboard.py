"""Where files lie: outside of everything that is served, under names that nobody can guess."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.conf import settings

_KEY: Final = re.compile(r"[0-9a-f]{40}")


def new_key() -> str:
    return secrets.token_hex(20)


def put(key: str, data: bytes) -> None:
    """Whole or not at all."""
    place = _place(key)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = place.with_suffix(".half")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    half.replace(place)


def take(key: str) -> bytes | None:
    """What lies there; None where nothing does."""
    try:
        return _place(key).read_bytes()
    except FileNotFoundError:
        return None


def discard(keys: Iterable[str]) -> None:
    for key in keys:
        with contextlib.suppress(FileNotFoundError):
            _place(key).unlink()


def older_than(seconds: float) -> list[str]:
    """The keys of what has lain there for so long."""
    since = time.time() - seconds
    found = [path for path in root().glob("*/*") if path.is_file() and path.stat().st_mtime < since]
    return [path.stem for path in found if _KEY.fullmatch(path.stem)]


def root() -> Path:
    return Path(settings.CHATAPP_ATTACHMENTS)


def _place(key: str) -> Path:
    if not _KEY.fullmatch(key):
        raise ValueError("no key")
    return root() / key[:2] / key
