"""What lies on this machine: static files, room on the disks, the secret key, the folder of attached files."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

from chatapp.files import cupboard
from chatapp.management import preparation
from chatapp.management.doctor import stores
from chatapp.management.doctor.findings import Finding, fail, ok, warn

MEGABYTE: Final = 1_000_000
LEAST_MEGABYTES: Final = 200
USUAL_MEGABYTES: Final = 2_000


def static_files() -> Iterator[Finding]:
    if preparation.static_is_current():
        yield ok("The static files are collected.")
    else:
        yield fail("Static files are missing, or older than this version.", "Run `manage.py prepare`.")


def disk() -> Iterator[Finding]:
    database = stores.file()
    places = {"attached files": cupboard.root(), "var": settings.VAR_DIR}
    if database is not None:
        places["database"] = database.parent
    seen: set[int] = set()
    for what, folder in places.items():
        there = _nearest(folder)
        device = there.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        free = shutil.disk_usage(there).free // MEGABYTE
        told = f"{free:,} MB are free where {folder} is ({what})"
        if free < LEAST_MEGABYTES:
            yield fail(f"Only {told}.", "Make room: without it no question can be kept.")
        elif free < USUAL_MEGABYTES:
            yield warn(f"Only {told}.", "Make room soon: attached files and the database grow.")
        else:
            yield ok(f"{told}.")


def secret_key() -> Iterator[Finding]:
    if settings.ENVIRONMENT.secret_key:
        yield ok("SECRET_KEY comes from the environment.")
        return
    path = settings.VAR_DIR / "secret-key"
    about = path.stat()
    if about.st_mode & 0o077:
        yield fail(
            f"Others may read the secret key ({about.st_mode & 0o777:o}): with it anybody can sign in as anybody.",
            f"chmod 600 {path}. If somebody may have read it, delete it and start anew: everybody signs in again.",
        )
    elif about.st_uid != os.geteuid():
        yield warn(f"The secret key at {path} belongs to another user.", "Give it to the user who runs the chat.")
    else:
        yield ok(f"The secret key is kept at {path}, for its owner alone.")


def attachments() -> Iterator[Finding]:
    folder = cupboard.root()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * 1024)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        yield fail(
            f"Nothing can be written to {folder}: {error.strerror}.",
            "Let the user who runs the chat write there, or set CHATAPP_ATTACHMENTS to another folder.",
        )
    else:
        yield ok(f"Attached files can be kept in {folder}.")


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it that is there already."""
    return next(place for place in (folder, *folder.parents) if place.exists())
