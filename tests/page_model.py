"""A page without a browser: it draws what a reload draws and applies frames as htmx would."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from time import monotonic

from tests.markup import Element, parse

FINAL = {"answered", "truncated", "stopped", "refused", "over_budget", "failed", "interrupted"}
STEP = " > :last-child"
# Places whose frames say nothing of the turns.
BESIDE_THE_TURNS = {
    *("#conversation-title", "#rail-list", "#status", "#spent", "#gauge", "#refusal", "#outage", "#notices"),
}
NUMBER = re.compile(r"(?<=-)\d+|(?<=#b)\d+")


class Strange(AssertionError):
    """A frame that no page should get."""


@dataclass(frozen=True)
class Sight:
    """What a person saw of one turn at one moment."""

    at: float
    turn: int
    state: str
    blocks: tuple[str, ...]
    text: str


@dataclass
class Page:
    """The transcript, the title and the rail of one open page."""

    turns: Element
    sights: list[Sight] = field(default_factory=list)
    beats: int = 0
    titles: list[str] = field(default_factory=list)
    rail: dict[str, Element] = field(default_factory=dict)
    _latest: dict[int, Sight] = field(default_factory=dict)

    @classmethod
    def load(cls, html: str) -> Page:
        turns = parse(html).by_id("turns")
        if turns is None:
            raise Strange("a page without a transcript")
        page = cls(turns)
        page._look(page.articles)
        return page

    @property
    def latest(self) -> list[Sight]:
        """How every turn looked when it last changed."""
        return [self._latest[int(article.attributes["data-turn"])] for article in self.articles]

    @property
    def seen(self) -> int:
        return max(_version(element) for element in [self.turns, *self.articles])

    @property
    def drawn(self) -> int:
        """The version at which all of it was drawn."""
        return _version(self.turns)

    @property
    def articles(self) -> list[Element]:
        return [child for child in self.turns.elements if "data-turn" in child.attributes]

    @property
    def transcript(self) -> str:
        """All turns as one canonical string, a line each."""
        return "\n".join(re.sub(r"\s*\n\s*", " ", article.outer) for article in self.articles)

    def article(self, turn: int) -> Element | None:
        return self.turns.by_id(f"turn-{turn}")

    def state(self, turn: int) -> str:
        article = self.article(turn)
        return article.attributes["data-state"] if article else ""

    def text(self, turn: int) -> str:
        """The words of the shown answer."""
        return words_of(self.article(turn))

    def apply(self, frame: str) -> None:
        if not frame.startswith("<"):
            if json.loads(frame) != {"beat": 1}:
                raise Strange(f"neither a beat nor HTML: {frame[:200]}")
            self.beats += 1
            return
        nodes = parse(frame).children
        partials = [node for node in nodes if isinstance(node, Element) and node.name == "hx-partial"]
        if len(partials) != len(nodes):
            raise Strange(f"something beside partials: {frame[:200]}")
        # As htmx does: every target is looked up before anything is swapped.
        for partial, target in [(partial, self._target(partial)) for partial in partials]:
            self._swap(partial, target)
        numbers = {number[0] for partial in partials if (number := NUMBER.search(partial.attributes["hx-target"]))}
        numbers |= {article.attributes["data-turn"] for partial in partials for article in partial.having("data-turn")}
        self._look([article for article in self.articles if article.attributes["data-turn"] in numbers])

    def _target(self, partial: Element) -> Element | None:
        selector = partial.attributes["hx-target"]
        steps = 0
        while selector.endswith(STEP):
            selector, steps = selector.removesuffix(STEP), steps + 1
        if selector in BESIDE_THE_TURNS:
            return None
        target = self.turns if selector == "#turns" else self.turns.by_id(selector.removeprefix("#"))
        for _ in range(steps):
            target = target.elements[-1] if target and target.elements else None
        if target is None:
            raise Strange(f"nothing on the page is {partial.attributes['hx-target']}")
        return target

    def _swap(self, partial: Element, target: Element | None) -> None:
        swap = partial.attributes["hx-swap"]
        where = partial.attributes["hx-target"]
        if where == "#conversation-title":
            self.titles.append(partial.text)
        elif where == "#rail-list":
            self.rail.update({item.id: item for item in partial.elements})
        elif target is None:
            return
        elif swap == "turn":
            for article in partial.elements:
                self._place(article)
        elif swap == "outerMorph" and where == "#turns":
            (self.turns,) = partial.elements
        elif swap == "state":
            target.attributes["data-state"] = partial.text
        elif swap in ("innerMorph", "innerHTML"):
            target.children = partial.children
        elif swap == "beforeend":
            target.append(partial.children)
        elif swap == "outerHTML":
            self.turns.replace(target, partial.children)
        else:
            raise Strange(f"an unknown swap: {swap}")

    def _place(self, article: Element) -> None:
        shown = self.turns.by_id(article.id)
        if shown is not None:
            if int(article.attributes["data-version"]) >= int(shown.attributes["data-version"]):
                shown.attributes, shown.children = article.attributes, article.children
            return
        number = int(article.attributes["data-turn"])
        later = [other for other in self.articles if int(other.attributes["data-turn"]) > number]
        position = self.turns.children.index(later[0]) if later else len(self.turns.children)
        self.turns.children.insert(position, article)

    def _look(self, articles: list[Element]) -> None:
        for article in articles:
            turn, state = int(article.attributes["data-turn"]), article.attributes["data-state"]
            sight = Sight(monotonic(), turn, state, blocks_of(article), words_of(article))
            before = self._latest.get(turn)
            if before is None or (before.state, before.blocks) != (sight.state, sight.blocks):
                self.sights.append(sight)
                self._latest[turn] = sight


def _version(element: Element) -> int:
    return int(element.attributes.get("data-version") or 0)


def blocks_of(article: Element | None) -> tuple[str, ...]:
    answers = article.having("data-answer") if article else []
    return tuple(block.inner for answer in answers for block in answer.elements)


def words_of(article: Element | None) -> str:
    """The answer as text; blocks are paragraphs."""
    answers = article.having("data-answer") if article else []
    return "\n\n".join(block.text for answer in answers for block in answer.elements)
