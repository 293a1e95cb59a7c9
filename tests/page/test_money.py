"""How people meet the money on the page: the meter, the estimate, near a limit, over it, and on again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.axe import violations
from tests.page.desk import Desk, ask, ask_and_finish, finish, say, turn
from tests.page.test_assistive import LISTEN, STILL
from tests.patience import until
from tests.purse import limit, settled, spent_usd

pytestmark = pytest.mark.browser

REFUSED = "status of 402"


def begun(desk: Desk, **options: object) -> Page:
    """A page with one answer, its title written and paid for."""
    page = desk.open("/", **options)
    ask_and_finish(page, say("Hello, and welcome."))
    until(lambda: desk.product.rows("SELECT 1 FROM chatapp_attempt WHERE task = 'title'"), what="the title")
    until(lambda: settled(desk.product, conversation(page)), what="the title's end")
    return page


def conversation(page: Page) -> str:
    return page.url.rstrip("/").rpartition("/c/")[2]


def leave(desk: Desk, page: Page, usd: float, warn: str = "") -> None:
    """Leave the conversation so much and no more."""
    limit(desk.product, spent_usd(desk.product, conversation(page)) + usd, conversation=conversation(page), warn=warn)


def locked(desk: Desk, page: Page) -> None:
    leave(desk, page, 0.001)
    expect(page.locator("#spent")).to_have_attribute("data-room", "none", timeout=4000)


def box(page: Page) -> str:
    return page.get_by_label("Message", exact=True).input_value()


def write(page: Page, words: str) -> None:
    page.get_by_label("Message", exact=True).press_sequentially(words)


def drawn(page: Page) -> list[str]:
    return [str(html) for html in page.locator("#turns > article").evaluate_all("all => all.map(a => a.outerHTML)")]


def test_the_meter_is_in_sight_exact_and_up_to_date(desk: Desk) -> None:
    page = begun(desk)
    meter = page.locator("#spent")
    expect(meter).to_be_visible()
    expect(meter).to_have_attribute("data-spent-usd", f"{spent_usd(desk.product, conversation(page)):.9f}")
    limit(desk.product, 1, conversation=conversation(page))
    expect(meter).to_have_attribute("data-limit-usd", "1.000000000")
    expect(meter).to_contain_text(re.compile(r"\$0\.\d{4} of \$1\.00"))
    before = meter.get_attribute("data-spent-usd")
    ask_and_finish(page, say("Once more."))
    expect(meter).not_to_have_attribute("data-spent-usd", str(before))
    expect(meter).to_have_attribute("data-spent-usd", f"{spent_usd(desk.product, conversation(page)):.9f}")


def test_a_running_answer_says_what_it_has_cost_so_far(desk: Desk) -> None:
    page = begun(desk)
    page.evaluate(LISTEN)
    ask(page, "[[pace:60]] [[tokens:200]] write")
    expect(turn(page).locator(".so-far")).to_have_text(re.compile(r"^about \$0\.\d{4}$"))
    first = turn(page).locator(".so-far").text_content()
    expect(turn(page).locator(".so-far")).not_to_have_text(str(first))
    finish(page)
    expect(page.locator(".so-far")).to_have_count(0)
    assert not [words for words in page.evaluate("window.heard") if "$" in words]


def test_details_are_opened_and_closed_by_keyboard(desk: Desk) -> None:
    page = begun(desk)
    button = turn(page).get_by_role("button", name="Details")
    button.focus()
    page.keyboard.press("Enter")
    details = turn(page).locator(".details")
    expect(details).to_be_visible()
    for words in ("Model", "Cost", "Tokens in", "From the cache", "Tokens out"):
        expect(details).to_contain_text(words)
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()


def test_near_a_limit_the_page_says_so_once(desk: Desk) -> None:
    page = begun(desk)
    leave(desk, page, 0.5, warn="1,90")
    page.evaluate(LISTEN)
    ask_and_finish(page, "[[tokens:700]] write")
    expect(turn(page).locator(".warning")).to_contain_text("1 % of this conversation's limit")
    heard = [words for words in page.evaluate("window.heard") if "limit" in words]
    assert len(heard) == 1
    assert heard[0].startswith("Claude has answered. 1 % of")
    page.reload()
    expect(turn(page).locator(".warning")).to_be_visible()
    expect(page.get_by_role("status")).to_be_empty()
    ask_and_finish(page, "[[tokens:5]] write")
    expect(page.locator(".warning")).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("Claude has answered")


def test_an_answer_stopped_at_the_limit_reads_the_same_after_a_reload(desk: Desk) -> None:
    page = begun(desk, timezone_id="America/New_York")
    leave(desk, page, 0.025)
    ask_and_finish(page, "[[tokens:3500]] write")
    expect(turn(page)).to_have_attribute("data-state", "truncated")
    expect(turn(page).locator(".notice")).to_have_text("Stopped at your limit.")
    expect(turn(page).get_by_role("button", name="Continue")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Stopped at your limit.")
    streamed = drawn(page)
    page.reload()
    assert drawn(page) == streamed


def test_a_question_that_does_not_fit_is_told_with_urgency_and_can_be_retried(desk: Desk) -> None:
    page = begun(desk)
    leave(desk, page, 0.0135)
    page.evaluate(LISTEN)
    ask_and_finish(page, "Tell me all of it. " * 500)
    expect(turn(page)).to_have_attribute("data-state", "over_budget")
    alarm = "leaves too little for this question, so nothing was asked."
    assert len([words for words in page.evaluate("window.heard") if alarm in words]) == 1
    expect(page.get_by_role("alert").filter(has_text=alarm)).to_have_count(1)
    streamed = drawn(page)
    page.reload()
    assert drawn(page) == streamed
    leave(desk, page, 1)
    turn(page).get_by_role("button", name="Retry").click()
    expect(page.locator("#turns > article:last-child[data-state=answered]")).to_be_attached()


def test_over_the_limit_typing_goes_on_and_send_says_why_it_waits(desk: Desk) -> None:
    page = begun(desk)
    page.evaluate(LISTEN)
    locked(desk, page)
    receipt = page.get_by_role("alert").filter(has_text="is used up. What you wrote is kept.")
    expect(receipt).to_be_visible()
    expect(receipt).to_contain_text("More can be given by your administrator.")
    send = page.get_by_role("button", name="Send", exact=True)
    expect(send).to_have_attribute("aria-disabled", "true")
    assert "is used up" in str(
        send.evaluate("button => document.getElementById(button.getAttribute('aria-describedby')).textContent")
    )
    write(page, "My draft")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is used up")
    send.click(force=True)
    assert box(page) == "My draft"
    expect(page.locator("#turns > article")).to_have_count(1)
    # By keyboard alone: to the button that waits, and back to what the money went to.
    page.get_by_label("Message", exact=True).press("Tab")
    expect(send).to_be_focused()
    page.locator("#refusal summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#refusal .lines li")).to_have_count(2)
    expect(page.locator("#refusal .lines")).to_be_visible()
    expect(page.locator("#estimate")).to_be_empty()
    # What stands there is not read out again and again.
    page.wait_for_timeout(2500)
    assert len([words for words in page.evaluate("window.heard") if "More can be given" in words]) == 1


def test_raising_the_limit_unlocks_the_open_page_and_the_draft_goes_out(desk: Desk) -> None:
    page = begun(desk)
    locked(desk, page)
    write(page, say("On we go."))
    page.reload()
    expect(page.locator("#refusal [data-over-budget]")).to_be_visible()
    expect(page.get_by_role("button", name="Send", exact=True)).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#wire")).to_be_attached()
    page.wait_for_timeout(1200)
    leave(desk, page, 1)
    expect(page.locator("#refusal")).to_be_empty(timeout=2000)
    expect(page.get_by_role("status")).to_have_text("You can send again.")
    expect(page.get_by_role("button", name="Send", exact=True)).not_to_have_attribute("aria-disabled", "true")
    page.get_by_label("Message", exact=True).press("Enter")
    expect(page.locator("#turns > article:last-child[data-state=answered]")).to_contain_text("On we go.")


def test_a_refused_question_is_back_in_the_box_with_the_receipt_above_it(desk: Desk) -> None:
    desk.forgive(REFUSED)
    limit(desk.product, 0.0001, person=desk.person, period="day")
    page = desk.open("/", timezone_id="Asia/Tokyo", locale="en-GB")
    expect(page.locator(".greeting p")).to_have_text("Your limit of $0.0001 a day is used up.")
    page.evaluate(LISTEN)
    ask(page, "Why is the sky blue?")
    receipt = page.locator("#refusal [data-over-budget]")
    expect(receipt).to_contain_text("Your limit of $0.0001 a day is used up.")
    expect(receipt.locator("time").first).to_contain_text("09:00")
    assert box(page) == "Why is the sky blue?"
    assert len([words for words in page.evaluate("window.heard") if "is used up" in words]) == 1
    limit(desk.product, 5, person=desk.person, period="day")
    page.get_by_label("Message", exact=True).press("Enter")
    expect(page.locator("#turns > article:last-child[data-state=answered]")).to_be_attached()
    expect(page.locator("#refusal")).to_be_empty()


def test_under_the_box_stands_what_a_question_may_cost(desk: Desk) -> None:
    page = begun(desk)
    leave(desk, page, 0.99)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/estimate/" in request.url else None)
    write(page, "What would this cost?")
    estimate = page.locator("#estimate")
    expect(estimate).to_have_text(re.compile(r"^At most \$0\.\d\d · \$0\.99 left$"))
    before = estimate.text_content()
    for words in ("x", "xx", "xxx", "xxxx", "x" * 30_000):
        page.get_by_label("Message", exact=True).fill(words)
    expect(estimate).not_to_have_text(str(before))
    # Once for the page; and once more, should the news of the limit come late. Not for what is typed.
    assert len(asked) <= 2
    page.get_by_label("Message", exact=True).fill("")
    expect(estimate).to_be_empty()
    page.get_by_role("button", name="Shortcuts and settings").click()
    page.get_by_label("Show under the box what a question may cost").uncheck()
    page.keyboard.press("Escape")
    write(page, "And now?")
    expect(estimate).to_be_empty()


@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_at_and_over_a_limit(desk: Desk, width: int) -> None:
    page = begun(desk, viewport={"width": width, "height": 700}, **STILL)
    leave(desk, page, 0.5, warn="1,90")
    ask_and_finish(page, "[[tokens:700]] write")
    assert violations(page) == []
    leave(desk, page, 0.025)
    ask_and_finish(page, "[[tokens:3500]] write")
    assert violations(page) == []
    locked(desk, page)
    page.locator("#refusal summary").click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
