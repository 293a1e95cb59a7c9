"""What the labels of one answer stand for: links and footnotes that are defined in one block and used in another."""

import re
from collections import defaultdict
from collections.abc import Callable

from chatapp.rendering import outline
from chatapp.rendering.words import escape, escape_attribute

# The address of a link, or the number of the block that holds a footnote.
Target = str | int

_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_MENTION = re.compile(r"\[([^\[\]\\]{1,200})\]")
_DEFINITION = re.compile(
    r" {0,3}\[([^\[\]\\^][^\[\]\\]{0,199})\]:[ \t]*<?([^\s<>\\]{1,2000})>?"
    r"(?:[ \t]+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?[ \t]*"
)
# Bounds on what a definition may redraw, so that a text made of labels costs no more than its length.
MOST_LABELS = 64
MOST_REDRAWN = 32_000


def mentions(source: str) -> tuple[str, ...]:
    """The labels that a block may refer to. A footnote's begins with `^`."""
    if "[" not in source:
        return ()
    bare = _CODE_SPAN.sub("", source) if "`" in source else source
    return tuple(dict.fromkeys(_normal(label) for label in _MENTION.findall(bare)))[:MOST_LABELS]


def definitions(source: str, index: int) -> dict[str, Target]:
    """What a block defines, in its order: one footnote, or links at its beginning."""
    if note := outline.NOTE.match(source):
        return {_normal("^" + note[1]): index}
    found: dict[str, Target] = {}
    if source.lstrip(" ").startswith("["):
        for line in source.split("\n"):
            link = _DEFINITION.fullmatch(line)
            if not link or not link[1].strip() or link[2].count("(") != link[2].count(")"):
                break
            found.setdefault(_normal(link[1]), link[2])
    return found


class Labels:
    """Knows the labels of one answer, and which blocks to draw again when one comes to mean something."""

    def __init__(self, key: str) -> None:
        self._key = escape_attribute(key)
        self._known: dict[str, Target] = {}
        # What the open block defines as it stands; an unfinished address may still grow.
        self._pending: dict[str, Target] = {}
        self._users: defaultdict[str, list[int]] = defaultdict(list)
        self._weight: defaultdict[str, int] = defaultdict(int)
        self._first_use: dict[str, int] = {}
        self._changed: set[str] = set()

    def settle(self, source: str, index: int, used: tuple[str, ...]) -> None:
        """A block is complete: what it defines and uses stays so."""
        own = definitions(source, index)
        for label, target in own.items():
            if label not in self._known:
                self._known[label] = target
                if self._pending.get(label) != target:
                    self._changed.add(label)
        for label in used:
            self._users[label].append(index)
            self._weight[label] += len(source)
            if label.startswith("^") and label not in own and label not in self._first_use:
                self._first_use[label] = index
                self._changed.add(label)

    def expect(self, source: str, index: int, ended: bool) -> None:
        """What the open block defines until more is known; its last line may not have ended."""
        found = definitions(source, index) if "[" in source else {}
        if found and not ended:
            # An address that is still being written draws what mentions it again with every piece.
            label, target = found.popitem()
            if isinstance(target, int) or self._weight[label] <= MOST_REDRAWN:
                found[label] = target
        if found or self._pending:
            self._changed.update(
                label
                for label in found.keys() | self._pending.keys()
                if label not in self._known and found.get(label) != self._pending.get(label)
            )
            self._pending = found

    def stale(self) -> list[int]:
        """The blocks that a changed label asks to draw again; asked once per change."""
        if not self._changed:
            return []
        blocks = {index for label in self._changed for index in self._users.get(label, ())}
        self._changed.clear()
        return sorted(blocks)

    def preamble(self, used: tuple[str, ...]) -> str:
        """Definitions from elsewhere that a block needs in front of it to be drawn alone."""
        lines = []
        for label in used:
            target = self._target(label)
            if isinstance(target, str):
                lines.append(f"[{label}]: <{target}>\n\n")
            elif target is not None:
                lines.append(f"[{label}]: -\n\n")
        return "".join(lines)

    def reference(self, index: int) -> Callable[[str], str]:
        """How a block writes the marks of its footnotes. The first mark in the answer is where the note leads back."""
        written: set[str] = set()

        def refer(label: str) -> str:
            name = _normal("^" + label)
            note = self._target(name)
            if note is None:
                return escape(f"[^{label}]")
            first = self._first_use.get(name, index) == index and name not in written
            written.add(name)
            mark = f' id="ref-{self._key}-{note}"' if first else ""
            link = f'<a href="#note-{self._key}-{note}" role="doc-noteref"{mark}>{escape(label)}</a>'
            return f'<sup class="note">{link}</sup>'

        return refer

    def note(self, label: str, index: int, words: str) -> str:
        """A footnote where it was written."""
        name = _normal("^" + label)
        shown = escape(label)
        if name in self._first_use and self._target(name) == index:
            shown = f'<a href="#ref-{self._key}-{index}" role="doc-backlink">{shown}</a>'
        return (
            f'<div class="note" role="doc-footnote" id="note-{self._key}-{index}">'
            f'<span class="label">{shown}</span><div>{words}</div></div>'
        )

    def _target(self, label: str) -> Target | None:
        return self._known.get(label, self._pending.get(label))


def _normal(label: str) -> str:
    return " ".join(label.split()).casefold()
