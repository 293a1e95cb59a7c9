"""The keyboard alone is enough, and `?` says how."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.page.desk import Desk, ask, ask_and_finish, finish, say, turn

pytestmark = pytest.mark.browser


def focused_turn(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('article')?.querySelector('[data-question]').textContent"))


def test_everything_has_a_key(desk: Desk) -> None:
    desk.forgive("Failed to load resource")
    page = desk.open("/", permissions=["clipboard-read", "clipboard-write"])
    assert page.evaluate("document.activeElement.id") == "question"
    for word in ("one", "two"):
        page.keyboard.type(f"{word} [[tokens:30]]")
        page.keyboard.press("Enter")
        expect(page.locator("#turns > article[data-final]")).to_have_count(1 if word == "one" else 2)
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    assert focused_turn(page).startswith("two")
    page.keyboard.press("k")
    assert focused_turn(page).startswith("one")
    page.keyboard.press("j")
    assert focused_turn(page).startswith("two")
    page.keyboard.press("c")
    expect(page.get_by_role("status")).to_have_text("Copied")
    page.keyboard.press("e")
    expect(page.get_by_label("Edit your question")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(turn(page).locator(".branches")).to_contain_text("2/2", timeout=20_000)
    page.keyboard.press("m")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search conversations")).to_be_focused()
    page.locator("h1").click()
    page.keyboard.press("n")
    expect(page.locator(".chat[data-empty]")).to_be_visible()


def test_s_stops_an_answer_from_outside_the_composer(desk: Desk) -> None:
    page = desk.open()
    ask(page, "[[pace:30]] [[tokens:400]] write")
    page.wait_for_url("**/c/**")
    page.locator("h1").click()
    page.keyboard.press("s")
    finish(page)
    expect(turn(page)).to_have_attribute("data-state", "stopped")


def test_the_question_mark_lists_the_keys_and_they_can_be_switched_off(desk: Desk) -> None:
    page = desk.open()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Shortcuts and settings")
    expect(dialog).to_be_visible()
    for action in ("Send", "Retry", "Next answer", "Previous answer", "New chat", "Search", "Copy the answer", "Stop"):
        expect(dialog.get_by_text(action).first).to_be_visible()
    dialog.get_by_label("Single keys are shortcuts").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()


def test_keys_are_letters_while_somebody_writes(desk: Desk) -> None:
    page = desk.open()
    page.keyboard.type("jkn/?")
    expect(page.get_by_label("Message", exact=True)).to_have_value("jkn/?")


def test_the_first_tab_leads_past_the_rail(desk: Desk) -> None:
    page = desk.open()
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.locator("html").evaluate("page => page.scrollTo(0, 0)")
    page.get_by_role("link", name="Skip to the message").focus()
    expect(page.get_by_role("link", name="Skip to the message")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()


def test_whatever_has_the_focus_shows_it(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    bare: list[str] = []
    for _ in range(24):
        page.keyboard.press("Tab")
        bare += page.evaluate(
            """() => { const item = document.activeElement; const own = getComputedStyle(item);
            const frame = getComputedStyle(item.closest(".composer, .search") ?? item);
            return item === document.body || own.outlineStyle !== "none" || frame.boxShadow !== "none" ? []
              : [item.outerHTML.slice(0, 90)]; }"""
        )
    assert bare == []
