"""One block of an answer, from its source to its HTML."""

import re
from dataclasses import dataclass

from chatapp.rendering import markdown, outline
from chatapp.rendering.labels import Labels
from chatapp.rendering.words import escape

# Quotes and lists within each other on one line, deeper than anybody writes and slower than anybody waits.
_MAZE = re.compile(r"^(?:[ \t]*(?:>|(?:[-+*]|[0-9]{1,9}[.)])[ \t])){32}", re.MULTILINE)
_STANDING_IN = re.compile(r"^(?: {1,4}|\t)", re.MULTILINE)


@dataclass(slots=True)
class Block:
    """A block that is complete: only a label that comes to mean something can change how it is drawn."""

    source: str
    used: tuple[str, ...]
    html: str


def draw(source: str, index: int, used: tuple[str, ...], names: Labels, complete: bool) -> str:
    """The HTML of the block at a place in its answer."""
    if _is_formula(source, complete):
        return f'<pre class="math" dir="ltr" tabindex="0">{escape(source.rstrip(" "))}</pre>'
    if _MAZE.search(source):
        return f'<p class="verbatim" dir="auto">{escape(source)}</p>'
    note = outline.NOTE.match(source)
    words = _STANDING_IN.sub("", source[note.end() :]) if note else source
    shown = markdown.html(words, names.preamble(used), names.reference(index), complete)
    return names.note(note[1], index, shown) if note else shown


def _is_formula(source: str, complete: bool) -> bool:
    """A formula on lines of its own, between delimiters on lines of their own. What is inside is not markdown."""
    first, _, rest = source.partition("\n")
    if not outline.FORMULA.match(first):
        return False
    return not complete or bool(outline.FORMULA_END.match(rest.rpartition("\n")[2]))
