"""A list or a table while it is being written: what is complete in it is drawn once, and only its last part again.

What is shown is, letter for letter, what drawing all of it would make. Where that is not certain, all of it is drawn:
behind a blank line, which may loosen every item of a list; beside a table in an item, for the parser takes the bar that
begins its next row for a blank line; where a word may be a label; where the parser sees something else than items or
rows. Once it is complete, a block is drawn as a whole in any case.
"""

from __future__ import annotations

import re

from chatapp.rendering import blocks
from chatapp.rendering.cleaning import WRAPPED
from chatapp.rendering.labels import Labels
from chatapp.rendering.outline import Open, Outline
from chatapp.rendering.patches import Change, Kind

TABLE_HEAD = re.compile(r"^[^\n|]*\|[^\n]*\n[ \t|:]*-[ \t|:-]*\n", re.MULTILINE)
_LIST = re.compile(r'(<(?:ul|ol(?: start="\d+")?)>\n)(<li.*</li>\n)(</[uo]l>)', re.DOTALL)
# A list that is over before the end; where something follows on one within an item, that is not looked into.
_MORE_THAN_A_LIST = re.compile(r"</[uo]l>\n(?!</)")
_ITEM = re.compile(r"<(/?)li\b")
# What an item defines is known to all others, also by names that are no label of the answer: too long, or escaped.
_MAY_DEFINE = re.compile(r"^[ \t>0-9.)*+-]*\[", re.MULTILINE)
_ROWS_BEGIN, _ROWS_END = "<tbody>\n", "</tbody>\n</table></div>"
# How deep within its block an item of a list stands, and a row of a table.
_DEPTHS = {Open.LIST: 2, Open.TEXT: 4}


class Growth:
    """One open block, from the line on that made it a list or a table."""

    def __init__(self, outline: Outline, head: str, begins_at: int) -> None:
        self._outline = outline
        self._head = head
        self._depth = _DEPTHS[outline.open]
        self._is_list = outline.open is Open.LIST
        self._item_at = begins_at
        # What is drawn for good, and how far in the source that is.
        self._kept_to = begins_at
        self._kept = self._opening = self._closing = ""
        self._gave_up = False
        # Of what is shown: how many items or rows its last part has, and what is kept before them.
        self._last: tuple[int, int] | None = None
        # What to change so that it is shown; all of it, where there is nothing here.
        self.news: Change | None = None

    def begin_item(self, position: int) -> None:
        """An item begins there."""
        self._item_at = position

    def draw(self, index: int, body: str, line: str, used: tuple[str, ...], names: Labels) -> str:
        """All of it as it is shown now; nothing if it has to be drawn in another way."""
        before, self._last, self.news = self._last, None, None
        if _defines(body + line) or (used and names.preamble(used)):
            return ""
        if not self._keep(index, body, line, names):
            return ""
        source = body[self._kept_to :] + line
        last = self._inside(index, source, names, complete=False) if source else ""
        if last is None or not (last or self._kept):
            return ""
        self._last = _count(last) if self._is_list else last.count("<tr>"), len(self._kept)
        if before:
            self.news = self._change(index, before[0], self._kept[before[1] :] + last)
        return f"{self._opening}{self._kept}{last}{self._closing}"

    def _keep(self, index: int, body: str, line: str, names: Labels) -> bool:
        """Draw for good what nothing can change any more; False when that cannot be told."""
        complete_to = len(body)
        if self._is_list and not (line and self._outline.begins_item(line)):
            complete_to = self._item_at
        self._gave_up |= self._outline.spread
        if not self._gave_up and complete_to > self._kept_to:
            inside = self._inside(index, body[self._kept_to : complete_to], names, complete=True)
            self._gave_up = inside is None
            self._kept += inside or ""
            self._kept_to = complete_to
        return not self._gave_up

    def _inside(self, index: int, source: str, names: Labels, complete: bool) -> str | None:
        """The items or rows that a part of it is; nothing if it is anything else."""
        html = blocks.draw(self._head + source.rstrip("\n"), index, (), names, complete)
        if self._is_list:
            found = _LIST.fullmatch(html)
            if found is None or WRAPPED in html or _MORE_THAN_A_LIST.search(html):
                return None
            opening, inside, closing = found.groups()
        else:
            begins_at = html.find(_ROWS_BEGIN) + len(_ROWS_BEGIN)
            is_table = html.startswith(WRAPPED) and html.endswith(_ROWS_END) and html.count(WRAPPED) == 1
            if not is_table or begins_at < len(WRAPPED):
                return None
            opening, inside, closing = html[:begins_at], html[begins_at : -len(_ROWS_END)], _ROWS_END
        if not self._kept:
            self._opening, self._closing = opening, closing
        return inside

    def _change(self, index: int, elements: int, html: str) -> Change | None:
        """What comes in the place of so many items or rows at the end."""
        if elements == 0:
            return Change(index, Kind.APPEND, html, self._depth - 1)
        return Change(index, Kind.RENEW, html.rstrip("\n"), self._depth) if elements == 1 and html else None


def _defines(source: str) -> bool:
    return "]:" in source and bool(_MAY_DEFINE.search(source))


def _count(items: str) -> int:
    """How many items there are, apart from those within them."""
    depth = found = 0
    for tag in _ITEM.finditer(items):
        found += not depth and not tag[1]
        depth += -1 if tag[1] else 1
    return found


def follow(growth: Growth | None, outline: Outline, carried: str, body: str, begins_at: int) -> Growth | None:
    """What grows in an open block whose last line begins there, if anything does: a list, or the rows of a table."""
    if outline.open is Open.LIST and not carried:
        growth = growth or Growth(outline, "", begins_at)
        if outline.began_item:
            growth.begin_item(begins_at)
    elif outline.open is Open.TEXT and growth is None:
        if carried:
            return Growth(outline, carried, 0)
        if begins_at and TABLE_HEAD.fullmatch(body):
            return Growth(outline, body, len(body))
    return growth
