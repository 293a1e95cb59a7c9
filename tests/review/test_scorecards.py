"""Scorecards: made by hand or from a file, and kept as they were once they have been used."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from chatapp.review import scorecards
from chatapp.review.models import Item, Review, Scorecard
from chatapp.turns.states import State
from tests.turns import stories

pytestmark = pytest.mark.django_db(transaction=True)

UPLOAD = "/admin/chatapp/scorecard/upload/"


def upload(office: Client, data: bytes) -> Any:
    return office.post(UPLOAD, {"file": SimpleUploadedFile("card.json", data)})


def test_the_example_can_be_uploaded_and_asks_what_it_says(office: Client) -> None:
    Scorecard.objects.all().delete()
    assert upload(office, json.dumps(scorecards.EXAMPLE).encode()).status_code == 302
    card = Scorecard.current()
    assert card is not None
    assert [one.name for one in card.criteria.all()] == ["Right", "Tone"]
    assert "like" in office.get(UPLOAD).content.decode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"{", "no JSON, line 1"),
        (b"[" * 50_000, "no JSON"),
        (b"1" * 5_000, "no JSON"),
        (b"[]", "a list of “criteria”"),
        (b'{"name": "x", "criteria": []}', "has 1 to 20 criteria"),
        (b'{"name": 5, "criteria": [1]}', "name must be a text"),
        (b'{"name": "x", "criteria": [1]}', "Criterion 1 needs"),
        (b'{"name": "x", "criteria": [{"name": "a", "choices": ["one"]}]}', "two to nine answers"),
        (b'{"name": "x", "criteria": [{"name": "a", "choices": ["one", "one"]}]}', "Two answers are the same"),
        (b'{"name": "x", "criteria": [{"name": "a", "choices": ["one", 2]}]}', "An answer must be a text"),
        (b'{"name": "x", "criteria": [{"name": "", "choices": ["1", "2"]}]}', "Criterion 1: its name"),
        (
            b'{"name": "x", "criteria": [{"name": "a", "choices": ["1", "2"]}, {"name": "a", "choices": ["1", "2"]}]}',
            "Criterion 2: “a” is there twice",
        ),
        (b'{"name": "x", "criteria": [{"name": "a", "help": 3, "choices": ["1", "2"]}]}', "Criterion 1: its help"),
        (b" " * 100_001, "at most 100 kB"),
    ],
)
def test_a_file_that_is_no_scorecard_is_answered_with_a_sentence(office: Client, data: bytes, sentence: str) -> None:
    before = Scorecard.objects.count()
    response = upload(office, data)
    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert Scorecard.objects.count() == before


def test_one_that_is_there_already_is_not_replaced(office: Client, card: Scorecard) -> None:
    said = {"name": card.name, "criteria": [{"name": "a", "choices": ["1", "2"]}]}
    assert "already" in upload(office, json.dumps(said).encode()).content.decode()
    assert card.criteria.count() == 2


def test_a_used_card_keeps_its_questions(office: Client, ada: User, card: Scorecard) -> None:
    item = Item.objects.create(
        turn=stories.turn(ada, State.ANSWERED, timezone.now()), why="random", made_at=timezone.now()
    )
    url = f"/admin/chatapp/scorecard/{card.pk}/change/"
    assert 'name="criteria-0-answers"' in office.get(url).content.decode()
    Review.objects.create(item=item, scorecard=card, reviewer_name="x", at=timezone.now())
    page = office.get(url).content.decode()
    assert 'name="criteria-0-answers"' not in page
    assert 'name="active"' in page
    assert office.post(f"/admin/chatapp/scorecard/{card.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Scorecard.objects.filter(pk=card.pk).exists()


def test_answers_are_typed_one_a_line(office: Client) -> None:
    form = {
        "name": "By hand",
        "active": "on",
        "criteria-TOTAL_FORMS": "1",
        "criteria-INITIAL_FORMS": "0",
        "criteria-0-position": "1",
        "criteria-0-name": "Kind",
        "criteria-0-help": "",
        "criteria-0-answers": "No\n\nYes\n",
    }
    assert office.post("/admin/chatapp/scorecard/add/", form).status_code == 302
    assert Scorecard.objects.get(name="By hand").criteria.get().choices == ["No", "Yes"]
    form |= {"name": "Worse", "criteria-0-answers": "Yes"}
    assert "two to nine answers" in office.post("/admin/chatapp/scorecard/add/", form).content.decode()


def test_half_a_character_in_a_file_breaks_nothing(office: Client) -> None:
    data = b'{"name": "x \\ud800", "criteria": [{"name": "a", "choices": ["1", "\\udfff"]}]}'
    assert upload(office, data).status_code == 302
    card = Scorecard.current()
    assert card is not None
    assert card.name == "x ?"
