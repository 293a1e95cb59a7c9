"""What can be done with a turn and a conversation: by keyboard and touch, named, and only where it makes sense."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.page.desk import FINAL, Desk, answer, ask, ask_and_finish, finish, say, turn

pytestmark = pytest.mark.browser


def names(page_actions: list[str]) -> set[str]:
    return {name.strip() for name in page_actions}


def test_a_running_turn_offers_nothing_and_a_finished_one_what_fits(desk: Desk) -> None:
    page = desk.open()
    ask(page, "[[pace:60]] [[tokens:80]] write")
    answer(page).locator(".block").wait_for()
    assert turn(page).get_by_role("button").count() == 0
    finish(page)
    offered = names(turn(page).get_by_role("button").all_inner_texts())
    assert offered - {""} == {"Edit", "Copy", "Retry", "Ask Claude Opus 5.5", "Details"}
    for thumb in ("A good answer", "A bad answer"):
        expect(turn(page).get_by_role("button", name=thumb)).to_be_visible()
    ask(page, "[[fault:overloaded]] write")
    page.locator(f"{FINAL}[data-state=failed]").wait_for()
    assert not names(turn(page).get_by_role("button").all_inner_texts()) & {"Copy", "Continue"}


def test_showing_the_actions_moves_nothing(desk: Desk) -> None:
    page = desk.open()
    for word in ("One.", "Two."):
        ask_and_finish(page, say(word))
    first = page.locator("#turns > article").first
    page.mouse.move(5, 5)
    before = first.bounding_box()
    first.hover()
    expect(first.get_by_role("button", name="Retry")).to_have_css("opacity", "1")
    assert first.bounding_box() == before


def test_cost_and_model_are_one_press_away(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    turn(page).get_by_role("button", name="Details").click()
    details = turn(page).locator(".details")
    expect(details).to_be_visible()
    expect(details).to_contain_text("$0.0")
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()


def test_an_edited_question_is_a_branch_and_the_old_one_is_a_press_away(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, f"First {say('Answer one.')}")
    turn(page).hover()
    turn(page).get_by_role("button", name="Edit").click()
    box = page.get_by_label("Edit your question")
    box.fill(f"Second {say('Answer two.')}")
    box.press("Enter")
    expect(answer(page)).to_have_text("Answer two.")
    finish(page)
    versions = turn(page).get_by_role("group", name="Versions of this turn")
    expect(versions).to_contain_text("2/2")
    versions.get_by_role("button", name="Previous version").click()
    expect(answer(page)).to_have_text("Answer one.")
    expect(versions).to_contain_text("1/2")
    # The socket may tell of it before the answer to the press is here.
    page.wait_for_function("document.activeElement.closest('.branches') !== null")
    page.reload()
    expect(answer(page)).to_have_text("Answer one.")
    expect(page.locator("#turns > article")).to_have_count(1)


def test_an_edit_can_be_left_as_if_nothing_had_been(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, f"First {say('Answer.')}")
    turn(page).hover()
    turn(page).get_by_role("button", name="Edit").click()
    page.get_by_label("Edit your question").fill("no, rather not")
    page.keyboard.press("Escape")
    expect(page.locator("[data-question]")).to_be_visible()
    assert page.evaluate("document.activeElement.textContent") == "Edit"


def test_retry_keeps_the_earlier_answer_as_a_branch(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    turn(page).get_by_role("button", name="Retry").click()
    expect(turn(page).locator(".branches")).to_contain_text("2/2", timeout=20_000)
    expect(page.locator("#turns > article")).to_have_count(1)


def test_a_conversation_is_renamed_pinned_archived_and_deleted(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Hello."))
    menu = page.get_by_role("button", name="This conversation")
    menu.click()
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Title").fill("Larks & <b>owls</b>")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Larks & <b>owls</b>")
    menu.click()
    page.get_by_role("button", name="Pin").click()
    expect(page.locator("#rail-list section").first).to_contain_text("Pinned")
    expect(page.locator("#rail-list section").first).to_contain_text("Larks")
    menu.click()
    page.get_by_role("button", name="Archive", exact=True).click()
    page.wait_for_load_state()
    expect(page.locator("#rail-list")).not_to_contain_text("Larks", timeout=15_000)
    menu.click()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    menu.click()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".chat[data-empty]")).to_be_visible()


def test_the_rail_is_searched_as_one_types(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, f"xylophone {say('Hello.')}")
    page.goto("/")
    ask_and_finish(page, f"quartz {say('Hello.')}")
    page.get_by_role("searchbox", name="Search conversations").fill("xylophone")
    expect(page.locator("#rail-list li")).to_have_count(1)
    page.get_by_role("searchbox", name="Search conversations").fill("no such words anywhere")
    expect(page.locator("#rail-list")).to_contain_text("Nothing found")


def test_on_a_phone_the_rail_is_a_drawer_and_every_target_is_large_enough(desk: Desk) -> None:
    page = desk.open("/", viewport={"width": 390, "height": 760}, has_touch=True, is_mobile=True)
    ask_and_finish(page, say("Hello. `code`"))
    rail = page.get_by_role("navigation", name="Conversations")
    expect(rail).to_be_hidden()
    page.get_by_role("button", name="Conversations").tap()
    expect(rail).to_be_visible()
    page.keyboard.press("Escape")
    expect(rail).to_be_hidden()
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, a[href], input, summary, textarea")]
        .filter(item => item.checkVisibility() && !item.closest("[data-answer] p, .sr"))
        .map(item => [item.outerHTML.slice(0, 80), item.getBoundingClientRect()])
        .filter(([, box]) => box.width > 1 && (box.width < 24 || box.height < 24)).map(([html]) => html)"""
    )
    assert [html for html in small if "skip" not in html] == []


