"""A page that only does what patches say."""

from chatapp.rendering import Kind, Patch


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


def _append(block: str, html: str, depth: int) -> str:
    """Behind the last node of the last child, and so on down."""
    position = len(block)
    for _ in range(depth):
        position = block[:position].rstrip().rindex("</")
    return block[:position] + html + block[position:]
