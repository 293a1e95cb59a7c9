"""The file itself: a plain tar whose members come in order, with their sums and a manifest at its end.

Whatever its size, a piece of it at a time is in memory.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final, Self

FORMAT: Final = 1
PIECE_BYTES: Final = 1_000_000
DATABASE: Final = "database"
SECRET: Final = "secret-key"  # noqa: S105 # a member's name
SUMS: Final = "SHA256SUMS"
MANIFEST: Final = "manifest.json"
ATTACHMENT: Final = re.compile(r"attachments/([0-9a-f]{2})/(\1[0-9a-f]{38})")
_MOST_MANIFEST_BYTES: Final = 10_000_000


class Damaged(Exception):
    """The file is no archive of ours, or not the one that was written; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in the archive, and where it came from."""

    made_at: str
    version: str
    # sqlite or postgresql
    vendor: str
    migrations: list[str]
    counts: dict[str, int]
    attachments: int
    attachment_bytes: int
    secrets: bool
    sums_sha256: str = ""
    format: int = FORMAT


class Writer:
    """Adds members one after the other."""

    def __init__(self, file: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self._sums: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._whole = hashlib.sha256()

    def add(self, name: str, content: IO[bytes], size: int) -> None:
        counted = Counted(content)
        self._put(name, counted, size)
        line = f"{counted.sha256}  {name}\n".encode()
        self._sums.write(line)
        self._whole.update(line)

    def finish(self, manifest: Manifest) -> None:
        size = self._sums.tell()
        self._sums.seek(0)
        self._put(SUMS, self._sums, size)
        said = {**asdict(manifest), "sums_sha256": self._whole.hexdigest()}
        text = json.dumps(said, indent=2).encode()
        self._put(MANIFEST, io.BytesIO(text), len(text))
        self._tar.close()
        self._sums.close()

    def _put(self, name: str, content: IO[bytes] | Counted, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o600, int(time.time())
        self._tar.addfile(member, content)
        # Otherwise it remembers every one.
        self._tar.members = []  # type: ignore[attr-defined] # typeshed does not know it


class Counted:
    """Passes on what is read, and knows its sum afterwards."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._sum = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._content.read(size)
        self._sum.update(piece)
        self.size += len(piece)
        return piece

    def drain(self) -> Self:
        while self.read(PIECE_BYTES):
            pass
        return self

    @property
    def sha256(self) -> str:
        return self._sum.hexdigest()


Take = Callable[[str, IO[bytes]], None]


def each(path: Path, take: Take) -> None:
    """Hand every member over, in their order."""
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
            while (member := tar.next()) is not None:
                content = tar.extractfile(member) if member.isreg() else None
                if content is None:
                    raise Damaged(f"{member.name} is no plain file.")
                take(member.name, content)
                tar.members = []  # type: ignore[attr-defined]
    except tarfile.TarError as error:
        raise Damaged(f"It cannot be read to its end ({error}).") from None


def verify(path: Path) -> Manifest:
    """Read all of it once, hold every sum against what was written down, and say what is in it. Raises Damaged."""
    with tempfile.TemporaryFile() as ours, tempfile.TemporaryFile() as theirs:
        manifest: list[bytes] = []
        sums = hashlib.sha256()

        def take(name: str, content: IO[bytes]) -> None:
            if name == MANIFEST:
                manifest.append(content.read(_MOST_MANIFEST_BYTES))
            elif name == SUMS:
                while piece := content.read(PIECE_BYTES):
                    theirs.write(piece)
            elif name in (DATABASE, SECRET) or ATTACHMENT.fullmatch(name):
                line = f"{Counted(content).drain().sha256}  {name}\n".encode()
                ours.write(line)
                sums.update(line)
            else:
                raise Damaged(f"{name!r} does not belong into it.")

        each(path, take)
        known = _read(manifest)
        if sums.hexdigest() != known.sums_sha256:
            raise Damaged(f"{_first_difference(ours, theirs)} is not what was written.")
        return known


def _read(found: list[bytes]) -> Manifest:
    if len(found) != 1:
        raise Damaged("It has no manifest at its end: it was not written to its end, or is something else.")
    try:
        said: Any = json.loads(found[0])
        if said.get("format") != FORMAT:
            raise Damaged(f"Its format is {said.get('format')!r}; this version reads {FORMAT}.")
        return Manifest(**said)
    except (ValueError, TypeError, AttributeError):
        raise Damaged("Its manifest cannot be read.") from None


def _first_difference(ours: IO[bytes], theirs: IO[bytes]) -> str:
    ours.seek(0)
    theirs.seek(0)
    for mine in ours:
        if theirs.readline() != mine:
            return mine.decode().split("  ", 1)[1].strip()
    return "Something"
