"""Sending: seen at once, never in the way of typing, never lost."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.page.desk import NETWORK, Desk, answer, ask, ask_and_finish, finish, say, turn
from tests.product import PEOPLE

pytestmark = pytest.mark.browser

WATCH_THE_PAINTING = """() => addEventListener("keydown", () => {
  const start = performance.now();
  const look = () => {
    const turn = document.querySelector("#turns > article:last-child");
    const stop = document.querySelector("#composer button[type=submit]").textContent.trim() === "Stop";
    const sign = turn?.querySelector(".working")?.textContent;
    if (turn?.querySelector("[data-question]").textContent && sign && stop)
      requestAnimationFrame(() => { window.painted = performance.now() - start; });
    else requestAnimationFrame(look);
  };
  look();
}, { capture: true, once: true })"""


def draft(page: Page) -> str:
    return page.get_by_label("Message", exact=True).input_value()


@pytest.mark.parametrize("path", ["/", "conversation"])
def test_question_waiting_sign_and_stop_are_painted_within_a_tenth_of_a_second(desk: Desk, path: str) -> None:
    desk.forgive("Failed to load resource")
    page = desk.open()
    if path == "conversation":
        ask_and_finish(page, say("Hello."))
    held: list[Route] = []
    page.route(re.compile(r"/c/(.*/turns/)?$"), lambda route: held.append(route))  # the server takes its time
    painted_ms = []
    for _ in range(3):  # the quickest counts: what a busy machine adds is not the page's
        page.evaluate(WATCH_THE_PAINTING)
        ask(page, "Why is the sky blue?")
        page.wait_for_function("() => window.painted")
        painted_ms.append(page.evaluate("window.painted"))
        expect(turn(page)).to_have_attribute("data-state", "sending")
        held[-1].fulfill(status=429, body='<p class="refusal">Not now.</p>', content_type="text/html")
        expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
        page.evaluate("() => { delete window.painted; }")
    assert min(painted_ms) < 100


def test_the_painted_question_becomes_the_accepted_one_in_its_place(desk: Desk) -> None:
    page = desk.open()
    page.evaluate(
        """() => new MutationObserver(() => { window.most = Math.max(window.most ?? 0,
        document.querySelectorAll("#turns > article").length); })
        .observe(document.getElementById("turns"), { childList: true })"""
    )
    ask_and_finish(page, f"Why is the sky blue? {say('It scatters.')}")
    assert page.evaluate("window.most") == 1
    expect(turn(page)).to_have_attribute("data-turn", re.compile(r"\d+"))


def test_a_first_question_becomes_a_conversation_with_an_address_and_a_place_in_the_rail(desk: Desk) -> None:
    page = desk.open()
    ask(page, f"Tell me of larks {say('Larks sing.')}")
    page.wait_for_url("**/c/**")
    expect(answer(page)).to_have_text("Larks sing.")
    expect(page.locator("#rail-list [aria-current=page]")).to_have_count(1)
    assert page.evaluate("document.activeElement.id") == "question"
    UUID(page.url.rstrip("/").rpartition("/")[2])


def test_typing_goes_on_while_an_answer_runs(desk: Desk) -> None:
    page = desk.open()
    ask(page, "[[pace:60]] [[tokens:120]] go")
    page.wait_for_url("**/c/**")
    page.keyboard.type("the next thought")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("with a second line")
    page.keyboard.press("Enter")  # not now: the answer still runs
    finish(page)
    assert draft(page) == "the next thought\nwith a second line"
    assert page.locator("#turns > article").count() == 1


def test_enter_sends_nothing_while_letters_are_being_composed(desk: Desk) -> None:
    page = desk.open()
    page.get_by_label("Message", exact=True).fill("にほん")
    page.evaluate(
        """() => document.getElementById("question").dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, isComposing: true }))"""
    )
    assert draft(page) == "にほん"
    assert page.locator("#turns > article").count() == 0


def test_a_draft_survives_refresh_sign_out_and_a_crash_and_is_nobody_elses(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    here = page.url
    page.get_by_label("Message", exact=True).fill("half a thou")
    page.reload()
    assert draft(page) == "half a thou"
    page.goto("/")
    assert draft(page) == ""
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    desk.sign_in(page.context)
    crashed = desk.another_tab(page.context, here)
    assert draft(crashed) == "half a thou"
    # The tab that stays open asks for figures of what is somebody else's by now.
    desk.forgive("Failed to load resource")
    desk.person = next(name for name in PEOPLE if name != desk.person)
    desk.sign_in(page.context)
    page.goto("/")
    assert draft(page) == ""


def test_a_question_whose_answer_from_the_server_was_lost_is_asked_once(desk: Desk) -> None:
    desk.forgive(*NETWORK)
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    sent: list[Request] = []

    def lose_the_first(route: Route) -> None:
        sent.append(route.request)
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/turns/", lose_the_first)
    with page.expect_response("**/turns/"):
        ask(page, say("Only once."))
    finish(page)
    expect(page.locator("#turns > article")).to_have_count(2)
    first, second = ((request.post_data or "").partition("ask_id=")[2][:36] for request in sent)
    assert first == second
    assert draft(page) == ""


def test_a_question_sent_offline_goes_out_by_itself_when_the_network_is_back(desk: Desk) -> None:
    desk.forgive(*NETWORK)
    page = desk.open()
    page.context.set_offline(True)
    ask(page, f"from the tunnel {say('Welcome back.')}")
    expect(page.get_by_role("status")).to_contain_text("offline")
    expect(turn(page)).to_have_attribute("data-state", "sending")
    page.keyboard.type("and another thing")
    page.context.set_offline(False)
    expect(answer(page)).to_have_text("Welcome back.")
    assert draft(page) == "and another thing"


def test_a_question_on_its_way_when_the_page_is_reloaded_is_not_lost(desk: Desk) -> None:
    desk.forgive(*NETWORK)
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    page.route("**/turns/", lambda route: route.abort())
    ask(page, say("After the reload."))
    expect(page.get_by_role("status")).to_contain_text("Trying again")
    page.unroute("**/turns/")
    page.reload()
    expect(answer(page)).to_have_text("After the reload.")
    expect(page.locator("#turns > article")).to_have_count(2)


def test_a_message_that_the_door_does_not_even_read_is_kept_and_the_reason_is_said(desk: Desk) -> None:
    desk.forgive(*NETWORK)
    page = desk.open()
    box = page.get_by_label("Message", exact=True)
    # Each of these is nine bytes on the way: a megabyte is sent, and a ninth of it laid out.
    box.evaluate("box => { box.value = '語'.repeat(120_000) }")
    box.press("Enter")
    expect(page.locator("#refusal")).to_contain_text("more than a message can hold", timeout=20_000)
    assert len(box.input_value()) == 120_000


@pytest.mark.parametrize("status", [402, 409, 413, 429])
def test_a_refused_question_is_back_in_the_composer_with_the_reason(desk: Desk, status: int) -> None:
    desk.forgive("Failed to load resource")
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    body = '<p class="refusal">Please wait a moment.</p>'
    page.route("**/turns/", lambda route: route.fulfill(status=status, body=body, content_type="text/html"))
    ask(page, "too soon")
    expect(page.get_by_role("alert").get_by_text("Please wait a moment.")).to_be_visible()
    assert draft(page) == "too soon"
    expect(page.locator("#turns > article")).to_have_count(1)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()


@pytest.mark.parametrize("lost", ["sessionid", None])
def test_whoever_was_signed_out_keeps_the_words_and_is_shown_the_door(desk: Desk, lost: str | None) -> None:
    desk.forgive("Failed to load resource")
    page = desk.open()
    page.context.clear_cookies(**{"name": lost} if lost else {})
    ask(page, "kept for later")
    page.get_by_role("link", name="Sign in again").wait_for()
    assert draft(page) == "kept for later"
