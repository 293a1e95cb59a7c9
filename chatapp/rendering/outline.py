"""Where one block of markdown ends and the next begins, told line by line and never taken back.

The parser draws the blocks; this only cuts the text between them, at the outermost level. An unfinished line may
begin a block too, but only once nothing that could follow on it would change that: so the cuts depend on the text
alone, never on the pieces in which it came.
"""

import re
from enum import Enum, auto

HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
FENCE = re.compile(r"( {0,3})(?:(`{3,})([^`]*)|(~{3,})(.*))$")
NOTE = re.compile(r" {0,3}\[\^([^][ \t\\]+)\]:")
FORMULA = re.compile(r" {0,3}(?:\$\$|\\\[)[ \t]*$")
FORMULA_END = re.compile(r".*(?:\$\$|\\\])[ \t]*$")
_HEADING_BEGUN = re.compile(r" {0,3}#{1,6}[ \t]")
_QUOTE = re.compile(r" {0,3}>")
_EMPTY_QUOTE = re.compile(r" {0,3}>[ \t>]*(?:(?:[-+*]|[0-9]{1,9}[.)])[ \t>]*)*$")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$")
_UNDERLINE = re.compile(r" {0,3}(?:-+|=+)[ \t]*$")
_MARKER = re.compile(r"( {0,3})([-+*]|[0-9]{1,9}[.)])(?:([ \t]+)(?=[^ \t])|[ \t]*$)")
_WRITTEN_MARKER = re.compile(r" {0,3}([-+*]|[0-9]{1,9}[.)])[ \t]+[^ \t]")
_INTERRUPTING_MARKER = re.compile(r" {0,3}(?:[-+*]|1[.)])[ \t]+[^ \t]")
_HALF_A_MARKER = re.compile(r" {0,3}(?:[-+*]|[0-9]{1,9}[.)]?)[ \t]*$")
# An item without words ends at a blank line, so nothing is indented enough to be its own.
_OUT_OF_REACH = 1_000_000


class Open(Enum):
    """What is being written at the outermost level."""

    NOTHING = auto()
    TEXT = auto()
    QUOTE = auto()
    LIST = auto()
    NOTE = auto()
    INDENTED = auto()
    FORMULA = auto()
    FENCE = auto()


