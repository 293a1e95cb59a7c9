"""Write the archive, while answers run."""

from __future__ import annotations

import contextlib
import os
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.recorder import MigrationRecorder

from chatapp.files import cupboard
from chatapp.management.archive import packing, postgresql, sqlite
from chatapp.management.archive.packing import Manifest, Writer


@dataclass(frozen=True, slots=True)
class Made:
    """What was written, and where."""

    path: Path
    size: int
    manifest: Manifest


def make(path: Path, *, with_secrets: bool = False) -> Made:
    """Whole or not at all: under its name there is nothing until it is finished."""
    half = path.with_name(f"{path.name}.half")
    try:
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            manifest = _write(file, path.parent, with_secrets)
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename it never replaces what is there.
        os.link(half, path)
    finally:
        half.unlink(missing_ok=True)
    return Made(path, path.stat().st_size, manifest)


def _write(file: Any, folder: Path, with_secrets: bool) -> Manifest:
    own = connections[DEFAULT_DB_ALIAS]
    # Before the copy: a migration that runs meanwhile would otherwise be said to be in it.
    applied = sorted(f"{app}.{name}" for app, name in MigrationRecorder(own).applied_migrations())
    connections.close_all()
    writer = Writer(file)
    engine = sqlite if own.vendor == "sqlite" else postgresql
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix=".backup-") as place,
        engine.dumped(own.settings_dict, Path(place)) as (copy, counts),
    ):
        _add(writer, packing.DATABASE, copy)
    # After the database, never before: no row is to name a file that is not here.
    files, size = _attachments(writer)
    if with_secrets:
        secret = settings.SECRET_KEY.encode()
        with tempfile.TemporaryFile() as spare:
            spare.write(secret)
            spare.seek(0)
            writer.add(packing.SECRET, spare, len(secret))
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = Manifest(made_at, version(), own.vendor, applied, counts, files, size, with_secrets)
    writer.finish(manifest)
    return manifest


def _attachments(writer: Writer) -> tuple[int, int]:
    files = size = 0
    for drawer in sorted(cupboard.root().glob("[0-9a-f][0-9a-f]")):
        with os.scandir(drawer) as found:
            for one in found:
                name = f"attachments/{drawer.name}/{one.name}"
                # What is deleted meanwhile is gone by its owner's wish.
                with contextlib.suppress(FileNotFoundError):
                    if packing.ATTACHMENT.fullmatch(name) and one.is_file(follow_symlinks=False):
                        size += _add(writer, name, Path(one.path))
                        files += 1
    return files, size


def _add(writer: Writer, name: str, path: Path) -> int:
    with path.open("rb") as content:
        size = os.fstat(content.fileno()).st_size
        writer.add(name, content, size)
    return size


def version() -> str:
    said = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    return str(said["project"]["version"])
