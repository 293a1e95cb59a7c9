"""What cannot be meant in an address is said, costs nothing, and breaks nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from chatapp.review.models import Visit
from chatapp.turns.models import Turn
from tests.review.test_reading import turn, words

__all__ = ["turn"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("price_book")]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=yesterday", "Enter a valid date"),
        ("since=2026-02-02&until=2026-02-01", "before the day on the left"),
        ("person=mallory", "Nobody here is called “mallory”"),
        ("cost=much", "An amount in US dollars"),
        ("cost=NaN", "An amount in US dollars"),
        ("cost=-1", "An amount in US dollars"),
        ("cost=1e99", "An amount in US dollars"),
        ("state=happy", "Select a valid choice"),
        ("model=gpt", "Select a valid choice"),
        ("prompt=1e9", "Select a valid choice"),
        ("label=99999999999999999999999", "Select a valid choice"),
        ("thumb=2", "Select a valid choice"),
        ("q=%21%3F", "no word in it"),
        ("q=%00", "Null characters are not allowed"),
        ("q=" + "x" * 201, "at most 200 characters"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_told_so(desk_of_bea: Client, query: str, sentence: str) -> None:
    for path in ("/review/", "/review/export.csv"):
        response = desk_of_bea.get(f"{path}?{query}")
        assert response.status_code == 400
        assert sentence in words(response)
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "below=abc",
        "below=-1",
        "below=" + "9" * 40,
        "turn=x",
        "unknown=1",
        "q=a&q=b",
        "until=9999-12-31",
        "since=0001-01-01&until=0001-01-01",
    ],
)
def test_what_else_stands_in_an_address_breaks_nothing(desk_of_bea: Client, turn: Turn, query: str) -> None:
    assert desk_of_bea.get(f"/review/?{query}").status_code == 200
    assert desk_of_bea.get(f"/review/c/{turn.conversation_id}/?{query}").status_code == 200


def test_however_long_the_words_are_the_record_tells_who_was_looked_for(desk_of_bea: Client, turn: Turn) -> None:
    desk_of_bea.get("/review/", {"q": "\u6771" * 200, "person": "ada", "thumb": "1"})
    desk_of_bea.get("/review/export.csv", {"q": "\u6771" * 200, "person": "ada", "thumb": "1"})
    for visit in Visit.objects.all():
        assert f"person={turn.asker_id}&thumb=1&q=" in visit.reason
