"""What a reviewer says of a turn: labels, notes, and that it belongs into the queue."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from chatapp.review.models import Item, Note
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.register.models import Labelled
from chatapp.turns.states import State
from tests.review.test_reading import words
from tests.turns import stories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def turn(ada: User) -> Turn:
    return stories.turn(ada, State.ANSWERED, timezone.now())


def test_labels_and_notes_are_put_on_and_bad_ones_are_not(desk_of_bea: Client, turn: Turn) -> None:
    url = f"/review/turns/{turn.pk}/label/"
    for name in ("Off topic", "  off   TOPIC ", "Great"):
        assert desk_of_bea.post(url, {"name": name}).status_code == 302
    assert sorted(Labelled.objects.values_list("label__name", flat=True)) == ["Great", "Off topic"]
    for name in ("", "   ", "x" * 41):
        assert "so none was put on" in words(desk_of_bea.post(url, {"name": name}, follow=True))
    great = Labelled.objects.get(label__name="Great").label_id
    for gone in (great, great, 10**30, "x"):
        desk_of_bea.post(url, {"remove": gone})
    assert Labelled.objects.count() == 1
    url = f"/review/turns/{turn.pk}/note/"
    desk_of_bea.post(url, {"text": "See <b>policy</b> 3"})
    for text in ("", "x" * 2001):
        assert "so none was kept" in words(desk_of_bea.post(url, {"text": text}, follow=True))
    assert Note.objects.get().by_name == "bea"
    page = desk_of_bea.get(f"/review/c/{turn.conversation_id}/").content.decode()
    assert "&lt;b&gt;policy&lt;/b&gt;" in page
    desk_of_bea.post(f"/review/turns/{turn.pk}/queue/")
    desk_of_bea.post(f"/review/turns/{turn.pk}/queue/")
    assert Item.objects.get().why == "by_hand"


@pytest.mark.parametrize(("door", "said"), [("note", {"text": "Odd."}), ("label", {"name": "odd"}), ("queue", {})])
def test_what_is_deleted_in_this_very_moment_is_not_there(
    desk_of_bea: Client, turn: Turn, door: str, said: dict[str, str]
) -> None:
    late = [turn]

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT") and "turn_id" in sql and late:
            gone = late.pop()
            Conversation.objects.filter(pk=gone.conversation_id).update(head=None)
            gone.delete()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(meanwhile):
        assert desk_of_bea.post(f"/review/turns/{turn.pk}/{door}/", said).status_code == 404
    assert not late
    assert not Note.objects.exists()
