"""S4: a session that ends loses its sockets within 5 s."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.people import Person
from tests.product import Product
from tests.promises.conftest import STAYING
from tests.tabs import Tab

pytestmark = pytest.mark.slow

SECONDS = 5.0


def _sign_out(person: Person) -> None:
    assert person.request("POST", "/accounts/logout/", {}).status in (200, 302)


def _expire(person: Person) -> None:
    sql = "UPDATE django_session SET expire_date = CURRENT_TIMESTAMP WHERE session_key = ?"
    person.product.change(sql, person.session)


def _be_deactivated(person: Person) -> None:
    person.product.change("UPDATE auth_user SET is_active = FALSE WHERE username = ?", person.name)


def _have_the_password_changed(person: Person) -> None:
    person.product.change("UPDATE auth_user SET password = '!another' WHERE username = ?", person.name)


def _be_deleted(person: Person) -> None:
    person.product.change("DELETE FROM django_session WHERE session_key = ?", person.session)


ENDS: tuple[Callable[[Person], None], ...] = (
    _sign_out,
    _expire,
    _be_deactivated,
    _have_the_password_changed,
    _be_deleted,
)


def test_however_a_session_ends_its_sockets_end_within_five_seconds(house: Product) -> None:
    people = [Person(house, STAYING + number) for number in range(len(ENDS))]
    asked = [person.begin("Listening. [[tokens:2000]] [[pace:30]] [[think:0]]") for person in people]
    tabs = [Tab(person, one.conversation) for person, one in zip(people, asked, strict=True)]
    for tab, one in zip(tabs, asked, strict=True):
        tab.until(lambda page, turn=one.turn: page.text(turn))  # type: ignore[misc]
    for person, end in zip(people, ENDS, strict=True):
        end(person)
    assert [tab.until_over(SECONDS) for tab in tabs] == [4401] * len(ENDS)
    # And no new one is opened.
    for tab in tabs:
        assert tab.connect().until_over(SECONDS) == 4401
        tab.close()


def test_signing_out_in_one_place_leaves_the_other_one_alone(house: Product) -> None:
    number = STAYING + len(ENDS)
    desk, phone = Person(house, number), Person(house, number, "-phone")
    asked = desk.begin("Listening. [[tokens:2000]] [[pace:30]] [[think:0]]")
    at_desk, on_phone = Tab(desk, asked.conversation), Tab(phone, asked.conversation)
    _sign_out(phone)
    assert on_phone.until_over(SECONDS) == 4401
    seen = len(at_desk.frames)
    at_desk.until(lambda _: len(at_desk.frames) > seen + 3)
    assert at_desk.connections == 1
    desk.act(asked, "stop")
    at_desk.close()
