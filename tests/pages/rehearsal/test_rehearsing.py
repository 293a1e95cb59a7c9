"""A rehearsal from beginning to end: a real product, a simulated Claude in a process of its own, and the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chatapp.pages.rehearsal import board as board_module
from tests.markup import Element, parse
from tests.patience import until
from tests.people import Person
from tests.product import Product
from tests.stand_in import StandIn

pytestmark = pytest.mark.slow

PAGE, STOP, FIGURES = "/admin/rehearsal/", "/admin/rehearsal/stop/", "/admin/rehearsal/figures/"
SHORT = {"fault": "overloaded", "whom": "every", "share": "100", "seconds": "6", "retry_after": ""}
LONG = {**SHORT, "seconds": "600"}
_SENT = (
    "SELECT count(*), count(DISTINCT turn_id), count(nullif(failure, '')) FROM chatapp_attempt WHERE task = 'answer'"
)


@pytest.fixture
def product(claude: StandIn, tmp_path: Path) -> Iterator[Product]:
    with closing(Product(claude.url, tmp_path)) as product:
        product.change("UPDATE auth_user SET is_staff = TRUE, is_superuser = TRUE WHERE username = 'person0'")
        product.start()
        yield product


@pytest.fixture
def admin(product: Product) -> Person:
    return Person(product, 0)


@pytest.fixture
def ada(product: Product) -> Person:
    return Person(product, 1)


class Board:
    """The numbers as somebody reads them: a row's name, the minute before, and meanwhile."""

    def __init__(self, admin: Person) -> None:
        answer = admin.get(FIGURES)
        assert answer.status == 200, answer.text
        self.root = parse(answer.text)
        self.rows: dict[str, tuple[str, str]] = {}
        for row in self.root.walk():
            if row.name == "tr" and row.elements[1].name == "td":
                before, meanwhile = row.elements[1:]
                self.rows[_name(row.elements[0])] = (before.text, meanwhile.text)

    @property
    def running(self) -> bool:
        return self.root.having("data-board")[0].attributes["data-running"] == "yes"

    @property
    def charts(self) -> list[str]:
        return [element.attributes["aria-label"] for element in self.root.walk() if element.name == "svg"]

    def whole(self, name: str) -> tuple[int, int]:
        before, meanwhile = self.rows[name]
        return int(before), int(meanwhile)


def _is_answered_again(person: Person) -> None:
    """Perhaps not at once: a way that was closed is tried again with care."""
    until(lambda: person.final(person.begin("And now? [[tokens:20]]"))["state"] == "answered", 60, "an answer")


def _name(heading: Element) -> str:
    return str(heading.children[0])


def test_what_an_overload_does_is_seen_in_the_numbers(admin: Person, ada: Person) -> None:
    ada.final(ada.begin("Is all well? [[tokens:20]]"))
    assert admin.post(PAGE, LONG).status == 302
    asked = [ada.begin(f"Is anybody there? {number} [[tokens:20]]") for number in range(3)]
    assert [ada.final(one)["state"] for one in asked] == ["failed"] * 3

    board = Board(admin)
    assert board.running
    assert board.whole("Questions accepted") == (1, 3)
    assert board.whole("answered") == (1, 0)
    assert board.whole("failed") == (0, 3)
    sent, turns, failed = admin.product.rows(_SENT)[0]
    assert failed >= 1
    assert board.whole("Requests sent to Claude for them") == (1, sent - 1)
    assert board.whole("that failed") == (0, failed)
    assert board.rows["for each question"] == ("1.00", f"{(sent - 1) / (turns - 1):.2f}")
    assert board.whole("Overloaded") == (0, failed)
    assert "Claude is very busy right now" in board.root.text
    assert board.rows["Wait for the first word, median"][0].endswith(" s")
    assert board.rows["Wait for the first word, median"][1] == board_module.NOTHING
    assert board.rows["Cost"][0] > "$0.0"
    assert board.charts[0].startswith("Questions accepted: 1 in the minute before, 3 during the rehearsal")


def test_a_rehearsal_is_over_by_itself(claude: StandIn, admin: Person, ada: Person) -> None:
    assert admin.post(PAGE, SHORT).status == 302
    assert Board(admin).running
    assert ada.final(ada.begin("Anybody? [[tokens:20]]"))["state"] in ("failed", "answered")
    until(lambda: not Board(admin).running, 20, "the end of the rehearsal")
    until(lambda: not claude.call("GET", "/simulator/faults")["plans"], 5, "the end of the plan")
    _is_answered_again(ada)
    assert Board(admin).whole("Questions accepted") == (0, 1)


def test_a_rehearsal_that_is_stopped_early_harms_nobody_any_more(admin: Person, ada: Person) -> None:
    assert admin.post(PAGE, LONG).status == 302
    assert ada.final(ada.begin("Anybody? [[tokens:20]]"))["state"] == "failed"
    assert admin.post(STOP).status == 302
    _is_answered_again(ada)
    board = Board(admin)
    assert not board.running
    assert board.whole("Questions accepted") == (0, 1)
    assert admin.product.rows("SELECT action_flag, user_id FROM django_admin_log ORDER BY id") == [(1, 1), (3, 1)]


def test_a_rehearsal_ends_when_the_process_that_began_it_is_gone(claude: StandIn, admin: Person, ada: Person) -> None:
    assert admin.post(PAGE, SHORT).status == 302
    admin.product.web.kill()
    until(lambda: not claude.call("GET", "/simulator/faults")["plans"], 20, "the end of the plan")
    admin.product.start()
    assert not Board(admin).running
    _is_answered_again(ada)


def test_a_closed_port_is_watched_and_opened_again(admin: Person, ada: Person) -> None:
    assert admin.post(PAGE, {**LONG, "fault": "refused"}).status == 302
    assert ada.final(ada.begin("Anybody? [[tokens:20]]"))["state"] == "failed"
    until(lambda: Board(admin).whole("Unreachable")[1], 10, "the failure in the numbers")
    assert admin.post(STOP).status == 302
    _is_answered_again(ada)


def test_a_simulated_claude_that_went_away_is_said_on_the_page(claude: StandIn, admin: Person) -> None:
    admin.product.settings["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:1"
    admin.product.start()
    for answer in (admin.get(PAGE), admin.post(PAGE, SHORT)):
        assert answer.status == 503
        assert "does not answer at its control doors" in answer.text
    assert "Traceback" not in admin.product.logs
