"""Refresh, cuts, silence, sleep and history: the page resumes by itself and ends where a reload would."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.page.desk import NETWORK, Desk, answer, ask, ask_and_finish, finish, say, transcript, turn
from tests.page.network import Network
from tests.patience import until

pytestmark = pytest.mark.browser

WRITING = "[[pace:60]] [[tokens:240]] write"


def begin(page: Page) -> None:
    ask(page, WRITING)
    page.wait_for_url("**/c/**")
    answer(page).get_by_text("small steps").first.wait_for()


def longer_than(page: Page, length: int, seconds: float) -> None:
    page.wait_for_function(
        "(length) => document.querySelector('#turns > article:last-child [data-answer]').innerText.length > length",
        arg=length,
        timeout=seconds * 1000,
    )


def equals_a_reload(page: Page) -> None:
    shown = transcript(page)
    page.reload()
    assert transcript(page) == shown


def test_a_refresh_in_mid_stream_shows_what_had_streamed_and_goes_on(desk: Desk) -> None:
    page = desk.open()
    begin(page)
    before = answer(page).inner_text()
    page.reload()
    after = answer(page).inner_text()
    assert after.startswith(before.rstrip())
    longer_than(page, len(after), seconds=1)
    finish(page)
    equals_a_reload(page)


def test_a_cut_is_named_within_three_seconds_and_mended_without_a_red_word(desk: Desk, network: Network) -> None:
    desk.forgive(*NETWORK)
    desk.port = network.port
    page = desk.open()
    begin(page)
    network.cut()
    expect(page.get_by_role("status")).to_contain_text("Reconnecting…", timeout=3000)
    shown = answer(page).inner_text()
    assert page.get_by_role("alert").all_inner_texts() == ["", ""]
    network.mend()
    longer_than(page, len(shown), seconds=2.5)
    expect(page.get_by_role("status")).not_to_contain_text("Reconnecting")
    finish(page)
    equals_a_reload(page)


def test_a_connection_that_fell_silent_is_noticed_although_nobody_closed_it(desk: Desk, network: Network) -> None:
    desk.forgive(*NETWORK)
    desk.port = network.port
    page = desk.open()
    begin(page)
    network.fall_silent()
    expect(page.get_by_role("status")).to_contain_text("Reconnecting…", timeout=3500)
    network.mend()
    finish(page)
    equals_a_reload(page)


def test_a_page_that_is_asked_to_come_back_does_so_sooner_than_one_of_a_crowd(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    def comes_back() -> bool:
        page.wait_for_timeout(20)
        return len(sockets) == count

    page.route_web_socket("**/ws/**", pass_on)
    page.reload()
    page.evaluate(
        "window.waits = []; document.addEventListener('htmx:ws:close',"
        " ({ detail }) => waits.push(detail.connection.config.reconnectDelay))"
    )
    # Whoever restarts spreads the goodbyes itself; after any other end nobody does.
    for count, code in ((1, 1012), (2, 1011), (3, 1012)):
        until(comes_back, what="the page")
        sockets[-1].close(code=code)
        page.wait_for_function("(count) => waits.length === count", arg=count)
    first, second, third = page.evaluate("waits")
    assert first == third < second / 5
    assert page.get_by_role("alert").all_inner_texts() == ["", ""]


def test_what_ended_while_the_network_was_away_is_shown_when_it_is_back(desk: Desk, network: Network) -> None:
    desk.forgive(*NETWORK)
    page = desk.open()
    desk.port = network.port
    ask(page, "[[pace:40]] [[tokens:60]] write")
    page.wait_for_url("**/c/**")
    far = desk.open(page.url.replace(str(desk.product.web.port), str(network.port)))
    answer(far).locator(".block").first.wait_for()
    network.cut()
    finish(page)
    network.mend()
    finish(far)
    assert transcript(far) == transcript(page)


def test_a_hidden_page_catches_up_when_it_is_looked_at_again(desk: Desk) -> None:
    page = desk.open()
    begin(page)
    page.evaluate(
        """() => { Object.defineProperty(document, "hidden", { configurable: true, get: () => window.away });
        window.away = true; document.dispatchEvent(new Event("visibilitychange")); }"""
    )
    shown = answer(page).inner_text()
    other = desk.another_tab(page.context, page.url)
    longer_than(other, len(shown) + 60, seconds=10)
    page.evaluate("() => { window.away = false; document.dispatchEvent(new Event('visibilitychange')); }")
    longer_than(page, len(shown), seconds=2)
    finish(page)
    finish(other)
    assert transcript(page) == transcript(other)


def test_back_and_forward_lead_to_pages_that_work(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("One."))
    here = page.url
    page.go_back()
    expect(page.locator(".chat[data-empty]")).to_be_visible()
    page.go_forward()
    expect(answer(page)).to_have_text("One.")
    page.get_by_role("link", name="New chat").click()
    expect(page.locator(".chat[data-empty]")).to_be_visible()
    page.go_back()
    page.wait_for_url(here)
    ask_and_finish(page, say("Two."))
    expect(answer(page)).to_have_text("Two.")


def test_a_step_through_history_before_the_scripts_ran_is_taken(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("One."))

    def late(route: Route) -> None:
        page.wait_for_timeout(400)
        route.continue_()

    page.route("**/js/app*.js", late)
    page.evaluate("history.back()")
    page.wait_for_url("**/")
    expect(page.locator(".chat[data-empty]")).to_be_visible()
    page.evaluate("history.forward()")
    expect(answer(page)).to_have_text("One.")
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.parametrize("fault", ["cut", "clean_end", "half_event", "reset"])
def test_a_stream_without_its_end_is_shown_as_interrupted_with_its_words_kept(desk: Desk, fault: str) -> None:
    page = desk.open()
    ask(page, f"[[fault:{fault}]] [[pace:100]] [[tokens:200]] write")
    finish(page)
    state = turn(page).get_attribute("data-state")
    assert state == ("interrupted" if answer(page).inner_text() else "failed")
    expect(turn(page).locator(".notice")).not_to_be_empty()
    expect(turn(page).get_by_role("button", name="Retry")).to_be_visible()


@pytest.mark.slow
def test_a_silence_of_ten_seconds_says_so(desk: Desk) -> None:
    page = desk.open()
    ask(page, "[[fault:silence_midway]] [[pace:100]] write")
    expect(turn(page).locator("[data-working]")).to_contain_text("Still working, 1", timeout=14_000)
    page.keyboard.press("Escape")
    finish(page)


def test_a_session_that_ended_elsewhere_is_said_here(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    key = desk.product.sessions[desk.person]
    kept = desk.product.rows("SELECT session_data, expire_date FROM django_session WHERE session_key = ?", key)[0]
    desk.product.change("DELETE FROM django_session WHERE session_key = ?", key)
    try:
        page.get_by_role("alert").get_by_text("signed out").wait_for(timeout=5000)
        expect(page.get_by_role("link", name="Sign in again")).to_be_visible()
    finally:
        desk.product.change("INSERT INTO django_session VALUES (?, ?, ?)", key, *kept)


def test_a_conversation_deleted_in_another_tab_is_gone_here_too(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    other = desk.another_tab(page.context, page.url)
    other.get_by_role("button", name="This conversation").click()
    other.get_by_role("button", name="Delete…").click()
    other.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(other.locator(".chat[data-empty]")).to_be_visible()
    page.get_by_role("alert").get_by_text("deleted").wait_for()


def test_what_is_said_of_a_message_is_not_written_over_by_what_is_said_of_the_network(desk: Desk) -> None:
    desk.forgive(*NETWORK)
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    status = page.get_by_role("status")
    page.context.set_offline(True)
    expect(status).to_contain_text("You are offline. Reconnecting…")
    ask(page, f"Later {say('Here I am.')}")
    expect(status).to_have_text("You are offline. Your message will be sent when you are back")
    page.wait_for_timeout(1500)
    expect(status).to_have_text("You are offline. Your message will be sent when you are back")
    page.keyboard.press("Escape")
    expect(status).to_have_text("Taken back")
    page.wait_for_timeout(1500)
    expect(status).to_have_text("Taken back")
    expect(status).to_contain_text("You are offline. Reconnecting…", timeout=6000)
    page.keyboard.press("Enter")
    page.context.set_offline(False)
    expect(answer(page)).to_have_text("Here I am.")
    expect(status).not_to_contain_text("offline")
