"""What a file is, by its content and never by its name: dimensions and pages are read, nothing is decoded."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_BYTES: Final = 10_000_000
MOST_TEXT_BYTES: Final = 400_000
MOST_PIXELS_ASIDE: Final = 8_000
MOST_PAGES: Final = 100
# The largest picture that any model looks at without shrinking it, and how many pixels make a token.
_LONGEST_SIDE: Final = 2_576
_PATCH: Final = 28
_PIXELS_PER_TOKEN: Final = 750
# A page is a picture with its words beside it; only Claude's own count is sure.
TOKENS_PER_PAGE: Final = 3_000
_INFLATED_BYTES: Final = 20_000_000


class Kind(StrEnum):
    IMAGE = "image"
    PDF = "pdf"
    TEXT = "text"


class Unfit(ValueError):
    """Why a file cannot be shown to Claude, in words for whoever attached it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a file turned out to be."""

    kind: Kind
    media_type: str
    width: int = 0
    height: int = 0
    pages: int = 0
    # The most that Claude counts for it; of a PDF about as many, for nobody but Claude knows.
    tokens: int = 0


def of(data: bytes) -> Found:
    """Raises Unfit."""
    if not data:
        raise Unfit("That file is empty.")
    if len(data) > MOST_BYTES:
        raise Unfit("That file is larger than 10 MB. A smaller picture, or a part of it, will do.")
    for begins, media_type, measure in _PICTURES:
        if re.match(begins, data, re.DOTALL):
            return _picture(data, media_type, measure)
    if b"%PDF-" in data[:1024]:
        return _pdf(data)
    return _text(data)


def _picture(data: bytes, media_type: str, measure: Callable[[bytes], tuple[int, int]]) -> Found:
    try:
        width, height = measure(data)
    except (struct.error, IndexError, ValueError):
        raise Unfit("That picture is damaged: a part of it is missing.") from None
    if not width or not height:
        raise Unfit("That picture is damaged: it has no size.")
    if max(width, height) > MOST_PIXELS_ASIDE:
        raise Unfit(f"That picture is {width} by {height} pixels; Claude takes at most 8000 by 8000.")
    return Found(Kind.IMAGE, media_type, width, height, tokens=picture_tokens(width, height))


def picture_tokens(width: int, height: int) -> int:
    """The most that any model counts: shrunk to its longest side, padded to whole patches."""
    shrink = min(1.0, _LONGEST_SIDE / max(width, height))
    across, down = (-(-int(side * shrink + 1) // _PATCH) * _PATCH for side in (width, height))
    return -(-across * down // _PIXELS_PER_TOKEN)


def _png(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", data[16:24])
    at = 8
    while data[at + 4 : at + 8] != b"IEND":
        (length,) = struct.unpack(">I", data[at : at + 4])
        at += 12 + length
    return width, height


def _jpeg(data: bytes) -> tuple[int, int]:
    if b"\xff\xd9" not in data[-65_536:]:
        raise ValueError("no end")
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("no marker")
        marker = data[at + 1]
        if marker == 0xFF or marker in range(0xD0, 0xD9):
            at += 1 if marker == 0xFF else 2
        elif marker in range(0xC0, 0xD0) and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        else:
            (length,) = struct.unpack(">H", data[at + 2 : at + 4])
            at += 2 + length


def _gif(data: bytes) -> tuple[int, int]:
    if b";" not in data[-64:]:
        raise ValueError("no end")
    width, height = struct.unpack("<HH", data[6:10])
    return width, height


def _webp(data: bytes) -> tuple[int, int]:
    (size,) = struct.unpack("<I", data[4:8])
    if size + 8 > len(data) + 1:
        raise ValueError("no end")
    form = data[12:16]
    if form == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if form == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("no size")


_PICTURES: Final = (
    (rb"\x89PNG\r\n\x1a\n....IHDR", "image/png", _png),
    (rb"\xff\xd8\xff", "image/jpeg", _jpeg),
    (rb"GIF8[79]a", "image/gif", _gif),
    (rb"RIFF....WEBP", "image/webp", _webp),
)
_PAGE: Final = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
_STREAM: Final = re.compile(rb"/Type\s*/ObjStm.{0,200}?stream\r?\n", re.DOTALL)


def _pdf(data: bytes) -> Found:
    if b"%%EOF" not in data[-2048:]:
        raise Unfit("That PDF is damaged: its end is missing.")
    if re.search(rb"/Encrypt\s+\d+\s+\d+\s+R", data):
        raise Unfit("That PDF is protected by a password, so Claude cannot read it.")
    pages = sum(len(_PAGE.findall(part)) for part in (data, *_inflated(data)))
    if not pages:
        raise Unfit("That PDF is damaged: it has no page.")
    if pages > MOST_PAGES:
        raise Unfit(f"That PDF has {pages} pages; Claude reads at most {MOST_PAGES}. A part of it will do.")
    return Found(Kind.PDF, "application/pdf", pages=pages, tokens=pages * TOKENS_PER_PAGE)


def _inflated(data: bytes) -> Iterator[bytes]:
    """Newer files keep their pages' objects in compressed streams; no more is unpacked than a PDF of this size has."""
    room = _INFLATED_BYTES
    for found in _STREAM.finditer(data):
        try:
            part = zlib.decompressobj().decompress(data[found.end() :], room)
        except zlib.error:
            continue
        room -= len(part)
        yield part
        if room <= 0:
            raise Unfit("That PDF unpacks to more than Claude can read.")


def _text(data: bytes) -> Found:
    try:
        words = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        words = "\x00"
    if re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", words):
        raise Unfit("Claude can be shown pictures (PNG, JPEG, GIF, WebP), PDF and plain text. That is none of them.")
    if not words.strip():
        raise Unfit("That file is empty.")
    if len(data) > MOST_TEXT_BYTES:
        raise Unfit("That text is longer than 400 kB. Please attach the part that matters.")
    return Found(Kind.TEXT, "text/plain", tokens=len(data))
