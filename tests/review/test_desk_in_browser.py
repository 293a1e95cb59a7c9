"""What goes wrong at the desk in a real browser costs nothing that was typed, and nothing is shown by a slip."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from chatapp.review.models import Item, Review, Scorecard, Visit
from chatapp.turns.models import Turn
from chatapp.turns.register.models import Labelled
from tests.review.test_in_browser import InBrowser, items, turns, visit

__all__ = ["items", "turns"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_label_leaves_alone_what_is_typed_beside_it(
    live_server: LiveServer, in_browser: InBrowser, bea: User, items: list[Item], card: Scorecard
) -> None:
    def work(page: Page) -> None:
        page.goto(f"/review/items/{items[0].pk}/")
        page.evaluate("() => { document.querySelector('#said').same = true; }")
        assert page.evaluate("getComputedStyle(document.querySelector('#said')).display") != "none"
        section = page.locator(f"#turn-{items[0].turn_id}")
        section.get_by_text("Add a note").click()
        section.get_by_label("Note", exact=True).fill("half a note")
        for name in ("odd", "even"):
            section.get_by_label("Label", exact=True).fill(name)
            page.keyboard.press("Enter")
            expect(section.get_by_role("button", name=f"Take off the label {name}")).to_be_visible()
        section.get_by_label("Label", exact=True).fill(" ")
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_contain_text("at most 40 characters")
        # Both at once: the second one is pressed while the first is on its way.
        section.locator(".labels").evaluate("one => one.querySelectorAll('[name=remove]').forEach(b => b.click())")
        expect(section.locator("[name=remove]")).to_have_count(0)
        assert section.get_by_label("Note", exact=True).input_value() == "half a note"
        # An answer of somebody in between, in which there is no desk.
        page.route(f"**/items/{items[0].pk}/", lambda route: route.fulfill(body="<h1>Welcome to our network</h1>"))
        for question in page.locator("[data-criterion]").all():
            question.get_by_role("radio").first.check()
        page.get_by_role("button", name="Keep and go on").click()
        expect(page.locator("#said")).to_contain_text("Something broke on our side")
        expect(page.locator("[data-criterion] :checked")).to_have_count(2)
        # What is heard by who sees nothing: one place from the beginning.
        assert page.evaluate("document.querySelector('#said').same")

    visit(in_browser, live_server, bea, work)
    assert not Labelled.objects.exists()


def test_a_key_that_is_held_down_leads_one_item_further(
    live_server: LiveServer, in_browser: InBrowser, bea: User, items: list[Item], card: Scorecard
) -> None:
    def work(page: Page) -> None:
        page.goto(f"/review/items/{items[0].pk}/")
        page.keyboard.down("j")
        expect(page.locator("h1")).to_contain_text(f"Item {items[1].pk}")
        for _ in range(5):
            page.keyboard.down("j")
        page.keyboard.up("j")
        page.keyboard.press("j")
        expect(page.locator("h1")).to_contain_text(f"Item {items[2].pk}")

    visit(in_browser, live_server, bea, work)
    assert list(Visit.objects.order_by("number").values_list("turn_id", flat=True)) == [one.turn_id for one in items]


def test_what_was_revealed_is_masked_again_by_a_reload_after_a_label(
    live_server: LiveServer, in_browser: InBrowser, bea: User, turns: list[Turn]
) -> None:
    def work(page: Page) -> None:
        page.goto(f"/review/c/{turns[0].conversation_id}/?turn={turns[0].pk}")
        page.get_by_text("Reveal what is masked").click()
        page.get_by_label("Why you need to see it").fill("ticket 4711, asked by ada")
        page.get_by_role("button", name="Reveal").click()
        section = page.locator(f"#turn-{turns[0].pk}")
        expect(section).to_contain_text("ada@example.org")
        section.get_by_label("Label", exact=True).fill("odd")
        page.keyboard.press("Enter")
        expect(section.get_by_role("button", name="Take off the label odd")).to_be_visible()
        expect(section).to_contain_text("ada@example.org")
        page.reload()
        expect(page.locator("main")).to_contain_text("e-mail address")
        expect(page.locator("main")).not_to_contain_text("ada@example.org")

    visit(in_browser, live_server, bea, work)


def test_a_card_is_kept_by_who_signed_in_again_beside_it(
    live_server: LiveServer, in_browser: InBrowser, bea: User, items: list[Item], card: Scorecard
) -> None:
    bea.set_password("correct horse battery")
    bea.save()

    def work(page: Page) -> None:
        # Signed in by the form: with that, its token is another one.
        page.goto(f"/review/items/{items[0].pk}/")
        for key in "32":
            page.keyboard.press(key)
        page.context.clear_cookies(name="sessionid")
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_contain_text("You have been signed out")
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Sign in again").click()
        opened.value.get_by_label("Username").fill("bea")
        opened.value.get_by_label("Password").fill("correct horse battery")
        opened.value.keyboard.press("Enter")
        expect(opened.value.locator("h1")).to_contain_text(f"Item {items[0].pk}")
        keep = page.get_by_role("button", name="Keep and go on")
        keep.click()
        expect(page.locator("#said")).to_contain_text("Please send it once more")
        keep.click()
        expect(page.locator("h1")).to_contain_text(f"Item {items[1].pk}")

    visit(in_browser, live_server, bea, work, forgiven="403 (Forbidden)")
    assert list(Review.objects.get().scores.values()) == [3, 2]
