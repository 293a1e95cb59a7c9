"""When Claude cannot answer: the offer to answer later, the promise, Cancel, and the news."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.page.desk import Desk, answer, ask, say, turn
from tests.product import Product
from tests.stand_in import StandIn

pytestmark = pytest.mark.browser

PROMISE = "We will answer this when Claude is back. You may close this page."
OFFER = "Answer this when Claude is back"
HIDE = """() => { Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
  document.dispatchEvent(new Event("visibilitychange")); }"""
SHOW = "() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); }"


@pytest.fixture(autouse=True)
def away(simulated: StandIn) -> Iterator[None]:
    """Claude has more work than it can do."""
    simulated.plan_fault("overloaded", match={"kind": "any", "text": "umbrella"})
    yield
    simulated.clear()


def back(simulated: StandIn, product: Product, page: Page) -> None:
    simulated.clear()
    number = turn(page).get_attribute("data-turn")
    product.change("UPDATE chatapp_turn SET lease_until = CURRENT_TIMESTAMP WHERE id = ?", number)


def put_off(desk: Desk) -> Page:
    page = desk.open()
    ask(page, f"Do I need an umbrella? {say('Yes, a big one.')}")
    button = page.get_by_role("button", name=OFFER)
    button.click(timeout=60_000)
    expect(turn(page)).to_have_attribute("data-state", "queued")
    expect(turn(page).locator("[data-working]")).to_have_text(PROMISE)
    return page


def test_the_offer_becomes_a_promise_and_the_promise_an_answer(desk: Desk, house: Product, simulated: StandIn) -> None:
    page = put_off(desk)
    expect(page.locator("#rail-list [data-running]")).to_have_count(0)
    back(simulated, house, page)
    expect(answer(page)).to_have_text("Yes, a big one.", timeout=30_000)
    expect(turn(page)).to_have_attribute("data-state", "answered")
    expect(turn(page).locator(".branches")).to_contain_text("2/2")


def test_cancel_ends_it_and_the_composer_is_free(desk: Desk) -> None:
    page = put_off(desk)
    turn(page).get_by_role("button", name="Cancel").click()
    expect(turn(page)).to_have_attribute("data-state", "stopped")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()


def test_a_hidden_page_says_in_its_title_that_there_is_news(desk: Desk, house: Product, simulated: StandIn) -> None:
    page = put_off(desk)
    title = page.title()
    page.clock.install()
    with page.expect_websocket() as wire:
        page.reload()
    # A page that is hidden before it hears anything would not stop listening.
    wire.value.wait_for_event("framereceived")
    with wire.value.expect_event("close"):
        page.evaluate(HIDE)
    back(simulated, house, page)
    number = turn(page).get_attribute("data-turn")

    def looks_again() -> bool:
        page.clock.fast_forward(30_000)
        return page.title().startswith("News: ")

    expect(page).to_have_title(title)
    for _ in range(200):
        if looks_again():
            break
        page.wait_for_timeout(100)
    assert page.title() == f"News: {title}"
    assert house.rows("SELECT state FROM chatapp_turn WHERE id = ?", number) == [("answered",)]
    page.evaluate(SHOW)
    expect(page).to_have_title(title)


def test_where_it_is_not_offered_there_is_no_button(desk: Desk) -> None:
    page = desk.open()
    ask(page, "An umbrella?")
    expect(page.get_by_role("button", name=OFFER)).to_be_visible(timeout=60_000)
    page.evaluate("document.querySelector('.chat').removeAttribute('data-later')")
    expect(page.get_by_role("button", name=OFFER)).to_have_count(0)
