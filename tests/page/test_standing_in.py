"""When Claude fails: who stands in, what staff are shown of it, and what everybody is told."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.axe import violations
from tests.page.desk import Desk, answer, ask_and_finish, finish, say, top_px, transcript, turn
from tests.page.test_assistive import STILL
from tests.product import Product
from tests.stand_in import StandIn

pytestmark = pytest.mark.browser

TROUBLE = "Claude is having trouble answering just now. Your questions wait or are answered by a stand-in."
FAILS = "[[fault:overloaded times=1]]"


@pytest.fixture
def house(simulated: StandIn, tmp_path: Path) -> Iterator[Product]:
    """One that has met no trouble yet, and where nobody is asked twice before another one stands in."""
    with closing(Product(simulated.url, tmp_path, {"CHATAPP_RETRIES": "0"})) as product:
        product.start()
        yield product


# A fault that is met a number of times is met so often for one and the same question.
_numbers = itertools.count(1)


def once(fault: str, words: str) -> str:
    """A question at which Claude fails before it answers."""
    return f"{next(_numbers)}. {fault} {say(words)}"


def test_a_stand_in_is_named_and_the_other_one_is_one_click_away(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, once(FAILS, "Light."))
    expect(turn(page).locator(".origin")).to_have_text(
        "Answered by Claude Haiku 5.5, standing in for Claude Sonnet 5.5"
    )
    shown = transcript(page)
    page.reload()
    assert transcript(page) == shown
    turn(page).get_by_role("button", name="Details").click()
    expect(turn(page).locator(".details")).to_contain_text(
        re.compile(r"Answered by\s*Claude Haiku 5\.5\s*Attempts\s*2")
    )
    page.keyboard.press("Escape")
    turn(page).get_by_role("button", name="Ask Claude Sonnet 5.5 again").click()
    expect(turn(page).locator(".branches")).to_contain_text("2/2", timeout=20_000)
    finish(page)
    expect(turn(page).locator(".origin")).to_have_count(0)


def test_a_stand_ins_answer_is_in_order_at_every_width(desk: Desk) -> None:
    page = desk.open("/", **STILL)
    ask_and_finish(page, once(FAILS, "Light."))
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        boxes = (
            turn(page)
            .locator(".actions button:visible")
            .evaluate_all(
                "all => all.map(one => [one.getBoundingClientRect().width, one.getBoundingClientRect().height])"
            )
        )
        assert all(min(box) >= 24 for box in boxes)
        assert violations(page) == []


def test_only_staff_are_shown_the_way_to_what_happened(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Light."))
    expect(page.get_by_role("link", name="What happened")).to_have_count(0)
    desk.product.change("UPDATE auth_user SET is_staff = TRUE WHERE username = ?", desk.person)
    try:
        page.reload()
        ask_and_finish(page, once("[[fault:too_long]]", "Dark."))
        expect(page.get_by_role("link", name="What happened")).to_have_count(2)
        turn(page).get_by_role("link", name="What happened").click()
        expect(page.get_by_role("heading", name="Attempt 1: answer")).to_be_visible()
        expect(page.locator(".attempt").first).to_contain_text("too_long")
    finally:
        desk.product.change("UPDATE auth_user SET is_staff = FALSE WHERE username = ?", desk.person)


def test_while_claude_is_away_everybody_is_told_calmly_and_it_goes_by_itself(desk: Desk) -> None:
    page = desk.open("/", **STILL)
    ask_and_finish(page, say("Hello."))
    watching = desk.another_tab(page.context, page.url)
    place = watching.locator("#outage")
    expect(place).to_have_text("")
    assert place.evaluate("place => place.getAttribute('aria-live')") == "polite"
    composer = top_px(watching.locator("#composer"))
    answered = top_px(answer(watching))
    for _ in range(5):
        page.get_by_role("link", name="New chat").click()
        ask_and_finish(page, once(FAILS, "Light."))
    expect(place).to_have_text(TROUBLE)
    # Nothing moved for it, and nothing cried.
    assert (top_px(watching.locator("#composer")), top_px(answer(watching))) == (composer, answered)
    assert watching.get_by_role("alert").all_inner_texts() == ["", ""]
    assert violations(watching) == []
    # Whoever comes now reads it at once, also where there is no conversation yet.
    page.goto("/")
    expect(page.locator("#outage")).to_have_text(TROUBLE)
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)
    expect(place).to_have_text("", timeout=40_000)
    expect(page.locator("#outage")).to_have_text("", timeout=20_000)
