"""The rail's search, and titles with letters that no database can keep."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chatapp.turns import rail, shelf
from chatapp.turns.models import Conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


def conversation(owner: User, title: str) -> Conversation:
    return Conversation.objects.create(owner=owner, title=title, created_at=timezone.now(), active_at=timezone.now())


@pytest.mark.parametrize("words", ["übergroße", "ÜBERGROSSE", "ärger", "ПРИВЕТ", "привет", "über ärger"])
def test_a_search_finds_words_of_every_alphabet_in_either_case(ada: User, words: str) -> None:
    kept = conversation(ada, "Übergroße und ÜBERGROSSE Ärger, Привет")
    assert [item.id for group in rail.groups(ada, search=words) for item in group.items] == [kept.pk]


def test_half_a_character_in_a_title_or_a_search_breaks_nothing(ada: User) -> None:
    kept = conversation(ada, "A title")
    shelf.rename(kept, "half \ud83d")
    kept.refresh_from_db()
    assert kept.title == "half \ufffd"
    assert rail.groups(ada, search="half \ud83d")
