"""What axe finds wrong with a page, in light and in dark."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

_SOURCE: Final = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Nothing but the colours differs in the dark.
_COLOURS: Final = {"type": "rule", "values": ["color-contrast"]}
_FIND: Final = """runOnly => axe.run(document, { ...(runOnly && { runOnly }), preload: false }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`)))"""
# Colours are looked at when they have stopped changing; some never say so.
_SETTLED: Final = """() => Promise.race([
  new Promise(done => setTimeout(done, 500)),
  Promise.all(document.getAnimations().map(one => one instanceof CSSTransition && one.finished.catch(() => {}))),
])"""


def violations(page: Page, rules: list[str] | None = WCAG) -> list[str]:
    """Against WCAG 2.2 AA, or with None against every rule that axe has; the page is left in the light."""
    # Evaluated by the test's own channel, and once for each document.
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SOURCE)
    found: list[str] = page.evaluate(_FIND, rules)
    page.emulate_media(color_scheme="dark")
    page.evaluate(_SETTLED)
    found += [f"in the dark: {line}" for line in page.evaluate(_FIND, _COLOURS)]
    page.emulate_media(color_scheme="light")
    page.evaluate(_SETTLED)
    return found
