"""Notices on pages that are open already: they come, go and stay away by themselves, and are said politely."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.axe import violations
from tests.page.desk import Desk, ask_and_finish, say
from tests.page.test_assistive import LISTEN, STILL
from tests.product import Product

pytestmark = pytest.mark.browser

TEXT = "At eight the chat rests for an hour. What you have asked by then is answered."
HOUR = timedelta(hours=1)


@pytest.fixture
def house(steady_house: Product) -> Iterator[Product]:
    yield steady_house
    steady_house.change("DELETE FROM chatapp_notice")


def _tell(house: Product, text: str = TEXT, kind: str = "information", begins: timedelta = -HOUR) -> None:
    """As another process would."""
    now = datetime.now(UTC).replace(tzinfo=None)
    made = (text, kind, str(now + begins), str(now + HOUR))
    house.change("INSERT INTO chatapp_notice (text, kind, starts_at, ends_at) VALUES (?, ?, ?, ?)", *made)


def _notices(page: Page) -> Any:
    return page.locator("#notices .announcement:visible")


def test_a_notice_comes_to_an_open_conversation_and_goes_when_it_is_over(desk: Desk, house: Product) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    page.evaluate(LISTEN)
    _tell(house, begins=-2 * HOUR)
    expect(_notices(page)).to_contain_text(TEXT, timeout=8_000)
    _tell(house, "And now for something else.", "warning")
    expect(_notices(page)).to_have_count(2, timeout=8_000)
    expect(_notices(page).last).to_contain_text("Warning And now for something else.")
    heard = page.evaluate("window.heard")
    assert any(TEXT in words for words in heard)
    assert page.locator("#notices").get_attribute("aria-live") == "polite"
    house.change("UPDATE chatapp_notice SET ends_at = CURRENT_TIMESTAMP")
    expect(_notices(page)).to_have_count(0, timeout=8_000)


def test_what_somebody_has_put_away_stays_away_for_him_on_every_page(desk: Desk, house: Product) -> None:
    _tell(house)
    _tell(house, "The second one.")
    page = desk.open()
    first = _notices(page).first.get_by_role("button", name="Dismiss this notice")
    first.focus()
    page.keyboard.press("Enter")
    expect(_notices(page)).to_have_text(["Notice The second one.Dismiss"])
    expect(_notices(page).get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(_notices(page)).to_have_count(0)
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    ask_and_finish(page, say("Hello."))
    page.reload()
    page.locator("#turns").wait_for()
    assert _notices(page).count() == 0
    page.goto("/accounts/limits/")
    assert _notices(page).count() == 0
    # Another text is another notice, also where a page is open.
    house.change("UPDATE chatapp_notice SET text = 'At nine.' WHERE text = ?", TEXT)
    page.goto("/")
    expect(_notices(page)).to_have_text(["Notice At nine.Dismiss"])


def test_a_page_without_a_socket_asks_by_itself(desk: Desk, house: Product) -> None:
    for path in ("/", "/accounts/limits/"):
        page = desk.open(path)
        page.clock.install()
        page.reload()
        expect(page.locator("#notices")).to_be_attached()
        _tell(house)
        page.clock.run_for(16_000)
        expect(_notices(page)).to_contain_text(TEXT)
        house.change("DELETE FROM chatapp_notice")
        page.clock.run_for(16_000)
        expect(_notices(page)).to_have_count(0)


def test_without_scripts_it_is_there_and_nothing_pretends_to_close_it(desk: Desk, house: Product) -> None:
    _tell(house)
    page = desk.open("/", java_script_enabled=False)
    expect(_notices(page)).to_contain_text(TEXT)
    expect(page.get_by_role("button", name="Dismiss this notice")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_the_message_stays_in_reach(desk: Desk, house: Product, width: int) -> None:
    for _ in range(4):
        _tell(house, "A long one. " * 24, "warning")
    for path in ("/", "/accounts/limits/"):
        page = desk.open(path, viewport={"width": width, "height": 700}, **STILL)
        expect(_notices(page)).to_have_count(4)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page = desk.open("/", viewport={"width": width, "height": 700}, **STILL)
    box = page.get_by_label("Message", exact=True).bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 700
