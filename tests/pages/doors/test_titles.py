"""Titles and questions can be seen, and a blank one is no accident."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatapp.rendering import words
from chatapp.turns import places, shelf
from chatapp.turns.models import Conversation
from chatapp.turns.places import Asked

pytestmark = pytest.mark.django_db
INVISIBLE = ["", " \n", "\u200b", "\ufeff", "\u200b \ufeff\u2060", "\u3164", "\u2800", "\u00ad", "\u202e\u200f"]


@pytest.mark.parametrize("title", INVISIBLE)
def test_a_blank_title_leaves_the_old_one_and_says_so_on_the_conversations_own_page(
    client: Client, kept: Conversation, title: str
) -> None:
    page = client.post(f"/c/{kept.pk}/rename/", {"title": title})
    kept.refresh_from_db()
    assert kept.title == "A title"
    text = page.content.decode()
    assert page.status_code == 400
    assert 'id="conversation-title">A title<' in text
    assert "needs a title" in text
    assert f'action="/c/{kept.pk}/turns/"' in text
    program = client.post(f"/c/{kept.pk}/rename/", {"title": title}, HTTP_ACCEPT="application/json")
    assert (program.status_code, program.json()["error"]) == (400, "empty_title")


@pytest.mark.parametrize("question", INVISIBLE)
def test_a_question_that_nobody_can_see_is_none(client: Client, ada: User, question: str) -> None:
    form = {"question": question, "ask_id": str(uuid4())}
    refusal = client.post("/c/", form, HTTP_ACCEPT="application/json")
    assert (refusal.status_code, refusal.json()["error"]) == (400, "empty")


def test_the_first_words_make_a_title_that_begins_with_what_can_be_seen(ada: User) -> None:
    question = "\u200b" * 300 + " Family: \U0001f468\u200d\U0001f469\u200d\U0001f467 "
    place = places.new_place(Asked(ada.pk, None, question, uuid4()), ada.date_joined)
    title = Conversation.objects.get(pk=place.conversation_id).title
    assert title == "Family: \U0001f468\u200d\U0001f469\u200d\U0001f467"


def test_a_title_keeps_what_holds_its_letters_together(kept: Conversation) -> None:
    shelf.rename(kept, "\ufeff Auf\u200clage ")
    assert kept.title == "Auf\u200clage"


@pytest.mark.parametrize("text", ["a", "…", "👍", "\u0301", "漢", "\ufffd"])
def test_what_can_be_seen_is_not_blank(text: str) -> None:
    assert words.visible(f"\u200b {text}\u200b\n") == f"{text}\u200b"