class Outline:
    """Reads an answer line by line and says where to cut it."""

    def __init__(self) -> None:
        self.open = Open.NOTHING
        # The line that opened the fence, while one is open.
        self.fence: re.Match[str] | None = None
        # Less indented than this, a line does not belong to the last item of the open list or to the open note.
        self._inside = 0
        self._marker = ""
        self._empty_item = False
        self._after_blank = False
        # Of an open list: whether the last line began an item, and whether there was a blank line in it.
        self.began_item = False
        self.spread = False

    def begins(self, line: str, finished: bool) -> bool:
        """Whether this line certainly begins a new block beside the open one."""
        match self.open:
            case Open.TEXT:
                return self._interrupts(line, finished) or bool(_INTERRUPTING_MARKER.match(line) or _QUOTE.match(line))
            case Open.INDENTED:
                return _written(line) and indent(line) < 4
            case Open.QUOTE:
                if _QUOTE.match(line) or not _written(line):
                    return False
                if self._after_blank:
                    return True
                return indent(line) < 4 and (self._interrupts(line, finished) or _begins_item(line, finished))
            case Open.LIST | Open.NOTE:
                return _written(line) and indent(line) < self._inside and self._leaves(line, finished)
            case _:
                return False

    def take(self, line: str) -> bool:
        """Take a finished line; True when nothing more can belong to its block."""
        blank = not _written(line)
        self.began_item = False
        match self.open:
            case Open.NOTHING:
                return self._begin(line)
            case Open.TEXT:
                return blank or bool(_UNDERLINE.match(line))
            case Open.QUOTE:
                self._after_blank = bool(_EMPTY_QUOTE.match(line))
                return blank
            case Open.FORMULA:
                return blank or bool(FORMULA_END.match(line))
            case Open.LIST | Open.NOTE:
                self._go_on(line, blank)
        return False

    def begins_item(self, line: str) -> bool:
        """Whether an unfinished line certainly is no more of the open list's last item."""
        marker = _WRITTEN_MARKER.match(line)
        return bool(marker and marker[1][-1] == self._marker and indent(line) < self._inside)

    def may_cut(self, line: str) -> bool:
        """Whether a block that has grown very long may be cut before this line."""
        if self.open is Open.LIST:
            return indent(line) < self._inside and self._sibling(line) is not None
        return self.open is not Open.FORMULA and _written(line)

    def close(self) -> None:
        self.open = Open.NOTHING
        self.fence = None

    def _begin(self, line: str) -> bool:
        self._after_blank = self._empty_item = self.spread = False
        if indent(line) > 3:
            self.open = Open.INDENTED
        elif fence := FENCE.match(line):
            self.open = Open.FENCE
            self.fence = fence
        elif HEADING.match(line) or _RULE.match(line):
            self.open = Open.TEXT
            return True
        elif marker := _MARKER.match(line):
            self.open = Open.LIST
            self._begin_item(marker)
        elif NOTE.match(line):
            self.open = Open.NOTE
            self._inside = 4
            self._marker = ""
        elif FORMULA.match(line):
            self.open = Open.FORMULA
        else:
            self.open = Open.QUOTE if _QUOTE.match(line) else Open.TEXT
            self._after_blank = bool(_EMPTY_QUOTE.match(line))
        return False

    def _begin_item(self, marker: re.Match[str]) -> None:
        lead, mark, gap = marker.groups()
        self.began_item = True
        self._empty_item = gap is None
        self._marker = mark[-1]
        width = indent(" " * (len(lead) + len(mark)) + (gap or "")) - len(lead) - len(mark)
        self._inside = len(lead) + len(mark) + (width if 1 <= width <= 4 else 1)

    def _go_on(self, line: str, blank: bool) -> None:
        if blank:
            if self._empty_item:
                self._inside = _OUT_OF_REACH
            self._after_blank = self.spread = True
            return
        marker = self._sibling(line)
        if marker and indent(line) < self._inside:
            self._begin_item(marker)
        else:
            self._empty_item = False
        self._after_blank = False

    def _sibling(self, line: str) -> re.Match[str] | None:
        """The marker of an item that goes on the open list."""
        marker = _MARKER.match(line)
        return marker if marker and marker[2][-1] == self._marker and not _RULE.match(line) else None

    def _leaves(self, line: str, finished: bool) -> bool:
        """Whether a line that is not indented enough ends the list or the note, instead of going on lazily."""
        if self._interrupts(line, finished) or _QUOTE.match(line):
            return True
        if finished and (_RULE.match(line) or _MARKER.match(line)):
            return not self._sibling(line)
        if written := _WRITTEN_MARKER.match(line):
            return not finished and written[1][-1] != self._marker
        return self._after_blank and (finished or not _HALF_A_MARKER.match(line))

    def _interrupts(self, line: str, finished: bool) -> bool:
        if _HEADING_BEGUN.match(line) or NOTE.match(line):
            return True
        if not finished:
            return False
        if HEADING.match(line):
            return True
        if _RULE.match(line):
            return self.open is not Open.TEXT or not _UNDERLINE.match(line)
        return bool(FENCE.match(line) or FORMULA.match(line))


def indent(line: str) -> int:
    """How far a line stands in, in columns; a tab reaches to the next multiple of four."""
    lead = line[: len(line) - len(line.lstrip(" \t"))]
    return len(lead.expandtabs(4)) if "\t" in lead else len(lead)


def _written(line: str) -> bool:
    return bool(line.strip(" \t"))


def _begins_item(line: str, finished: bool) -> bool:
    return bool(_MARKER.match(line) if finished else _WRITTEN_MARKER.match(line))
