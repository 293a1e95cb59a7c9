"""HTML as a tree, so that what frames made of a page can be compared with what a reload draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

VOID = {"br", "hr", "img", "input", "link", "meta", "wbr"}


@dataclass(eq=False)
class Element:
    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.attributes.get("id", "")

    @property
    def elements(self) -> list[Element]:
        return [child for child in self.children if isinstance(child, Element)]

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    @property
    def inner(self) -> str:
        """The inside as one canonical string."""
        return "".join(escape(child) if isinstance(child, str) else child.outer for child in self.children)

    @property
    def outer(self) -> str:
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in sorted(self.attributes.items()))
        return f"<{self.name}{attributes}>{self.inner}</{self.name}>"

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.elements:
            yield from child.walk()

    def by_id(self, wanted: str) -> Element | None:
        return next((element for element in self.walk() if element.id == wanted), None)

    def having(self, attribute: str) -> list[Element]:
        return [element for element in self.walk() if attribute in element.attributes]

    def replace(self, old: Element, nodes: list[Element | str]) -> None:
        """Put other nodes in the place of an element that is somewhere within."""
        for holder in self.walk():
            for position, child in enumerate(holder.children):
                if child is old:
                    holder.children[position : position + 1] = nodes
                    return

    def append(self, nodes: list[Element | str]) -> None:
        """As a browser appends; adjoining text is one text."""
        for node in nodes:
            if isinstance(node, str) and self.children and isinstance(self.children[-1], str):
                self.children[-1] += node
            else:
                self.children.append(node)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#root")
        self.path = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.path[-1].children.append(element)
        if tag not in VOID:
            self.path.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.path[-1].name == tag, f"</{tag}> closes <{self.path[-1].name}>"
        self.path.pop()

    def handle_data(self, data: str) -> None:
        self.path[-1].append([data])


def parse(html: str) -> Element:
    """The tree of a fragment or a page; markup that does not close what it opens is an error."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert builder.path == [builder.root], f"never closed: {[element.name for element in builder.path[1:]]}"
    return builder.root
