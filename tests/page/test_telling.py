"""What Claude is told, on the page: the menu of models, the gauge, the notes, and what is attached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.axe import violations
from tests.files import samples
from tests.page.desk import Desk, ask, ask_and_finish, finish, say, turn
from tests.page.test_assistive import STILL
from tests.product import Product

pytestmark = pytest.mark.browser


@pytest.fixture
def house(steady_house: Product) -> Product:
    return steady_house


PASTE = """([name, type, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type }));
  document.getElementById("question").dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
DROP = """([name, type, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type }));
  for (const event of ["dragover", "drop"])
    document.getElementById("composer").dispatchEvent(
      new DragEvent(event, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def drawer(tmp_path: Path) -> Path:
    (tmp_path / "cat.png").write_bytes(samples.png(40, 30))
    (tmp_path / "paper.pdf").write_bytes(samples.pdf(2))
    (tmp_path / "diary.txt").write_bytes(samples.TEXT)
    (tmp_path / "archive.zip").write_bytes(b"PK\x03\x04" + bytes(50))
    return tmp_path


def _condensed(house: Product, page: Page) -> None:
    """As if the cheap model had condensed all but the last turn."""
    shown = page.locator("#turns > article[data-turn]")
    numbers = [int(one.get_attribute("data-turn") or 0) for one in shown.all()]
    conversation = house.rows("SELECT conversation_id FROM chatapp_turn WHERE id = ?", numbers[0])[0][0]
    house.change(
        "INSERT INTO chatapp_digest (conversation_id, through_id, covers, text, model, written_at) "
        "VALUES (?, ?, ?, 'They spoke of cats.', 'claude-haiku-5-5', CURRENT_TIMESTAMP)",
        conversation,
        numbers[-2],
        str(numbers[:-1]),
    )


def test_a_model_is_chosen_beside_the_message_and_stays_chosen(desk: Desk) -> None:
    page = desk.open()
    menu = page.get_by_label("Model")
    expect(menu.locator("option:checked")).to_have_text("Sonnet 5.5")
    menu.select_option(label="Opus 5.5")
    ask_and_finish(page, say("Yes."))
    _details(page, "Model", "Claude Opus 5.5")
    page.reload()
    expect(page.get_by_label("Model").locator("option:checked")).to_have_text("Opus 5.5")
    ask_and_finish(page, say("Again yes."))
    _details(page, "Model", "Claude Opus 5.5")


def test_the_automatic_choice_says_why_and_one_click_asks_the_better_model(desk: Desk) -> None:
    page = desk.open()
    page.get_by_label("Model").select_option(label="Automatic")
    ask_and_finish(page, say("Rain is water."))
    _details(page, "Chosen automatically", "it is short and plain")
    page.keyboard.press("Escape")
    turn(page).get_by_role("button", name="Ask Claude Sonnet 5.5").click()
    expect(turn(page).locator(".branches")).to_contain_text("2/2")
    finish(page)
    _details(page, "Model", "Claude Sonnet 5.5")
    expect(turn(page).get_by_role("button", name="Ask Claude Opus 5.5")).to_have_count(1)
    expect(page.get_by_label("Model").locator("option:checked")).to_have_text("Automatic")


def _details(page: Page, name: str, value: str) -> None:
    turn(page).get_by_role("button", name="Details").click()
    expect(turn(page).locator(f".details dt:text-is('{name}') + dd")).to_have_text(value)
    page.keyboard.press("Escape")


def test_the_gauge_appears_with_the_first_answer_and_opens_to_what_claude_is_told(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Yes."))
    gauge = page.get_by_role("button", name="What Claude is told")
    expect(gauge).to_have_text("What Claude is told: its memory is 1 % full")
    gauge.click()
    panel = page.locator("#told")
    expect(panel).to_contain_text("of 1,000,000 tokens that Claude Sonnet 5.5 can read")
    expect(panel).to_contain_text("a question;")
    expect(panel).to_contain_text("version 1")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(gauge).to_be_focused()


def test_notes_are_seen_in_the_thread_corrected_undone_and_wished_back(desk: Desk, house: Product) -> None:
    page = desk.open()
    for number in range(3):
        ask_and_finish(page, f"Number {number}? {say('A cat.')}")
    _condensed(house, page)
    page.reload()
    marker = page.locator("details.marker")
    expect(marker).to_have_count(1)
    expect(marker).to_contain_text("Up to here Claude is told notes instead of every word")
    marker.locator("summary").click()
    notes = page.get_by_label("Notes")
    expect(notes).to_have_value("They spoke of cats.")
    notes.fill("They spoke of dogs.")
    marker.get_by_role("button", name="Save the notes").click()
    expect(marker).to_contain_text("corrected by you")
    page.reload()
    marker.locator("summary").click()
    expect(notes).to_have_value("They spoke of dogs.")
    marker.get_by_role("button", name="Tell Claude every word again").click()
    expect(marker).to_have_count(0)
    page.get_by_role("button", name="What Claude is told").click()
    page.get_by_role("button", name="Use the notes again").click()
    expect(marker).to_have_count(1)


def test_a_turn_is_pinned_with_one_press_and_freed_with_another(desk: Desk) -> None:
    page = desk.open()
    ask_and_finish(page, say("Never forget this."))
    turn(page).get_by_role("button", name="Details").click()
    button = turn(page).get_by_role("button", name="Always tell Claude word for word")
    for pressed in ("true", "false"):
        button.click()
        expect(button).to_have_attribute("aria-pressed", pressed)


def test_files_are_chosen_pasted_and_dropped_and_go_with_the_question(desk: Desk, drawer: Path) -> None:
    page = desk.open()
    page.locator("#files").set_input_files(drawer / "paper.pdf")
    chips = page.locator(".chip")
    expect(chips.filter(has_text="paper.pdf")).to_contain_text("2 pages")
    page.evaluate(PASTE, ["cat.png", "image/png", list(samples.png(40, 30))])
    expect(chips.filter(has_text="cat.png")).to_contain_text("40 by 30")
    page.evaluate(DROP, ["diary.txt", "text/plain", list(samples.TEXT)])
    expect(chips).to_have_count(3)
    page.get_by_role("button", name="Remove diary.txt").click()
    expect(chips).to_have_count(2)
    # What is attached is a draft like the words beside it.
    page.reload()
    expect(chips).to_have_count(2)
    ask_and_finish(page, f"What is this? {say('A cat, and a paper.')}")
    expect(chips).to_have_count(0)
    expect(turn(page).locator(".files img")).to_have_attribute("alt", "cat.png")
    expect(turn(page).locator(".files")).to_contain_text("paper.pdf")
    picture = turn(page).locator(".files img")
    page.wait_for_function("() => document.querySelector('.files img').naturalWidth === 40")
    expect(picture).to_be_visible()
    page.reload()
    expect(turn(page).locator(".files li")).to_have_count(2)
    turn(page).get_by_role("button", name="Retry").click()
    expect(turn(page).locator(".branches")).to_contain_text("2/2")
    expect(turn(page).locator(".files li")).to_have_count(2)
    finish(page)


def test_a_bad_file_gets_a_sentence_and_the_draft_stays(desk: Desk, drawer: Path) -> None:
    desk.forgive("Failed to load resource")
    page = desk.open()
    page.get_by_label("Message", exact=True).fill("What is in here?")
    page.locator("#files").set_input_files(drawer / "archive.zip")
    expect(page.get_by_role("alert").filter(has_text="none of them")).to_have_count(1)
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.get_by_label("Message", exact=True)).to_have_value("What is in here?")
    page.locator("#files").set_input_files([drawer / "cat.png"] * 6)
    expect(page.get_by_role("alert").filter(has_text="At most 5 files")).to_have_count(1)
    expect(page.locator(".chip")).to_have_count(5)


def test_a_refused_question_gives_its_files_back(desk: Desk, drawer: Path) -> None:
    desk.forgive("Failed to load resource")
    page = desk.open()
    page.locator("#files").set_input_files(drawer / "cat.png")
    expect(page.locator(".chip")).to_have_count(1)
    ask(page, "x" * 33_000)
    expect(page.get_by_role("alert").filter(has_text="longer than 32 kB")).to_have_count(1)
    expect(page.locator(".chip")).to_have_text(["cat.png40 by 30, 1 kB"])


def test_without_scripts_a_file_goes_with_the_form(desk: Desk, drawer: Path) -> None:
    desk.forgive("Failed to load resource")
    page = desk.open("/", java_script_enabled=False)
    page.get_by_label("Message", exact=True).fill(f"What is this? {say('A cat.')}")
    page.locator("#files").set_input_files([drawer / "cat.png", drawer / "diary.txt"])
    page.get_by_role("button", name="Send").click()
    expect(turn(page).locator(".files li")).to_have_count(2)
    page.goto("/")
    page.get_by_label("Message", exact=True).fill("And this?")
    page.locator("#files").set_input_files(drawer / "archive.zip")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("none of them")
    expect(page.get_by_label("Message")).to_have_value("And this?")


@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_in_what_claude_is_told(desk: Desk, house: Product, drawer: Path, width: int) -> None:
    options: dict[str, Any] = {"viewport": {"width": width, "height": 700}, **STILL}
    page = desk.open("/", **options)
    page.locator("#files").set_input_files([drawer / "cat.png", drawer / "paper.pdf"])
    expect(page.locator(".chip")).to_have_count(2)
    assert violations(page) == []
    for number in range(3):
        ask_and_finish(page, f"Number {number}? {say('A cat.')}")
    _condensed(house, page)
    page.reload()
    page.locator("details.marker summary").click()
    assert violations(page) == []
    page.get_by_role("button", name="What Claude is told").click()
    expect(page.locator("#told h2")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
