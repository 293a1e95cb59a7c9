"""What to change on a page so that it shows the answer as it now stands."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What happens to a block: its inside is replaced, it is added after the last one, or only its end changes."""

    REPLACE = "replace"
    ADD = "add"
    APPEND = "append"
    RENEW = "renew"


@dataclass(frozen=True, slots=True)
class Change:
    """One change to one block, said so that an htmx partial can carry it. With `#b` as the id of block `index`:

    REPLACE  hx-target="#b"            hx-swap="innerMorph"   the block's whole inside is now `html`
    ADD      hx-target="#the-answer"   hx-swap="beforeend"    a new last block holds `html`
    APPEND   hx-target="#b{path}"      hx-swap="beforeend"    `html` is put behind what is there: text, or rows
    RENEW    hx-target="#b{path}"      hx-swap="outerHTML"    `html` comes in the place of the last item or row

    `path` has `>` in it: escape it where it stands in an attribute. All targets of one frame are looked up before
    anything is swapped, so a frame carries one patch: feed the text of several pieces at once instead.
    """

    index: int
    kind: Kind
    html: str
    depth: int = 0

    @property
    def path(self) -> str:
        """The way from the block to the element that is still being written: its last child, and so on down."""
        return " > :last-child" * self.depth


Patch = tuple[Change, ...]
