"""Stop: in Send's place, on Esc, at once, in every tab, and what was written stays."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.page.desk import Desk, answer, ask, finish, transcript, turn

pytestmark = pytest.mark.browser

WATCH_THE_ANSWER = """(event) => addEventListener(event, () => {
  const start = performance.now();
  const look = () => {
    if (document.querySelector("#turns > article:last-child").matches("[data-stopping], [data-state=stopped]"))
      window.acknowledged = performance.now() - start;
    else requestAnimationFrame(look);
  };
  look();
}, { capture: true, once: true })"""
WAITING = "[[fault:late_first_word seconds=30]] wait"
WRITING = "[[pace:40]] [[tokens:600]] write"


def begin(page: Page, question: str) -> None:
    ask(page, question)
    page.wait_for_url("**/c/**")
    if question is WRITING:
        answer(page).locator(".block").first.wait_for()


@pytest.mark.parametrize("question", [WAITING, WRITING])
def test_stop_is_acknowledged_within_a_fifth_of_a_second_and_done_within_one(desk: Desk, question: str) -> None:
    page = desk.open()
    begin(page, question)
    page.evaluate(WATCH_THE_ANSWER, "click")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(turn(page)).to_have_attribute("data-state", "stopped", timeout=1000)
    assert page.evaluate("window.acknowledged") < 200
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    expect(turn(page).locator(".notice")).to_have_text("Stopped by you.")


def test_esc_stops_from_within_the_composer(desk: Desk) -> None:
    page = desk.open()
    begin(page, WRITING)
    page.evaluate(WATCH_THE_ANSWER, "keydown")
    page.keyboard.press("Escape")
    expect(turn(page)).to_have_attribute("data-state", "stopped", timeout=1000)
    assert page.evaluate("window.acknowledged") < 200


def test_send_and_stop_are_one_button_in_one_place(desk: Desk) -> None:
    page = desk.open("/", viewport={"width": 390, "height": 760})
    begin(page, WAITING)
    stop = page.get_by_role("button", name="Stop", exact=True).bounding_box()
    page.keyboard.press("Escape")
    assert page.get_by_role("button", name="Send", exact=True).bounding_box() == stop


def test_a_double_click_on_send_does_not_stop_what_it_began(desk: Desk) -> None:
    page = desk.open()
    page.get_by_label("Message", exact=True).fill("[[pace:100]] [[tokens:40]] double")
    page.get_by_role("button", name="Send", exact=True).dblclick()
    finish(page)
    expect(turn(page)).to_have_attribute("data-state", "answered")


def test_what_was_written_is_kept_with_continue_and_retry_and_continues_cleanly(desk: Desk) -> None:
    page = desk.open()
    begin(page, "[[pace:40]] [[tokens:60]] write")
    answer(page).get_by_text("small steps").wait_for()
    page.keyboard.press("Escape")
    finish(page)
    kept = answer(page).inner_text()
    expect(turn(page).get_by_role("button", name="Retry")).to_be_visible()
    turn(page).get_by_role("button", name="Continue").click()
    expect(turn(page).locator(".branches")).to_contain_text("2/2", timeout=20_000)
    finish(page)
    assert answer(page).inner_text().startswith(kept)


def test_two_tabs_show_the_same_stream_and_one_stop_ends_both(desk: Desk) -> None:
    page = desk.open()
    begin(page, WRITING)
    other = desk.another_tab(page.context, page.url)
    expect(other.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    seen = answer(other).inner_text()
    other.wait_for_function(
        "(length) => document.querySelector('[data-answer]').innerText.length > length + 40", arg=len(seen)
    )
    other.get_by_role("button", name="Stop", exact=True).click()
    finish(other)
    finish(page)
    assert transcript(page) == transcript(other)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
