"""The price book in the admin: rows are added, and those that money was counted by stay."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatapp.money.models import Price
from tests.money.spending import MODEL, spend

pytestmark = pytest.mark.django_db

ADD = "/admin/chatapp/price/add/"
SOON = (date.today() + timedelta(days=40)).isoformat()
FORM = {
    "model": MODEL,
    "valid_from": SOON,
    "prompt_above": "0",
    "input": "2",
    "output": "10",
    "write_5m": "2.5",
    "write_1h": "4",
    "read": "0.1",
    "batch": "0.5",
    "search": "0.01",
}


def add(office: Client, **changes: str) -> Any:
    return office.post(ADD, {**FORM, **changes}, follow=True)


def test_a_new_price_is_a_new_row(office: Client) -> None:
    before = Price.objects.filter(model=MODEL).count()
    assert "was added successfully" in add(office).text
    assert Price.objects.filter(model=MODEL).count() == before + 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"input": "-2"}, "an amount above zero"),
        ({"input": "0"}, "an amount above zero"),
        ({"output": "20000"}, "Is that a price per token"),
        ({"input": "10", "output": "2", "write_5m": "12", "write_1h": "20"}, "Are the two exchanged?"),
        ({"write_5m": "4", "write_1h": "2.5"}, "look at these four prices again"),
        ({"read": "3"}, "look at these four prices again"),
        ({"batch": "-1"}, "A multiplier is a number like"),
        ({"search": "-1"}, "never costs less than nothing"),
        ({"search": "100"}, "the price of many"),
        ({"input": "$2"}, "Enter a number"),
        ({"input": ""}, "required"),
        ({"input": "NaN"}, "Enter a number"),
        ({"input": "1e400"}, "no more than"),
    ],
)
def test_a_price_that_cannot_be_right_is_explained_and_not_saved(
    office: Client, changes: dict[str, str], sentence: str
) -> None:
    before = Price.objects.count()
    assert sentence in add(office, **changes).text
    assert Price.objects.count() == before


def test_a_saved_price_is_only_looked_at(office: Client) -> None:
    price = Price.objects.get(model=MODEL, valid_from=date(2026, 10, 7))
    path = f"/admin/chatapp/price/{price.pk}/change/"
    assert "_save" not in office.get(path).text
    assert office.post(path, {**FORM, "input": "1"}).status_code == 403
    price.refresh_from_db()
    assert price.input == 2


def test_a_price_in_force_is_not_deleted_and_one_to_come_is(office: Client) -> None:
    in_force = Price.objects.get(model=MODEL, valid_from=date(2026, 10, 7))
    assert office.post(f"/admin/chatapp/price/{in_force.pk}/delete/", {"post": "yes"}).status_code == 403
    add(office)
    to_come = Price.objects.get(model=MODEL, valid_from=SOON)
    assert office.post(f"/admin/chatapp/price/{to_come.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Price.objects.filter(pk=to_come.pk).exists()


def test_nothing_is_deleted_by_the_dozen(office: Client) -> None:
    rows = list(Price.objects.values_list("pk", flat=True))
    office.post("/admin/chatapp/price/", {"action": "delete_selected", "_selected_action": rows, "post": "yes"})
    assert Price.objects.count() == len(rows)


def test_no_band_is_put_into_a_list_by_which_was_charged(office: Client, ada: User) -> None:
    spend(ada.pk, 10)
    page = add(office, valid_from="2026-10-07", prompt_above="100000")
    assert "charged by the list of this day already" in page.text


def test_a_forgotten_band_is_asked_for(office: Client) -> None:
    page = add(office, model="claude-haiku-5-5")
    assert "prompts above 100,000 tokens" in page.text
    page = add(office, model="claude-new-1", prompt_above="1000")
    assert "begins to count when it has a row for prompts above 0" in page.text


def test_the_list_tells_what_is_in_force(office: Client) -> None:
    add(office)
    page = office.get(f"/admin/chatapp/price/?model={MODEL}").text
    for state in ("to come", "in force", "replaced"):
        assert f'<td class="field-standing">{state}</td>' in page
