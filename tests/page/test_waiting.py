"""Claude is slow, busy or breaks off: what the page says, what stays where it is, and the way out."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.axe import violations
from tests.page.desk import Desk, answer, ask, ask_and_finish, finish, say, top_px, transcript, turn
from tests.page.test_assistive import LISTEN, STILL
from tests.product import Product
from tests.stand_in import StandIn

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(simulated: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One of our own: what is learnt here of Claude's troubles is nobody else's."""
    with closing(Product(simulated.url, tmp_path_factory.mktemp("waiting"))) as product:
        product.start()
        yield product


BUSY = "[[fault:rate_limited times=1 retry_after=4]]"
# The second answer takes its time, too, so that what is shown meanwhile can be looked at.
BROKEN_OFF = "[[fault:cut times=1]] [[think:3]] [[pace:200]]"
LONG = "\n\n".join(f"Paragraph {number} about *lighthouses*, `lamps` and [the sea](/)." for number in range(40))
PATIENCE_MS = 20_000
# How far it ever was from where it had been, from the first frame of the other answer on.
WATCH_THE_HEADING = """() => {
  const top = () => document.querySelector("#turns > article:last-child .speaker").getBoundingClientRect().top;
  const before = top();
  window.moved_px = window.watched = 0;
  const look = () => {
    window.moved_px = Math.max(window.moved_px, Math.abs(top() - before));
    if (document.querySelector("#turns > article:last-child[data-state=streaming]")) window.watched += 1;
    requestAnimationFrame(look);
  };
  look();
}"""


# A fault that is met a number of times is met so often for one and the same question.
_numbers = itertools.count(1)


def once(fault: str, words: str) -> str:
    """A question at which Claude fails before it answers."""
    return f"{next(_numbers)}. {fault} {say(words)}"


def working(page: Page) -> Locator:
    return turn(page).locator("[data-working]")


def wait_for(page: Page, state: str) -> None:
    expect(turn(page)).to_have_attribute("data-state", state, timeout=PATIENCE_MS)


def without_countdown(html: str) -> str:
    return re.sub(r"(<span data-until=[^>]*>)[^<]*", r"\1", html)


def test_when_claude_is_busy_it_says_so_counts_down_and_then_answers(desk: Desk) -> None:
    page = desk.open()
    ask(page, once(BUSY, "Light."))
    wait_for(page, "retrying")
    expect(working(page)).to_have_text(re.compile(r"^Claude is busy\. Trying again in 3 s \(2 of 3\)$"))
    expect(working(page)).to_have_text(re.compile(r"^Claude is busy\. Trying again in 1 s \(2 of 3\)$"))
    finish(page)
    expect(answer(page)).to_have_text("Light.")


def test_a_countdown_is_said_once_and_not_every_second(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    page.evaluate(LISTEN)
    ask_and_finish(page, once(BUSY, "Light."))
    heard = page.evaluate("window.heard")
    assert heard.count("Claude is busy. Trying again (2 of 3)") == 1
    assert not [words for words in heard if re.search(r"\d s\b", words)]


@pytest.mark.parametrize("way", ["the word", "the button", "Esc"])
def test_whoever_does_not_want_to_wait_cancels(desk: Desk, way: str) -> None:
    page = desk.open()
    ask(page, f"[[fault:rate_limited retry_after=8]] {way}")
    wait_for(page, "retrying")
    buttons = page.get_by_role("button", name="Cancel", exact=True)
    expect(buttons).to_have_count(2)
    if way == "Esc":
        page.keyboard.press("Escape")
    else:
        buttons.nth(0 if way == "the word" else 1).click()
    wait_for(page, "stopped")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    page.wait_for_function("() => document.activeElement.closest('#composer') !== null")


def test_a_reload_in_the_middle_of_waiting_draws_what_streamed(desk: Desk) -> None:
    page = desk.open()
    ask(page, "[[fault:rate_limited retry_after=8]] wait")
    wait_for(page, "retrying")
    page.wait_for_url("**/c/**")
    shown = without_countdown(transcript(page))
    page.reload()
    assert without_countdown(transcript(page)) == shown
    expect(working(page)).to_contain_text("in ")
    page.keyboard.press("Escape")
    finish(page)


def test_what_is_asked_anew_stays_readable_and_marked_until_the_other_answer_begins(desk: Desk) -> None:
    page = desk.open("/", **STILL)
    ask(page, once(BROKEN_OFF, LONG))
    wait_for(page, "retrying")
    expect(turn(page)).to_have_attribute("data-again", "")
    expect(turn(page).get_by_role("heading", name="Claude Asking again")).to_be_attached()
    expect(working(page)).to_contain_text("The answer broke off. Asking again")
    colours = answer(page).locator("*").evaluate_all("all => [...new Set(all.map(i => getComputedStyle(i).color))]")
    soft = turn(page).locator(".speaker").evaluate("speaker => getComputedStyle(speaker).color")
    assert colours == [soft]
    assert violations(page) == []
    finish(page)
    expect(turn(page)).not_to_have_attribute("data-again", "")
    expect(answer(page).locator("p").last).to_contain_text("Paragraph 39")
    shown = transcript(page)
    page.reload()
    assert transcript(page) == shown


def test_whoever_reads_further_up_is_not_moved_when_the_other_answer_begins(desk: Desk) -> None:
    page = desk.open("/", viewport={"width": 1280, "height": 500})
    ask(page, once(BROKEN_OFF, LONG))
    wait_for(page, "retrying")
    page.mouse.move(640, 250)
    page.mouse.wheel(0, -120)
    page.wait_for_function("() => document.documentElement.scrollHeight - innerHeight - scrollY > 60")
    heading = turn(page).locator(".speaker")
    before = top_px(heading)
    page.evaluate(WATCH_THE_HEADING)
    wait_for(page, "streaming")
    page.wait_for_function("() => window.watched > 5")
    assert page.evaluate("window.moved_px") <= 1
    assert abs(top_px(heading) - before) <= 1
    page.keyboard.press("Escape")
    finish(page)


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_narrow_window_no_word_is_cut_off(desk: Desk, width: int) -> None:
    page = desk.open("/", viewport={"width": width, "height": 700})
    ask(page, once(BUSY, "Light."))
    wait_for(page, "retrying")
    assert working(page).evaluate("words => words.scrollWidth <= words.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finish(page)
