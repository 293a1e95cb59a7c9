"""A real page that did what the patches said has the elements that a reload draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from bench import writing
from chatapp.rendering import Document, Kind, Patch, code, render
from tests.rendering.test_streaming import ANSWER

pytestmark = pytest.mark.browser
InBrowser = Callable[[Callable[[Browser], Any]], Any]

# What htmx does with a patch, in as few words: beforeend appends what a template holds, outerHTML puts it in the place
# of an element, and a block that changed is drawn anew. `whole` is what a reload makes of the same blocks.
SCRIPT = """
window.apply = (changes) => {
  for (const { index, kind, html, path } of changes) {
    if (kind === "add") document.body.insertAdjacentHTML("beforeend", `<div class="block" id="b-${index}"></div>`);
    const target = document.querySelector(`#b-${index}${path}`);
    const template = document.createElement("template");
    template.innerHTML = html;
    if (kind === "renew") {
      target.replaceWith(...template.content.childNodes);
      continue;
    }
    if (kind !== "append") target.replaceChildren();
    target.append(...template.content.childNodes);
  }
};
window.whole = (blocks) => blocks.map((html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.innerHTML;
});
window.shown = () => [...document.body.children].map((block) => { block.normalize(); return block.innerHTML; });
window.sources = () => [...document.querySelectorAll("figure.code code")].map((element) => element.textContent);
"""


def changes(patch: Patch) -> list[dict[str, object]]:
    return [
        {"index": change.index, "kind": change.kind.value, "html": change.html, "path": change.path} for change in patch
    ]


def on_a_page(in_browser: InBrowser, act: Callable[[Page], None]) -> None:
    def visit(browser: Browser) -> None:
        page = browser.new_page()
        try:
            page.evaluate(SCRIPT)
            act(page)
        finally:
            page.close()

    in_browser(visit)


@pytest.mark.parametrize("size", [1, 9])
@pytest.mark.parametrize("text", [ANSWER, *(writing.answer(kind, 2_000) for kind in ("mixed", "lists", "tables"))])
def test_the_page_that_followed_is_the_page_that_was_reloaded(in_browser: InBrowser, text: str, size: int) -> None:
    def act(page: Page) -> None:
        document = Document("k")
        patches = [changes(document.feed(piece)) for piece in writing.pieces(text, size)]
        page.evaluate("patches => patches.forEach(apply)", patches)
        assert page.evaluate("shown()") == page.evaluate("blocks => whole(blocks)", render(text, "k"))

    on_a_page(in_browser, act)


def test_what_is_appended_leaves_alone_what_somebody_selected(in_browser: InBrowser) -> None:
    def act(page: Page) -> None:
        document = Document("k")
        page.evaluate("changes => apply(changes)", changes(document.feed("- These words are *being* read")))
        page.evaluate("getSelection().selectAllChildren(document.querySelector('em'))")
        patch = document.feed(" while others arrive")
        assert [change.kind for change in patch] == [Kind.APPEND]
        page.evaluate("changes => apply(changes)", changes(patch))
        assert page.evaluate("getSelection().toString()") == "being"

    on_a_page(in_browser, act)


def test_what_a_browser_copies_is_the_source(in_browser: InBrowser) -> None:
    sources = ["\n\n  x = '<&amp;>'\n\n", "<p>\n\t</p></code></pre>\n", "é\u00a0\u2028\ufeff日本\n"]

    def act(page: Page) -> None:
        for index, source in enumerate(sources):
            html = code.figure("py", source, complete=True)
            page.evaluate("changes => apply(changes)", [{"index": index, "kind": "add", "html": html, "path": ""}])
        assert page.evaluate("sources()") == sources

    on_a_page(in_browser, act)
