"""Bring back what an archive has: verified before anything is touched, and held against itself afterwards."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader

from chatapp.files import cupboard
from chatapp.management import preparation
from chatapp.management.archive import packing, postgresql, sqlite
from chatapp.management.archive.packing import Damaged, Manifest
from chatapp.management.archive.postgresql import Unable
from chatapp.turns import audit, recovery

# Where somebody's work would be: the first rows of a new installation are nobody's.
WORK: Final = ("auth_user", "chatapp_conversation", "chatapp_turn", "chatapp_hold", "chatapp_entry")


class Refused(Exception):
    """Something would be lost that is not in the archive."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and whether it adds up."""

    manifest: Manifest
    # Answers that had been running when the archive was made.
    ended: int
    secret: bool
    differences: Sequence[str]


def restore(path: Path, *, force: bool = False, with_secrets: bool = False) -> Restored:
    """Raises Damaged, Refused or Unable, and then the database is as it was."""
    manifest = packing.verify(path)
    own = connections[DEFAULT_DB_ALIAS]
    engine = sqlite if own.vendor == "sqlite" else postgresql
    _check(manifest, own.vendor)
    if not force:
        there = {name: count for name, count in engine.counts(own.settings_dict).items() if name in WORK and count}
        if there:
            told = ", ".join(f"{count} rows in {name}" for name, count in there.items())
            raise Refused(f"The database is not empty: {told}. With --force all of it is replaced.")
    connections.close_all()
    # Where there is to be room for a database anyway; a folder for passing things may be small.
    room = Path(own.settings_dict["NAME"]).parent if own.vendor == "sqlite" else settings.VAR_DIR
    with tempfile.TemporaryDirectory(dir=room, prefix=".restore-") as folder:
        copy, secret = Path(folder) / packing.DATABASE, Path(folder) / packing.SECRET
        _unpack(path, copy, secret)
        engine.restore(own.settings_dict, copy)
        kept = with_secrets and secret.exists() and _keep(secret.read_bytes())
    differences = _compared(manifest, engine.counts(own.settings_dict))
    preparation.migrate()
    ended = recovery.recover_everything().ended
    differences += [f"{one.promise} {one.table} {one.row} {one.sentence}" for one in audit.audit().differences]
    return Restored(manifest, ended, kept, differences)


def _check(manifest: Manifest, vendor: str) -> None:
    if manifest.vendor != vendor:
        raise Unable(f"It was made of a {manifest.vendor} database, and DATABASE_URL names a {vendor} one.")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations or ()}
    if newer := sorted(set(manifest.migrations) - known):
        raise Unable(f"It was made by a newer version (with {newer[-1]}). Install that one first.")


def _unpack(path: Path, copy: Path, secret: Path) -> None:
    """The attached files go to their place at once: one more than is needed harms nobody."""
    places = {packing.DATABASE: copy, packing.SECRET: secret}

    def take(name: str, content: IO[bytes]) -> None:
        if found := packing.ATTACHMENT.fullmatch(name):
            _write(cupboard.root() / found[1] / found[2], content)
        elif name in places:
            _write(places[name], content)

    packing.each(path, take)


def _write(place: Path, content: IO[bytes]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = place.with_suffix(".half")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        while piece := content.read(packing.PIECE_BYTES):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    half.replace(place)


def _keep(secret: bytes) -> bool:
    """Only where the key is kept in a file; one of the environment is the operator's own."""
    if settings.ENVIRONMENT.secret_key:
        return False
    place = settings.VAR_DIR / "secret-key"
    draft = place.with_suffix(".half")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secret + b"\n")
    draft.replace(place)
    return True


def _compared(manifest: Manifest, counts: dict[str, int]) -> list[str]:
    return [
        f"{name} has {counts.get(name, 0)} rows, and should have {count}"
        for name, count in manifest.counts.items()
        if counts.get(name, 0) != count
    ]


__all__ = ["Damaged", "Refused", "Restored", "Unable", "restore"]
