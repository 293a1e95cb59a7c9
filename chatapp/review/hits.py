"""Where the words stand that somebody searched for: a masked excerpt with the hits marked."""

from __future__ import annotations

from typing import Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from chatapp.review import masking
from chatapp.turns.models import Turn
from chatapp.turns.register import words
from chatapp.turns.register.words import Search

AROUND: Final = 90
MOST: Final = 260
# An excerpt is looked for in so much of a text; the index reads further.
LOOKED_THROUGH: Final = 40_000
# What is cut in two at the end of that is not known for what it is, so it is left out.
_CUT: Final = 400


def of(turn: Turn, search: Search) -> SafeString:
    """Of the question if it stands there, of the answer otherwise."""
    for said in (turn.question, turn.answer):
        # Masked first, then cut: a number that is cut in two would not be known for one.
        masked = masking.mask(said[: LOOKED_THROUGH + _CUT])
        text = " ".join((masked[:-_CUT] if len(said) > LOOKED_THROUGH + _CUT else masked).split())
        places = _places(text, search)
        if places:
            return _excerpt(text, places)
    return mark_safe("")


def _places(text: str, search: Search) -> list[tuple[int, int]]:
    wanted = {word for term in search.terms for word in term.words}
    beginnings = tuple(term.words[-1] for term in search.terms if term.open)
    return [
        (start, end)
        for said, start, end in words.spans(text)
        if wanted.intersection(said) or (beginnings and any(word.startswith(beginnings) for word in said))
    ]


def _excerpt(text: str, places: list[tuple[int, int]]) -> SafeString:
    begin = max(0, places[0][0] - AROUND)
    end = min(len(text), begin + MOST)
    parts, at = ["… " if begin else ""], begin
    for start, stop in places:
        if stop > end:
            break
        parts += [escape(text[at:start]), f"<mark>{escape(text[start:stop])}</mark>"]
        at = stop
    parts += [escape(text[at:end]), " …" if end < len(text) else ""]
    return mark_safe("".join(parts))  # noqa: S308 # every part of a text is escaped above
