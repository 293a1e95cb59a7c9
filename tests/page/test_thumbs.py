"""A thumb and a word for an answer, from the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.desk import Desk, ask_and_finish, turn
from tests.product import Product

pytestmark = pytest.mark.browser


@pytest.fixture
def house(steady_house: Product) -> Product:
    return steady_house


def test_a_thumb_is_given_explained_and_taken_back(desk: Desk) -> None:
    page = desk.open("/")
    ask_and_finish(page, "Say something. [[tokens:20]]")
    down = turn(page).get_by_role("button", name="A bad answer")
    down.click()
    expect(down).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Say why").click()
    page.get_by_label("What was wrong about it?").fill("It says too little.")
    page.get_by_role("button", name="Send", exact=True).first.click()
    expect(page.get_by_role("button", name="You said why")).to_be_visible()
    page.reload()
    expect(down).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="You said why").click()
    expect(page.get_by_label("What was wrong about it?")).to_have_value("It says too little.")
    page.keyboard.press("Escape")
    down.click()
    expect(down).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("button", name="You said why")).to_have_count(0)


def test_both_tabs_see_the_thumb(desk: Desk) -> None:
    page = desk.open("/")
    ask_and_finish(page, "Say something else. [[tokens:20]]")
    other = desk.another_tab(page.context, page.url)
    turn(other).get_by_role("button", name="A good answer").click()
    expect(turn(page).get_by_role("button", name="A good answer")).to_have_attribute("aria-pressed", "true")
