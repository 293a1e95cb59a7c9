"""A person at a browser: opens the page, asks, waits for what can be seen, and notes every complaint of the browser."""

from __future__ import annotations

import base64
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.product import Product

PATIENCE_MS = 15_000
FINAL = "#turns > article[data-turn]:last-child[data-final]"
# A test that cuts the network hears about that, and nothing else.
NETWORK = ("WebSocket connection", "htmx:ws:error", "Failed to load resource", "htmx:error")


def say(words: str) -> str:
    """The words that the simulated Claude is to answer with."""
    return f"[[say:{base64.b64encode(words.encode()).decode()}]]"


class Desk:
    """One signed-in person; `port` may be that of a network with faults."""

    def __init__(self, browser: Browser, product: Product, person: str) -> None:
        self.browser = browser
        self.product = product
        self.person = person
        self.port = product.web.port
        self.complaints: list[str] = []
        # A page that is left while its socket is still being opened says so, and nobody minds.
        self.forgiven: tuple[str, ...] = ("WebSocket is closed before the connection is established",)
        self.contexts: list[BrowserContext] = []

    def open(self, path: str = "/", **options: Any) -> Page:
        """A window of its own, with what this person kept in no other."""
        context = self.browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, "base_url": f"http://127.0.0.1:{self.port}", **options}
        )
        self.contexts.append(context)
        self.sign_in(context)
        return self.another_tab(context, path)

    def another_tab(self, context: BrowserContext, path: str) -> Page:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: self._note(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self._note(f"error: {error}"))
        page.goto(path)
        return page

    def sign_in(self, context: BrowserContext) -> None:
        session = self.product.sessions[self.person]
        context.add_cookies([{"name": "sessionid", "value": session, "url": f"http://127.0.0.1:{self.port}"}])

    def forgive(self, *beginnings: str) -> None:
        """Complaints that the test itself provokes."""
        self.forgiven += beginnings

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        unforgiven = [line for line in self.complaints if not any(part in line for part in self.forgiven)]
        assert not unforgiven, unforgiven

    def _note(self, line: str) -> None:
        if line.startswith(("error", "warning")):
            self.complaints.append(line)


def ask(page: Page, question: str) -> None:
    box = page.get_by_label("Message", exact=True)
    box.fill(question)
    box.press("Enter")


def turn(page: Page) -> Locator:
    """The last turn."""
    return page.locator("#turns > article[data-turn]").last


def answer(page: Page) -> Locator:
    return turn(page).locator("[data-answer]")


def finish(page: Page) -> None:
    """Wait for the last turn's end."""
    expect(page.locator(FINAL)).to_be_attached(timeout=40_000)


def ask_and_finish(page: Page, question: str) -> None:
    count = page.locator("#turns > article").count()
    ask(page, question)
    expect(page.locator("#turns > article[data-final]")).to_have_count(count + 1, timeout=40_000)


def transcript(page: Page) -> str:
    return str(page.locator("#turns").inner_html())


def gap_px(page: Page) -> float:
    """How far the end of the page is below the window."""
    return float(page.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY"))


def top_px(place: Locator) -> float:
    return float(place.evaluate("element => element.getBoundingClientRect().top"))
