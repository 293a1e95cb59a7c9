"""A page that only does what patches say."""

import re

from chatapp.rendering import Kind, Patch

_TAG = re.compile(r"<(/?)([a-z0-9]+)[^>]*>")
VOID = {"br", "hr", "input"}


class Page:
    """Holds the HTML of each block, as a browser would that got every frame."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.received = 0

    def apply(self, patch: Patch) -> None:
        for change in patch:
            self.received += len(change.html)
            match change.kind:
                case Kind.ADD:
                    assert change.index == len(self.blocks)
                    self.blocks.append(change.html)
                case Kind.REPLACE:
                    self.blocks[change.index] = change.html
                case Kind.APPEND:
                    self.blocks[change.index] = _append(self.blocks[change.index], change.html, change.depth)
                case Kind.RENEW:
                    self.blocks[change.index] = _renew(self.blocks[change.index], change.html, change.depth)


def _append(block: str, html: str, depth: int) -> str:
    """Behind the last node of the last child, and so on down."""
    position = _inner_end(block, depth)
    return block[:position] + html + block[position:]


def _inner_end(block: str, depth: int) -> int:
    position = len(block)
    for _ in range(depth):
        position = block[:position].rstrip().rindex("</")
    return position


def _renew(block: str, html: str, depth: int) -> str:
    """In the place of the last child of the last child, and so on down."""
    end = _inner_end(block, depth - 1)
    end = block[:end].rstrip().rindex(">") + 1
    begins_at, open_elements = end, 0
    for tag in reversed(list(_TAG.finditer(block, 0, end))):
        open_elements += 1 if tag[1] else -1 if tag[2] not in VOID else 0
        begins_at = tag.start()
        if open_elements == 0:
            break
    return block[:begins_at] + html + block[end:]
