"""Screen readers, contrast, zoom, forced colours, stillness."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.axe import violations
from tests.page.desk import Desk, ask, ask_and_finish, finish, say, turn
from tests.product import Product

pytestmark = pytest.mark.browser


@pytest.fixture
def house(steady_house: Product) -> Product:
    return steady_house


RICH = "# Heading\n\nWords, `code`.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nx = 1  # one\n```\n\n- [x] done"

# The rules are evaluated as a string, and colours are looked at when they have stopped changing.
STILL: dict[str, Any] = {"bypass_csp": True, "reduced_motion": "reduce"}

LISTEN = """() => {
  window.heard = [];
  for (const place of document.querySelectorAll("[role=status], [role=alert], [aria-live]"))
    new MutationObserver(() => { if (place.textContent.trim()) window.heard.push(place.textContent.trim()); })
      .observe(place, { childList: true, characterData: true, subtree: true });
}"""


@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_in_any_state(desk: Desk, width: int) -> None:
    page = desk.open("/", viewport={"width": width, "height": 700}, **STILL)
    assert violations(page) == []
    ask_and_finish(page, f"[[think:1]] {say(RICH)}")
    page.locator("details.thinking summary").click()
    assert violations(page) == []
    ask(page, "[[fault:overloaded]] fail")
    page.locator("#turns > article:last-child[data-state=failed]").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="This conversation").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    assert violations(page) == []


def test_states_are_said_in_words_and_never_token_by_token(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    page.evaluate(LISTEN)
    ask_and_finish(page, "[[think:1]] [[pace:80]] [[tokens:160]] write")
    heard = page.evaluate("window.heard")
    assert heard[0] == "Sending"
    assert "Claude is thinking" in heard
    assert heard[-1] == "Claude has answered"
    # On a busy machine the network may have something to say, too.
    assert len([words for words in heard if "onnect" not in words]) <= 6, heard


def test_the_transcript_is_never_a_live_region(desk: Desk) -> None:
    page = desk.open()
    ask(page, "[[pace:60]] [[tokens:60]] write")
    turn(page).locator(".block").wait_for()
    assert page.locator("#turns").evaluate("turns => turns.closest('[aria-live], [role=log], [role=status]')") is None
    assert turn(page).locator("[aria-live], [role=status], [role=alert], [role=log]").count() == 0
    finish(page)


def test_whoever_asks_for_it_hears_whole_sentences(desk: Desk) -> None:
    page = desk.open()
    page.evaluate("localStorage.setItem('sentences', 'on')")
    ask_and_finish(page, say("Hello."))
    page.evaluate(LISTEN)
    words = "The first sentence is here. The second one follows it! And a third, last one."
    ask_and_finish(page, f"[[pace:8]] {say(words)}")
    expect(page.locator("#sentences")).to_contain_text("last one.")
    sentences = [text for text in page.evaluate("window.heard") if "sentence" in text or "one" in text]
    assert all(text[-1] in ".!" for text in sentences)
    assert " ".join(sentences).count("The first sentence") == 1


def test_a_failure_is_said_with_urgency(desk: Desk) -> None:
    page = desk.open()
    ask(page, "[[fault:overloaded]] fail")
    expect(page.get_by_role("alert").filter(has_text="please try again")).to_have_count(1)


def test_each_speaker_has_a_heading_and_answers_begin_below_it(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("# Top\n\nWords."))
    levels = page.locator("main :is(h1, h2, h3)").evaluate_all(
        "all => all.filter(h => h.checkVisibility()).map(h => [h.localName, h.textContent.trim()])"
    )
    assert [level for level, _ in levels] == ["h1", "h2", "h2", "h3"]
    assert [text for _, text in levels[1:3]] == ["You", "Claude"]


@pytest.mark.parametrize("window", [(640, 400), (320, 640)], ids=["200 % zoom", "320 px"])
def test_no_scrolling_in_two_directions(desk: Desk, window: tuple[int, int]) -> None:
    page = desk.open("/", viewport={"width": window[0], "height": window[1]})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ask_and_finish(page, say(RICH + "\n\n" + "unbreakable" * 30))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_forced_colours_keep_every_icon(desk: Desk) -> None:
    page = desk.open("/", forced_colors="active")
    ask_and_finish(page, say("Hello."))
    colours = page.locator(".icon").evaluate_all(
        "all => all.filter(icon => icon.checkVisibility()).map(icon => getComputedStyle(icon).backgroundColor)"
    )
    canvas = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colours
    assert canvas not in colours


def test_reduced_motion_leaves_nothing_moving(desk: Desk) -> None:
    page = desk.open("/", reduced_motion="reduce")
    ask(page, "[[pace:60]] [[tokens:80]] write")
    turn(page).locator(".block").first.wait_for()
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate(
        "[...document.querySelectorAll('*')].every(item => getComputedStyle(item).scrollBehavior === 'auto')"
    )
    finish(page)


def test_a_line_of_an_answer_has_65_to_75_characters(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Plain words of a usual length make up this paragraph that goes on and on. " * 12))
    lines = page.locator("[data-answer] p").evaluate(
        """p => { const range = document.createRange(); const text = p.firstChild; const lines = [0]; let top = null;
        for (let i = 0; i < text.length; i++) {
          range.setStart(text, i); range.setEnd(text, i + 1);
          const y = Math.round(range.getBoundingClientRect().top);
          if (top !== null && y > top + 4) lines.push(0);
          lines[lines.length - 1]++; top = y; }
        return lines.slice(0, -1); }"""
    )
    assert 65 <= sum(lines) / len(lines) <= 75
