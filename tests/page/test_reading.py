"""Reading while it is written: nothing moves under a reader, nothing lets go of a selection, thinking stays folded."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.page.desk import Desk, answer, ask, ask_and_finish, finish, gap_px, say, top_px, turn

pytestmark = pytest.mark.browser

# Longer than any of this takes, on a busy machine too.
LONG = "[[pace:80]] [[tokens:3000]] write"
GROWN = "() => document.documentElement.scrollHeight > innerHeight + 300"


def grow(page: Page, pixels: int = 200) -> None:
    """Wait until there is more to read."""
    page.wait_for_function(
        "(height) => document.documentElement.scrollHeight > height",
        arg=page.evaluate("document.documentElement.scrollHeight") + pixels,
    )


def painted(page: Page) -> None:
    """A browser drops what a hand does before the first paint, and on a busy machine that comes long after `load`."""
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_the_page_follows_at_the_bottom_and_any_upward_scroll_frees_it(desk: Desk) -> None:
    page = desk.open()
    ask(page, LONG)
    page.wait_for_function(GROWN)
    assert gap_px(page) < 40
    page.mouse.move(700, 300)
    page.mouse.wheel(0, -90)
    page.wait_for_function("() => document.documentElement.scrollHeight - innerHeight - scrollY > 40")
    line = answer(page).locator(".block").first
    before = top_px(line)
    grow(page)
    assert top_px(line) == before
    page.get_by_role("button", name="Jump to latest").click()
    grow(page, 60)
    assert gap_px(page) < 40
    expect(page.get_by_role("button", name="Jump to latest")).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "question"
    page.keyboard.press("Escape")


def test_a_page_that_fits_does_not_scroll(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    page.reload()
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0


def test_jump_to_latest_has_a_key_and_a_place_in_the_tab_order(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, "[[tokens:900]] write")
    page.keyboard.press("Escape")
    page.evaluate("scrollTo(0, 0)")
    button = page.get_by_role("button", name="Jump to latest")
    button.wait_for()
    page.keyboard.press("l")
    expect(button).to_be_hidden()
    assert gap_px(page) < 2
    page.evaluate("scrollTo(0, 0)")
    button.wait_for()
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.documentElement.scrollHeight - innerHeight - scrollY < 2")


def test_a_selection_in_the_growing_block_survives(desk: Desk) -> None:
    page = desk.open()
    words = "The first words stay put while **bold ones** and `code` and many others " + "come along " * 40
    ask(page, f"[[pace:50]] {say(words)}")
    answer(page).get_by_text("stay put").wait_for()
    page.evaluate(
        """() => { const text = document.querySelector("[data-answer] p").firstChild;
        getSelection().setBaseAndExtent(text, 0, text, 3); }"""
    )
    answer(page).locator("strong").wait_for()
    assert page.evaluate("getSelection().toString()") == "The"
    page.evaluate(
        """() => { const block = document.querySelector("[data-answer] p");
        getSelection().setBaseAndExtent(block.firstChild, 4, block.lastChild, 1);
        window.chosen = String(getSelection()); }"""
    )
    finish(page)
    assert len(page.evaluate("window.chosen")) > 20
    assert page.evaluate("String(getSelection()) === window.chosen")


def test_thinking_is_folded_timed_and_can_be_opened_while_it_runs(desk: Desk) -> None:
    page = desk.open()
    ask(page, "[[think:3]] [[pace:60]] [[tokens:120]] ponder")
    fold = turn(page).locator("details.thinking")
    expect(fold.locator("summary")).to_have_text(re.compile(r"Thinking…\s*[12] s"))
    assert fold.get_attribute("open") is None
    fold.locator("summary").click()
    expect(fold.locator(".text")).not_to_be_empty()
    answer(page).locator(".block").first.wait_for()
    assert fold.get_attribute("open") is not None
    finish(page)
    assert fold.get_attribute("open") is not None
    expect(fold.locator("summary")).to_have_text(re.compile(r"Thought for \d+ s"))


@pytest.mark.parametrize("seen", [True, False])
def test_folding_the_thinking_does_not_move_the_line_that_is_read(desk: Desk, seen: bool) -> None:
    page = desk.open()
    ask_and_finish(page, "[[think:2]] [[tokens:700]] ponder")
    summary = page.locator("details.thinking summary")
    summary.click()
    page.evaluate("scrollTo(0, 0)" if seen else "scrollTo(0, 1e6)")
    line = summary if seen else answer(page).locator(".block").last
    before = top_px(line)
    summary.evaluate("summary => summary.click()")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert abs(top_px(line) - before) <= 4


def test_older_turns_come_on_demand_and_the_line_that_is_read_stays(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    lengthen(desk, page.url)
    page.reload()
    expect(page.locator("#turns > article")).to_have_count(30)
    line = page.locator("#turns > article").first
    assert page.locator("#older").count() == 1
    name = line.get_attribute("id")
    painted(page)
    page.mouse.move(700, 300)
    page.mouse.wheel(0, -90)
    expect(page.locator("#turns > article")).not_to_have_count(30)
    assert abs(top_px(page.locator(f"#{name}"))) < 200
    numbers = page.locator("#turns > article").evaluate_all("turns => turns.map(turn => Number(turn.dataset.turn))")
    assert numbers == sorted(numbers)


def test_older_turns_that_did_not_come_are_fetched_when_the_reader_moves_on(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    lengthen(desk, page.url)
    page.reload()
    desk.forgive("Failed to load resource", "htmx:error")
    page.route("**/?before=*", lambda route: route.abort(), times=1)
    painted(page)
    page.mouse.move(700, 300)
    with page.expect_event("requestfailed"):
        page.mouse.wheel(0, -90)
    page.wait_for_function("() => !document.querySelector('#older').dataset.fetched")
    page.mouse.wheel(0, -90)
    expect(page.locator("#turns > article")).not_to_have_count(30)


def lengthen(desk: Desk, url: str, turns: int = 80) -> None:
    """Put more turns before the last one, as if they had been asked long ago."""
    conversation = url.rstrip("/").rpartition("/")[2].replace("-", "")
    (row,) = desk.product.dicts("SELECT * FROM chatapp_turn WHERE conversation_id = ?", conversation)
    columns = list(row)
    newest = max(number for (number,) in desk.product.rows("SELECT MAX(id) FROM chatapp_turn"))
    for step in range(1, turns + 1):
        row |= {"parent_id": row["id"], "id": newest + step, "ask_id": f"{newest + step:032x}"}
        row |= {"asked_at": "2024-01-01 00:00:00", "answer": "An answer.\n\n" * 4, "question": f"Question {step}?"}
        marks = ", ".join("?" * len(columns))
        desk.product.change(f"INSERT INTO chatapp_turn ({', '.join(columns)}) VALUES ({marks})", *row.values())
    desk.product.count_on("turn")
    desk.product.change("UPDATE chatapp_conversation SET head_id = ? WHERE id = ?", newest + turns, conversation)
