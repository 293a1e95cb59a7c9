"""Markdown while it is written: no flicker, no jump, code that scrolls and copies; the same words as a reload."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.page.desk import Desk, answer, ask, ask_and_finish, finish, say, transcript

pytestmark = pytest.mark.browser

CODE = 'def f(word: str) -> None:\n\tprint("<b>&amp;", word)  # ' + "long " * 40 + "\n\n\nf('x')\n"
RICH = f"""## A heading

Some **bold** and *slanted* words, a [link](https://example.org), `code`, ~~gone~~ and a note[^1].

- one
- two
  1. nested
- [x] done

| left | right |
|:--|--:|
| a | 1 |
| {"wide " * 60} | 2 |

```python
{CODE}```

שלום עולם. 你好世界。 $e^x$

[^1]: The note.

The end, in a paragraph that is long enough to be broken into two lines on any screen that people read a chat on.
"""

WATCH = """() => {
  window.jumps = []; window.seen = new WeakSet(); window.lost = 0;
  let before = new Map();
  const look = () => {
    const now = new Map();
    for (const block of document.querySelectorAll("[data-answer] > .block")) now.set(block, block.offsetTop);
    for (const [block, top] of before) {
      if (!block.isConnected) window.lost += 1;
      else if (Math.abs(now.get(block) - top) > 4) window.jumps.push([block.id, now.get(block) - top]);
    }
    before = now;
    requestAnimationFrame(look);
  };
  look();
}"""


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("width", [1280, 390])
def test_a_rich_answer_grows_without_a_jump_and_equals_its_reload(desk: Desk, width: int) -> None:
    page = desk.open("/", viewport={"width": width, "height": 760})
    ask(page, f"[[pace:120]] {say(RICH)}")
    answer(page).locator(".block").first.wait_for()
    page.evaluate(WATCH)
    finish(page)
    assert page.evaluate("[window.lost, window.jumps]") == [0, []]
    assert fits(page)
    shown = transcript(page)
    page.reload()
    assert transcript(page) == shown


def test_nothing_moves_when_a_stream_ends(desk: Desk) -> None:
    page = desk.open()
    page.evaluate(
        """() => {
        window.ends = [];
        // Within its turn: the page that follows an answer scrolls, and that is no jump.
            const place = () => {
              const block = document.querySelector("#turns > article:last-child [data-answer] > .block:last-child");
              const top = (element) => element.getBoundingClientRect().top;
              return block && { top: top(block) - top(block.closest("article")) };
            };
        let last = null;
        const look = () => {
          const turn = document.querySelector("#turns > article:last-child");
          const now = { final: turn?.hasAttribute("data-final"), at: place(), height: turn?.offsetHeight,
            text: turn?.querySelector("[data-answer]").textContent.length };
          if (last && !last.final && now.final && last.text === now.text) {
            window.ends.push(now.at.top - last.at.top, now.height - last.height);
          }
          last = now;
          requestAnimationFrame(look);
        };
        look(); }"""
    )
    # Words that all arrive before the stream ends, so that the end is a moment of its own.
    ask(page, f"[[fault:late_event event=message_stop]] {say(RICH)}")
    finish(page)
    page.wait_for_function("() => document.querySelector('#turns > article').hasAttribute('data-final')")
    ends = page.evaluate("window.ends")
    assert all(abs(pixels) <= 4 for pixels in ends), ends


def test_code_has_its_language_scrolls_inside_and_is_copied_exactly(desk: Desk) -> None:
    page = desk.open("/", permissions=["clipboard-read", "clipboard-write"])
    ask_and_finish(page, say(RICH))
    code = page.locator(".code")
    expect(code.locator("figcaption")).to_contain_text("python")
    assert code.locator("pre").evaluate("pre => pre.scrollWidth > pre.clientWidth")
    assert fits(page)
    code.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == CODE


def test_an_answer_is_copied_in_its_own_words(desk: Desk) -> None:
    desk.forgive("Failed to load resource")
    page = desk.open("/", permissions=["clipboard-read", "clipboard-write"])
    ask_and_finish(page, say("Only **these** words."))
    page.get_by_role("group", name="This answer").get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") in ("Only **these** words.", "Only these words.")


def test_words_that_look_like_markup_are_words(desk: Desk) -> None:
    page = desk.open()
    trap = '<script>window.run = 1</script> <img src=x onerror="window.run = 1"> '
    trap += '<hx-partial hx-target="body">gone</hx-partial>'
    ask_and_finish(page, f"{trap} {say(trap)}")
    assert page.evaluate("window.run") is None
    expect(answer(page)).to_contain_text(trap)
    assert page.locator("[data-question]").inner_text().startswith(trap)
