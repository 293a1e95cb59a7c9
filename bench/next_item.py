"""From a key to the next item of the review queue, as it stands on the screen of a real browser."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from bench import servers
from tests import machine

TIMES: Final = 40
_UNCOUNTED: Final = 5
# What was put into the page is on the screen with the frame after the next.
_STAMP: Final = """
window.pressed = null;
addEventListener("keydown", (event) => {
  window.pressed ??= event.timeStamp;
  delete document.documentElement.dataset.took;
}, true);
const isItem = (node) => node.nodeType === Node.ELEMENT_NODE && node.querySelector(".reviewing [data-criterion]");
new MutationObserver((records) => {
  if (window.pressed === null || !records.some(({ addedNodes }) => [...addedNodes].some(isItem))) return;
  const began = window.pressed;
  window.pressed = null;
  requestAnimationFrame(() => requestAnimationFrame(() => {
    document.documentElement.dataset.took = performance.now() - began;
  }));
}).observe(document, { childList: true, subtree: true });
"""
_DRAWN: Final = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(() => { window.pressed = null; done(); }));
})"""
_TOOK: Final = "() => document.documentElement.dataset.took"


def measure(session: str, secret: str, log: Path) -> dict[str, list[float]]:
    """Milliseconds of each time, by what was pressed."""
    cores, port = servers.cores(), servers.free_port()
    environment = {**os.environ, "SECRET_KEY": secret, "ANTHROPIC_API_KEY": "bench", "ALLOWED_HOSTS": "127.0.0.1"}
    environment["ANTHROPIC_BASE_URL"] = f"http://127.0.0.1:{servers.free_port()}"
    daphne = ("-m", "daphne", "--verbosity", "0", "-b", "127.0.0.1", "-p", str(port), "chatapp.asgi:application")
    log.parent.mkdir(parents=True, exist_ok=True)
    with servers.serving(*daphne, environment=environment, core=cores["server"], port=port, log=log):
        return _in_browser(f"http://127.0.0.1:{port}", session)


def _in_browser(url: str, session: str) -> dict[str, list[float]]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium())
        context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        context.add_init_script(_STAMP)
        page = context.new_page()
        page.goto("/review/queue/next/")
        found = {"J, the next item": _times(page, _go_on), "Enter, keep and the next item": _times(page, _keep)}
        browser.close()
        return found


def _times(page: Page, press: Callable[[Page], None]) -> list[float]:
    times = []
    for _ in range(_UNCOUNTED + TIMES):
        before = page.url
        press(page)
        page.wait_for_url(lambda now, before=before: "/items/" in now and now != before)  # type: ignore[misc] # bound by its default
        times.append(float(page.wait_for_function(_TOOK).json_value()))
    return times[_UNCOUNTED:]


def _go_on(page: Page) -> None:
    page.keyboard.press("j")


def _keep(page: Page) -> None:
    for _ in range(page.locator("[data-criterion]").count()):
        page.keyboard.press("1")
    # Nobody's hand is at Enter before the last answer is seen to be marked.
    page.evaluate(_DRAWN)
    page.keyboard.press("Enter")
