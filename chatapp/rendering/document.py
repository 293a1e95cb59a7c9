"""An answer while it is being written: sealed blocks that are drawn once, and one open block at the end."""

import re

from chatapp.rendering import blocks, code, growth, labels, seam, words
from chatapp.rendering.blocks import Block
from chatapp.rendering.fences import Fence
from chatapp.rendering.growth import Growth
from chatapp.rendering.labels import Labels
from chatapp.rendering.outline import Open, Outline
from chatapp.rendering.patches import Change, Kind, Patch
from chatapp.rendering.seam import Seam

# An open block is drawn again as it grows. Beyond LONG it is cut before the next item or line, beyond LONGEST anywhere.
LONG = 6_000
LONGEST = 12_000
# The beginning of a list item would, for a moment, make a heading of the line above it.
_NOTHING_YET = re.compile(r"[ \t>]*(?:-{1,2}|={1,2})?[ \t]*$")

_ANEW = (Kind.REPLACE, Kind.RENEW)


class Document:
    """Takes the text of one answer in any pieces and says what to change on a page that shows it.

    What is shown depends on the text alone: at every moment `blocks` is what `render` makes of `text`. Ids within the
    blocks hold `key`, so that answers on one page do not meet.
    """

    def __init__(self, key: str) -> None:
        self._pieces: list[str] = []
        self._return_held = False
        self._labels = Labels(key)
        self._outline = Outline()
        self._sealed: list[Block] = []
        # The open block: the head of a table that was cut, the finished lines, the unfinished one, what is shown of it.
        self._carried = ""
        self._body = ""
        self._line = ""
        self._fence: Fence | None = None
        self._shown: str | None = None
        # The words of which it shows all.
        self._drawn = ""
        self._growth: Growth | None = None
        self._seam: Seam | None = None
        self._seam_sought = False

    @property
    def text(self) -> str:
        self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    @property
    def blocks(self) -> list[str]:
        """The HTML of every block as it stands, the open one last."""
        return [self._html(index) for index in range(self._count())]

    def feed(self, more: str) -> Patch:
        """Take more of the text; the answer is what to change on the page."""
        if not more:
            return ()
        more = words.clean(more)
        self._pieces.append(more)
        words_first, end, _ = more.partition("\n")
        if not seam.is_plain(words_first) or (patch := self._add(words_first)) is None:
            return self._read(self._with_plain_ends(more))
        if not end:
            return patch
        rest = self._read(self._with_plain_ends(more[len(words_first) :]))
        drawn_again = any(change.kind in _ANEW and change.index == patch[0].index for change in rest if patch)
        return rest if drawn_again else patch + rest

    def _add(self, more: str) -> Patch | None:
        """The quick way for most of what arrives: plain words behind plain words."""
        if not self._seam_sought and self._shown:
            self._seam = seam.find(self._body + self._line, self._shown)
        self._seam_sought = True
        if self._seam is None or self._shown is None or self._return_held:
            return None
        if len(self._body) + len(self._line) + len(more) > LONGEST:
            return None
        position = self._seam.position
        added = self._seam.add(more)
        if added is None:
            return None
        self._line += more
        self._drawn += more
        if not added:
            return ()
        self._shown = self._shown[:position] + added + self._shown[position:]
        return (Change(len(self._sealed), Kind.APPEND, added, self._seam.depth),)

    def _read(self, more: str) -> Patch:
        """The whole way: read lines, seal what is complete, draw the open block again."""
        count, index, shown, fence = self._count(), len(self._sealed), self._shown, self._open_fence()
        *lines, piece = more.split("\n")
        for line in lines:
            self._take(line)
        self._peek(piece)
        self._draw_open()
        changes = [Change(stale, Kind.REPLACE, self._html(stale)) for stale in self._draw_stale(index)]
        if index < count <= self._count():
            if fence and fence is self._open_fence():
                if added := fence.news():
                    changes.append(Change(index, Kind.APPEND, words.escape(added), code.DEPTH))
            elif fence or shown != self._html(index):
                news = self._growth.news if self._growth else None
                changes.append(news or Change(index, Kind.REPLACE, self._html(index)))
        changes += [Change(new, Kind.ADD, self._html(new)) for new in range(count, self._count())]
        if self._fence:
            self._fence.news()
        return tuple(changes)

    def _take(self, line: str) -> None:
        """Take the end of a line."""
        if self._fence:
            if self._fence.take(line):
                self._seal()
            return
        line = self._shorten(self._line + line)
        self._line = ""
        if self._body and self._outline.begins(line, finished=True):
            self._seal()
        elif len(self._body) > LONG and self._outline.may_cut(line):
            self._seal(carry=True)
        if self._body or line.strip(" \t"):
            complete = self._outline.take(line)
            begins_at = len(self._body)
            self._body += line + "\n"
            self._growth = growth.follow(self._growth, self._outline, self._carried, self._body, begins_at)
            if opening := self._outline.fence:
                self._fence = Fence(opening)
                self._shown = None
            elif complete:
                self._seal()

    def _peek(self, piece: str) -> None:
        """Take a piece of a line that has not ended."""
        if self._fence:
            self._fence.peek(piece)
            return
        self._line = self._shorten(self._line + piece)
        if self._body and self._outline.begins(self._line, finished=False):
            self._seal()

    def _shorten(self, line: str) -> str:
        """Cut the open block while it is longer than a page should draw at once; the answer is what is left to read."""
        while len(self._body) + len(line) > LONGEST:
            room = max(LONGEST - len(self._body), 0)
            head = line[: room + 1]
            if room and not (self._body and self._outline.begins(head, finished=False)):
                cut = head.rfind(" ", room // 2) + 1 or room
                self._body += line[:cut]
                line = line[cut:]
            self._seal()
        return line

    def _seal(self, carry: bool = False) -> None:
        index = len(self._sealed)
        if self._fence:
            block = Block("", (), code.figure(self._fence.language, self._fence.source, complete=True))
        else:
            source = (self._carried + self._body).rstrip("\n")
            used = labels.mentions(source)
            self._labels.settle(source, index, used)
            html = self._as_shown(source) or blocks.draw(source, index, used, self._labels, complete=True)
            block = Block(source, used, html)
        self._sealed.append(block)
        head = growth.TABLE_HEAD.search(block.source) if carry and self._outline.open is Open.TEXT else None
        self._carried = head[0] if head else ""
        self._body = ""
        self._fence = self._growth = None
        self._outline.close()

    def _as_shown(self, source: str) -> str:
        """What is shown, where being complete changes nothing: no formula, no code; what a label changes is stale."""
        if self._outline.open not in (Open.TEXT, Open.LIST, Open.QUOTE) or source != self._drawn:
            return ""
        return self._shown if self._shown and "<figure" not in self._shown else ""

    def _draw_open(self) -> None:
        self._seam = None
        self._seam_sought = False
        source = "" if self._fence else self._open_source()
        self._labels.expect(source, len(self._sealed), ended=not self._line)
        if source:
            index, used = len(self._sealed), labels.mentions(source)
            line = source[len(self._carried) + len(self._body) :]
            grown = self._growth.draw(index, self._body, line, used, self._labels) if self._growth else ""
            self._shown = grown or blocks.draw(source, index, used, self._labels, complete=False)
            self._drawn = "" if grown else source
        elif self._fence and self._fence.closing:
            self._shown = self._shown or code.figure(self._fence.language, self._fence.source, complete=True)
        else:
            self._shown = None

    def _open_source(self) -> str:
        """What there is to draw of the open block."""
        before = self._carried + self._body
        if _NOTHING_YET.match(self._line) if before else not self._line.strip(" \t"):
            return before.rstrip("\n")
        return before + self._line

    def _draw_stale(self, before: int) -> list[int]:
        """Draw again what a label has changed; the answer is which of the blocks before the open one changed."""
        changed = []
        for index in self._labels.stale():
            block = self._sealed[index]
            html = blocks.draw(block.source, index, block.used, self._labels, complete=True)
            if html != block.html:
                block.html = html
                if index < before:
                    changed.append(index)
        return changed

    def _count(self) -> int:
        return len(self._sealed) + (self._fence is not None or self._shown is not None)

    def _html(self, index: int) -> str:
        if index < len(self._sealed):
            return self._sealed[index].html
        fence = self._open_fence()
        return code.frame(fence.language, words.escape(fence.source)) if fence else self._shown or ""

    def _open_fence(self) -> Fence | None:
        """The fence that is shown as open; one that may just have closed is shown as complete."""
        return self._fence if self._fence and not self._fence.closing else None

    def _with_plain_ends(self, more: str) -> str:
        """Line ends as line feeds. A carriage return at the end waits: the line feed may be on its way."""
        if self._return_held:
            more = "\r" + more
        self._return_held = more.endswith("\r")
        if self._return_held:
            more = more[:-1]
        return more.replace("\r\n", "\n").replace("\r", "\n") if "\r" in more else more


def render(text: str, key: str) -> list[str]:
    """The blocks that a document shows once it was fed this text, in whatever pieces."""
    document = Document(key)
    document.feed(text)
    return document.blocks
