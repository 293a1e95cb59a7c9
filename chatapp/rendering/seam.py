"""The place in an open block where plain words can be put without reading the block again."""

import re

# The marks of other scripts, quotation marks and dashes, signs, emoji; no space but the plain one.
_SYMBOLS = (
    r"\u00a1-\u167f\u1681-\u1fff\u200c\u200d\u2010-\u2027\u2030-\u205e\u2190-\u2bff"
    r"\u3001-\u303f\ufe0f\uff01-\uff65\U0001f300-\U0001faff"
)
# Words and marks that mean nothing to markdown wherever they stand behind a word; `_` is none, though `\w` has it.
# Within brackets, quotes and parentheses may complete a link.
_PLAIN = re.compile(rf"[\w ,.;:?!\"'()%={{}}+\-{_SYMBOLS}]+")
_PLAIN_ASCII = re.compile(r"[\w ,.;:?!\"'()%={}+\-]+", re.ASCII)
_PLAIN_IN_BRACKETS = re.compile(rf"[\w ,.;:?!%={{}}+\-{_SYMBOLS}]+")
_LETTER = re.compile(r"[^\W\d_]")
# A link that is not over yet, or a character reference.
_UNSAFE_WORD = re.compile(r"[/@&<\\]|www", re.IGNORECASE)
_CLOSING_TAGS = re.compile(r"</[a-z0-9]+>(?:\s*</[a-z0-9]+>)*")


def is_plain(more: str) -> bool:
    return "_" not in more and bool((_PLAIN_ASCII if more.isascii() else _PLAIN).fullmatch(more))


class Seam:
    """Found in a block that was just drawn; holds as long as only plain words follow."""

    def __init__(self, position: int, depth: int, word: str, gap: str, plain: re.Pattern[str]) -> None:
        # Where in the block's HTML the next words go, and how many elements are open there.
        self.position = position
        self.depth = depth
        self._word = word
        # Spaces are shown only once something follows them.
        self._gap = gap
        self._plain = plain

    def add(self, more: str) -> str | None:
        """What to put at the seam for more plain words, or None if the block has to be read again."""
        if self._plain is not _PLAIN and not self._plain.fullmatch(more):
            return None
        word = self._word + more
        if "www" in word.lower():
            return None
        self._word = word[word.rfind(" ") + 1 :][-2:]
        written = more.rstrip(" ")
        if not written:
            self._gap += more
            return ""
        added = self._gap + written
        self._gap = more[len(written) :]
        self.position += len(added)
        return added


def find(source: str, html: str) -> Seam | None:
    """The seam of an open block, if its last line is plain enough at its end."""
    line = source[source.rfind("\n") + 1 :]
    written = line.rstrip(" ")
    end = written[-2:]
    if len(end) < 2 or not is_plain(end) or not _LETTER.search(line):
        return None
    # A cell of a table, a definition: what follows there may be shown elsewhere or not at all.
    if "|" in line or "]:" in line:
        return None
    word = written[max(written.rfind(" "), written.rfind("\t")) + 1 :]
    if _UNSAFE_WORD.search(word):
        return None
    position = html.rfind(end) + 2
    if position < 2 or not _CLOSING_TAGS.fullmatch(html, position):
        return None
    plain = _PLAIN_IN_BRACKETS if "[" in source else _PLAIN
    gap = line[len(written) :]
    return Seam(position, html.count("</", position), (word + gap)[-2:], gap, plain)
