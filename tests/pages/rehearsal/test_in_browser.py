"""A rehearsal watched in a real browser: the numbers move by themselves, and the form comes back when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.people import Person
from tests.product import Product
from tests.stand_in import StandIn

pytestmark = pytest.mark.browser

InBrowser = Callable[[Callable[[Browser], list[str]]], list[str]]
Scheme = Literal["light", "dark"]
WIDER = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def product(claude: StandIn, tmp_path: Path) -> Iterator[Product]:
    with closing(Product(claude.url, tmp_path)) as product:
        product.change("UPDATE auth_user SET is_staff = TRUE, is_superuser = TRUE WHERE username = 'person0'")
        product.start()
        yield product


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_rehearsal_is_begun_watched_and_stopped(
    product: Product, in_browser: InBrowser, scheme: Scheme, width: int
) -> None:
    ada = Person(product, 1)

    def rehearse(browser: Browser) -> list[str]:
        heard: list[str] = []
        url = f"http://127.0.0.1:{product.web.port}"
        viewport = {"width": width, "height": 900}
        with browser.new_context(color_scheme=scheme, base_url=url, viewport=viewport) as context:  # type: ignore[arg-type]
            context.add_cookies([{"name": "sessionid", "value": product.sessions["person0"], "url": url}])
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
            page.on("pageerror", lambda error: heard.append(f"error: {error}"))
            page.goto("/admin/")
            page.get_by_role("link", name="Rehearse a failure").click()
            expect(page.locator("#meaning")).to_contain_text("HTTP 529")
            page.get_by_label("What goes wrong").select_option("cut")
            expect(page.locator("#meaning")).to_contain_text("must not be shown as finished")
            expect(page.get_by_label("Retry-after")).to_be_hidden()
            assert not page.evaluate(WIDER)
            page.get_by_label("What goes wrong").select_option("overloaded")
            page.get_by_label("For so many seconds").fill("500")
            page.get_by_role("button", name="Start the rehearsal").click()
            expect(page.get_by_role("heading", name="Running: ends in")).to_be_visible()
            for number in range(3):
                ada.final(ada.begin(f"Is anybody there? {number} [[tokens:20]]"))
            # Nobody reloads.
            expect(page.get_by_role("row", name="Questions accepted")).to_contain_text("3")
            expect(page.get_by_text("Claude is very busy right now")).to_be_visible()
            expect(page.get_by_role("img", name="Questions accepted: 0 in the minute before, 3 during")).to_be_visible()
            assert not page.evaluate(WIDER)
            page.get_by_role("button", name="Stop the rehearsal").click()
            expect(page.get_by_role("heading", name="Stopped")).to_be_visible()
            page.get_by_label("For so many seconds").fill("5")
            page.get_by_role("button", name="Start the rehearsal").click()
            # Nor when it is over.
            expect(page.get_by_role("button", name="Stop the rehearsal")).to_be_visible()
            expect(page.get_by_role("button", name="Start the rehearsal")).to_be_visible(timeout=15_000)
            expect(page.get_by_role("heading", name="Over", exact=True)).to_be_visible()
        return [line for line in heard if line.startswith(("error", "warning"))]

    assert in_browser(rehearse) == []
