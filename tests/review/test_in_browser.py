"""The desk in a real browser: by keyboard, for everybody's eyes, under our content policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from chatapp.review.models import Item, Review, Scorecard, Visit
from chatapp.turns.feedback import Feedback
from chatapp.turns.models import Turn
from chatapp.turns.states import State
from tests.axe import violations
from tests.review.conftest import browser as signed_in
from tests.review.conftest import file_all
from tests.turns import stories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
InBrowser = Callable[[Callable[[Browser], Any]], Any]


@pytest.fixture
def turns(ada: User) -> list[Turn]:
    made = [stories.turn(ada, State.ANSWERED, timezone.now()) for _ in range(3)]
    for number, turn in enumerate(made):
        answer = f"Answer {number} to ada@example.org.\n\n```python\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |"
        Turn.objects.filter(pk=turn.pk).update(answer=answer, thinking="Hm.", pace="50 20 150 80")
    Feedback.objects.create(turn=made[0], thumb=-1, words="It is wrong.", given_at=timezone.now())
    file_all()
    return made


@pytest.fixture
def items(turns: list[Turn]) -> list[Item]:
    return Item.objects.bulk_create([Item(turn=turn, why="random", made_at=timezone.now()) for turn in turns])


def visit(
    in_browser: InBrowser,
    server: LiveServer,
    person: User,
    act: Callable[[Page], Any],
    forgiven: str = "nothing",
    **options: Any,
) -> Any:
    session = signed_in(person).cookies["sessionid"].value

    def run(browser: Browser) -> Any:
        with browser.new_context(base_url=server.url, **options) as context:
            context.add_cookies([{"name": "sessionid", "value": session, "url": server.url}])
            page = context.new_page()
            page.set_default_timeout(15_000)
            heard: list[str] = []
            page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
            page.on("pageerror", lambda error: heard.append(f"error: {error}"))
            found = act(page)
            heard = [line for line in heard if forgiven not in line]
            assert [line for line in heard if line.startswith(("error", "warning"))] == []
            return found

    return in_browser(run)


@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_on_any_page_of_the_desk(
    live_server: LiveServer, in_browser: InBrowser, items: list[Item], card: Scorecard, width: int
) -> None:
    root = User.objects.create_superuser("root")
    turn = items[0].turn
    paths = [
        "/review/", "/review/?q=answer", f"/review/c/{turn.conversation_id}/", f"/review/turns/{turn.pk}/sent/",
        "/review/queue/", f"/review/items/{items[0].pk}/", "/review/agreement/", "/review/readings/",
    ]  # fmt: skip

    def look(page: Page) -> list[str]:
        found: list[str] = []
        for path in paths:
            page.goto(path)
            found += [f"{path} {line}" for line in violations(page)]
            found += [f"{path} is wider than the window"] if page.evaluate(WIDER) else []
        return found

    options: dict[str, Any] = {"viewport": {"width": width, "height": 800}, "bypass_csp": True}
    assert visit(in_browser, live_server, root, look, **options) == []


def arrived(page: Page, item: Item) -> None:
    """The address is there first; whoever reads it is there with the heading."""
    expect(page.locator("h1")).to_contain_text(f"Item {item.pk} ")
    expect(page.locator("h1")).to_be_focused()


def test_the_queue_is_worked_through_by_keyboard_alone(
    live_server: LiveServer, in_browser: InBrowser, bea: User, items: list[Item], card: Scorecard
) -> None:
    def work(page: Page) -> None:
        page.goto("/review/queue/")
        page.keyboard.press("j")
        page.wait_for_url(f"**/items/{items[0].pk}/")
        page.keyboard.press("j")
        arrived(page, items[1])
        page.keyboard.press("k")
        arrived(page, items[0])
        for key in "32":
            page.keyboard.press(key)
        page.keyboard.press("Enter")
        arrived(page, items[1])
        # A number that is no answer, and keys inside a box, do nothing.
        page.keyboard.press("9")
        page.locator("#review-note").press_sequentially("j1k2")
        assert page.locator("#review-note").input_value() == "j1k2"
        assert page.url.endswith(f"/items/{items[1].pk}/")

    visit(in_browser, live_server, bea, work)
    review = Review.objects.get()
    assert (review.item, list(review.scores.values())) == (items[0], [3, 2])


def test_the_next_item_comes_without_a_new_page_and_is_recorded_each_time(
    live_server: LiveServer, in_browser: InBrowser, bea: User, items: list[Item], card: Scorecard
) -> None:
    def work(page: Page) -> None:
        page.goto(f"/review/items/{items[0].pk}/")
        page.evaluate("() => { window.same = true; }")
        page.keyboard.press("j")
        expect(page.locator("h1")).to_contain_text(f"Item {items[1].pk}")
        expect(page.locator("h1")).to_be_focused()
        expect(page).to_have_title(f"Item {items[1].pk} · Review")
        for key in "32":
            page.keyboard.press(key)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text(f"Item {items[2].pk}")
        assert page.evaluate("() => window.same")
        page.go_back()
        expect(page.locator("h1")).to_contain_text(f"Item {items[1].pk}")
        page.goto(f"/review/items/{items[0].pk}/")
        for shown in (0, 2):
            expect(page.locator("h1")).to_contain_text(f"Item {items[shown].pk}")
            for key in "32":
                page.keyboard.press(key)
            page.keyboard.press("Enter")
        page.wait_for_url("**/review/queue/")
        expect(page.locator("#said")).to_contain_text("Nothing waits for you")

    visit(in_browser, live_server, bea, work)
    read = list(Visit.objects.filter(what=Visit.What.REVIEW).order_by("number").values_list("reason", flat=True))
    order = [0, 1, 2, 1, 0, 2]
    assert [reason.partition(":")[0] for reason in read] == [f"item {items[at].pk}" for at in order]


def test_a_half_filled_card_outlives_labels_notes_and_the_end_of_a_session(
    live_server: LiveServer, in_browser: InBrowser, bea: User, items: list[Item], card: Scorecard
) -> None:
    def work(page: Page) -> None:
        page.goto(f"/review/items/{items[0].pk}/")
        page.keyboard.press("3")
        page.locator("#review-note").fill("looks odd")
        section = page.locator(f"#turn-{items[0].turn_id}")
        section.get_by_label("Label", exact=True).fill("odd")
        page.keyboard.press("Enter")
        expect(section.get_by_role("button", name="Take off the label odd")).to_be_visible()
        expect(section.get_by_label("Label", exact=True)).to_be_focused()
        section.get_by_role("button", name="Take off the label odd").click()
        expect(section.get_by_role("button", name="Take off the label odd")).to_have_count(0)
        section.get_by_label("Label", exact=True).evaluate("one => one.removeAttribute('maxlength')")
        section.get_by_label("Label", exact=True).fill("x" * 41)
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_contain_text("at most 40 characters")
        section.get_by_text("Add a note").click()
        section.get_by_label("Note", exact=True).fill("see the second line")
        section.get_by_role("button", name="Keep the note").click()
        expect(section.locator(".note")).to_contain_text("see the second line")
        page.locator("[data-criterion]").nth(1).get_by_role("radio").first.check()
        page.context.clear_cookies(name="sessionid")
        page.get_by_role("button", name="Keep and go on").click()
        expect(page.locator("#said")).to_contain_text("You have been signed out")
        assert page.locator("#review-note").input_value() == "looks odd"
        expect(page.locator("[data-criterion] :checked")).to_have_count(2)

    visit(in_browser, live_server, bea, work)
    assert not Review.objects.exists()


def test_rows_are_reached_by_keyboard_and_an_answer_arrives_once_more(
    live_server: LiveServer, in_browser: InBrowser, bea: User, turns: list[Turn]
) -> None:
    def work(page: Page) -> str:
        page.goto("/review/")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/c/{turns[1].conversation_id}/**")
        page.get_by_role("button", name="Replay as it arrived").click()
        expect(page.locator("[data-film]")).to_contain_text("| 1 | 2 |")
        return page.locator("[data-film]").inner_text()

    film = visit(in_browser, live_server, bea, work)
    assert "e-mail address" in film
    assert "ada@example.org" not in film


def test_a_reason_reveals_and_a_reload_asks_again(
    live_server: LiveServer, in_browser: InBrowser, bea: User, turns: list[Turn]
) -> None:
    def work(page: Page) -> tuple[bool, bool]:
        page.goto(f"/review/c/{turns[0].conversation_id}/")
        page.get_by_text("Reveal what is masked").click()
        page.get_by_label("Why you need to see it").fill("ticket 4711, asked by ada")
        page.get_by_role("button", name="Reveal").click()
        page.get_by_text("Unmasked").wait_for()
        revealed = "ada@example.org" in page.content()
        page.goto(f"/review/c/{turns[0].conversation_id}/")
        return revealed, "ada@example.org" in page.content()

    assert visit(in_browser, live_server, bea, work) == (True, False)


def test_a_turn_that_is_nowhere_shown_is_read_on_its_own_branch(bea: User, ada: User, turns: list[Turn]) -> None:
    first = turns[0]
    other = Turn.objects.create(
        conversation=first.conversation,
        asker=ada,
        ask_id=uuid4(),
        correlation_id="c",
        question="The other way",
        state="answered",
        model=stories.MODEL,
        asked_at=timezone.now(),
        ended_at=timezone.now(),
    )
    desk = signed_in(bea)
    assert "The other way" not in desk.get(f"/review/c/{first.conversation_id}/").content.decode()
    assert "The other way" in desk.get(f"/review/c/{first.conversation_id}/?turn={other.pk}").content.decode()
