"""R10: 30 s after a restart nothing is open but what truly runs."""

from __future__ import annotations

import time

import pytest

from tests.patience import until
from tests.people import Person
from tests.product import Product
from tests.promises.test_r7_every_byte import LOST_SECONDS
from tests.promises.wreckage import Wreckage, still_open
from tests.tabs import Tab

pytestmark = pytest.mark.slow


def test_thirty_seconds_after_a_restart_nothing_is_open(wreckage: Wreckage) -> None:
    assert wreckage.recovered_in_seconds < 30
    assert still_open(wreckage.product) == []


def test_what_was_lost_in_the_middle_of_a_title_is_charged_and_the_answer_stays(wreckage: Wreckage) -> None:
    product, turn = wreckage.product, wreckage.untitled.turn
    assert product.rows("SELECT state FROM chatapp_turn WHERE id = ?", turn) == [("answered",)]
    attempts = product.rows("SELECT task, outcome, cost_nanodollars > 0 FROM chatapp_attempt WHERE turn_id = ?", turn)
    assert attempts == [("answer", "done", 1), ("title", "lost", 1)]


def test_a_recovery_that_dies_itself_is_done_again(product: Product) -> None:
    product.settings = {"CHATAPP_LEASE_SECONDS": "2"}
    web = product.start()
    person = Person(product)
    asked = person.begin("What is left? [[tokens:2000]] [[pace:50]] [[think:0]]")
    tab = Tab(person, asked.conversation)
    tab.until(lambda page: len(page.text(asked.turn)) > 100)
    killed_at = time.monotonic()
    web.kill()
    product.launch(CHATAPP_REHEARSE="SIGKILL at inside_recovery").dies(60)
    assert person.state(asked) == "streaming"
    product.start()
    until(lambda: not still_open(product), 30, "the end of everything that was open")
    turn = person.turn(asked)
    assert turn["state"] == "interrupted"
    due = [sight.text for sight in tab.page.sights if sight.at < killed_at - LOST_SECONDS]
    assert any(due)
    assert all(turn["answer"].startswith(text) for text in due)
    assert [attempt["outcome"] for attempt in turn["attempts"]] == ["lost"]
    tab.until_state(asked.turn, "interrupted")
    tab.converges()
    tab.close()
