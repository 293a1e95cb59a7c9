"""Count tokens and cut text into them, near the real tokenizer and never more than one for each byte."""

import re
from collections.abc import Iterator
from typing import Any

from chatapp.simulator import pictures

BYTES_PER_TEN_TOKENS = 36

# Up to five letters with what stands before them are one token; scripts that spend more bytes on a letter get
# fewer letters. Whatever is left over is a token of its own, so the pieces always add up to the text.
PIECE = re.compile(
    r"[ \n]{0,2}[A-Za-z]{1,5}|[ \n]?[0-9]{1,3}|[⺀-鿿가-힯豈-﫿＀-￯]| ?[^\x00-\x7f]{1,3}|\n+| +|[^\w\s]{1,3}|.",
    re.DOTALL,
)


def count(text: str) -> int:
    size = len(text.encode("utf-8", "surrogatepass"))
    return -(-size * 10 // BYTES_PER_TEN_TOKENS)


def pieces(text: str) -> Iterator[re.Match[str]]:
    return PIECE.finditer(text)


def count_block(block: Any) -> int:
    """Tokens of one content block, whatever its type."""
    if isinstance(block, str):
        return count(block)
    if isinstance(block, list):
        return sum(count_block(part) for part in block)
    if not isinstance(block, dict):
        return count(str(block))
    if block.get("type") in ("image", "document"):
        return pictures.tokens(block)
    return sum(count_block(value) for name, value in block.items() if name not in UNCOUNTED)


UNCOUNTED = frozenset({"type", "cache_control", "signature", "id", "tool_use_id"})
