"""Pictures and documents in a request: what is wrong with them, and about how many tokens they are."""

import base64
import binascii
import re
import struct
from functools import lru_cache
from typing import Any

BEGINNINGS = {
    "image/png": rb"\x89PNG\r\n\x1a\n",
    "image/jpeg": rb"\xff\xd8\xff",
    "image/gif": rb"GIF8[79]a",
    "image/webp": rb"RIFF....WEBP",
    "application/pdf": rb"%PDF-",
}
LONGEST_SIDE, PATCH, PIXELS_PER_TOKEN = 2_576, 28, 750
TOKENS_PER_PAGE, MOST_PAGES, MOST_PIXELS_ASIDE = 1_800, 100, 8_000
UNKNOWN_TOKENS = 1_568
JPEG_SIZE = re.compile(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]..\x08(....)", re.DOTALL)
PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")


def complaint(block: dict[str, Any]) -> str | None:
    """What the API would say of this block, if anything."""
    kind = block.get("type")
    source = block.get("source")
    if not isinstance(source, dict) or source.get("type") not in ("base64", "url", "file", "text", "content"):
        return f"{kind}.source: Field required"
    if source["type"] != "base64":
        return None
    media_type = source.get("media_type")
    allowed = [name for name in BEGINNINGS if name.startswith("image/") == (kind == "image")]
    if media_type not in allowed:
        return f"{kind}.source.media_type: Input should be {' or '.join(allowed)}"
    try:
        data = base64.b64decode(str(source.get("data", "")), validate=True)
    except (binascii.Error, ValueError):
        return f"{kind}.source.data: invalid base64 data"
    if not re.match(BEGINNINGS[media_type], data, re.DOTALL):
        return f"{kind}.source.data: The data does not look like {media_type}"
    width, height = size(data)
    if max(width, height) > MOST_PIXELS_ASIDE:
        return f"{kind}.source.data: At least one of the image dimensions exceed max allowed size: 8000 pixels"
    if kind == "document" and len(PAGE.findall(data)) > MOST_PAGES:
        return f"{kind}.source.data: A maximum of {MOST_PAGES} PDF pages may be provided."
    return None


def tokens(block: dict[str, Any]) -> int:
    source = block.get("source")
    data = source.get("data") if isinstance(source, dict) else None
    return _tokens(data) if isinstance(data, str) else UNKNOWN_TOKENS


@lru_cache(256)
def _tokens(encoded: str) -> int:
    try:
        data = base64.b64decode(encoded)
    except (binascii.Error, ValueError):
        return UNKNOWN_TOKENS
    if data.startswith(b"%PDF-"):
        return max(1, len(PAGE.findall(data))) * TOKENS_PER_PAGE + len(data) // 1_000
    width, height = size(data)
    if not width or not height:
        return UNKNOWN_TOKENS
    shrink = min(1.0, LONGEST_SIDE / max(width, height))
    across, down = (-(-int(side * shrink) // PATCH) * PATCH for side in (width, height))
    return -(-max(PATCH, across) * max(PATCH, down) // PIXELS_PER_TOKEN)


def size(data: bytes) -> tuple[int, int]:
    """Width and height; zero where they are not found."""
    try:
        if data.startswith(b"\x89PNG"):
            return struct.unpack(">II", data[16:24])
        if data.startswith(b"GIF8"):
            return struct.unpack("<HH", data[6:10])
        if data.startswith(b"\xff\xd8") and (found := JPEG_SIZE.search(data)):
            height, width = struct.unpack(">HH", found[1])
            return width, height
        if data[8:16] == b"WEBPVP8X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    except struct.error:
        pass
    return 0, 0