def test_an_edit_is_not_lost_when_another_page_shows_another_branch(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("The first version."))
    other = desk.another_tab(page.context, page.url)
    page.get_by_label("Message", exact=True).fill("in the box already")
    page.get_by_role("button", name="Edit").click()
    box = page.get_by_label("Edit your question")
    box.fill("half an edit")
    # Pressing the key again leads to the same form, not to a second one.
    turn(page).locator(".speaker").focus()
    page.keyboard.press("e")
    expect(box).to_be_focused()
    expect(box).to_have_count(1)
    other.get_by_role("button", name="Retry").click()
    finish(other)
    expect(box).to_have_count(0)
    expect(page.get_by_label("Message", exact=True)).to_have_value("in the box already\n\nhalf an edit")
    expect(page.locator("#refusal")).to_contain_text("changed from another page")


def test_the_words_of_an_open_edit_survive_a_reload(desk: Desk) -> None:
    page = desk.open()
    for word in ("One.", "Two."):
        ask_and_finish(page, f"{word} {say(word)}")
    first = page.locator("#turns > article").first
    first.hover()
    first.get_by_role("button", name="Edit").click()
    first.get_by_label("Edit your question").fill("Half a thought")
    page.get_by_label("Message", exact=True).fill("and another")
    page.reload()
    expect(first.get_by_label("Edit your question")).to_have_value("Half a thought")
    expect(page.get_by_label("Message", exact=True)).to_have_value("and another")
    first.get_by_label("Edit your question").press("Escape")
    page.reload()
    expect(first.locator("[data-question]")).to_be_visible()
    assert page.get_by_label("Edit your question").count() == 0


def test_the_words_of_an_edit_that_was_asked_are_forgotten_and_those_without_a_place_go_to_the_box(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, f"One. {say('One.')}")
    other = desk.another_tab(page.context, page.url)
    turn(page).hover()
    turn(page).get_by_role("button", name="Edit").click()
    page.get_by_label("Edit your question").fill(f"Another way {say('Two.')}")
    page.get_by_label("Edit your question").press("Enter")
    expect(answer(page)).to_have_text("Two.")
    finish(page)
    page.reload()
    assert page.get_by_label("Edit your question").count() == 0
    expect(page.get_by_label("Message", exact=True)).to_have_value("")
    turn(page).hover()
    turn(page).get_by_role("button", name="Edit").click()
    page.get_by_label("Edit your question").fill("Half a thought")
    page.goto("about:blank")
    other.get_by_role("button", name="Previous version").click()
    expect(answer(other)).to_have_text("One.")
    page.goto(other.url)
    expect(page.get_by_label("Message", exact=True)).to_have_value("Half a thought")
    expect(page.get_by_role("alert").filter(has_text="in the box below")).to_have_count(1)


def test_a_search_in_the_archive_comes_back_to_the_archive(desk: Desk) -> None:
    page = desk.open("/?archived=1")
    search = page.get_by_role("searchbox", name="Search conversations")
    search.fill("no such words anywhere")
    expect(page.locator("#rail-list")).to_contain_text("Nothing found")
    search.fill("")
    expect(page.locator("#rail-list")).to_contain_text("Nothing is archived.")
    expect(page.locator("#rail-list").get_by_role("heading", name="Archive")).to_be_visible()
