"""With scripts off the page asks, shows, stops and retries, only more slowly."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.desk import Desk, answer, say, turn

pytestmark = pytest.mark.browser


def test_a_question_is_asked_and_its_answer_is_there_after_a_look(desk: Desk) -> None:
    page = desk.open("/", java_script_enabled=False)
    page.get_by_label("Message", exact=True).fill(f"[[pace:40]] {say('Words for everybody.')}")
    page.get_by_role("button", name="Send", exact=True).click()
    for _ in range(100):
        if turn(page).get_attribute("data-final") is not None:
            break
        page.get_by_role("link", name="See how far it is").click()
    expect(answer(page)).to_have_text("Words for everybody.")
    turn(page).get_by_role("button", name="Retry").click()
    expect(page.locator("#turns > article")).to_have_count(1)


def test_an_answer_is_stopped(desk: Desk) -> None:
    page = desk.open("/", java_script_enabled=False)
    page.get_by_label("Message", exact=True).fill("[[fault:late_first_word seconds=30]] wait")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(turn(page)).to_have_attribute("data-state", "stopped")


def test_a_refused_question_is_not_lost(desk: Desk) -> None:
    desk.forgive("Failed to load resource")
    page = desk.open("/", java_script_enabled=False)
    page.get_by_label("Message", exact=True).fill("x" * 32_500)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("32 kB")
    assert page.get_by_label("Message", exact=True).input_value() == "x" * 32_500
