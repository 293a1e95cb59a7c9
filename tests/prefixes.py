"""Whether what a page showed was always what some prefix of an answer looks like."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from chatapp.rendering import Document
from tests.markup import parse
from tests.page_model import Sight

# A page knows one kind of line end only, whichever Claude sent.
PLAIN = re.compile(r"[a-zA-Z \n]*")


def strayed(sights: Iterable[Sight], turn: int, answer: str) -> Sight | None:
    """The first sight that no prefix of the answer looks like, or only a shorter one than was seen before."""
    document, taken = Document(str(turn)), 0
    drawn: tuple[str, ...] = ()
    for sight in sights:
        while drawn != sight.blocks:
            if taken == len(answer):
                return sight
            document.feed(answer[taken])
            taken += 1
            drawn = tuple(_inner(block) for block in document.blocks)
    return None


@functools.lru_cache(maxsize=100)
def _inner(block: str) -> str:
    """Most blocks stay as they are while the last one grows."""
    return parse(block).inner


def looks_like_a_prefix(sight: Sight, answer: str) -> bool:
    """The same for a single sight; plain words are compared as they are."""
    if PLAIN.fullmatch(answer):
        return answer.startswith(sight.text)
    return strayed([sight], sight.turn, answer) is None
