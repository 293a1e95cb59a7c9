"""The secret key that nobody had to think of: made once, kept in var/, readable by its owner only."""

import os
import secrets
import tempfile
from pathlib import Path


def keep(path: Path) -> str:
    """The secret kept in the file, made now if it is the first time; processes that start together agree."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        _make(path)
        return path.read_text().strip()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(64) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link appears whole or not at all, and never replaces what another process has just made.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
