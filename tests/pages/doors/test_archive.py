"""The archive says what it is, also when nothing is in it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatapp.turns import shelf
from chatapp.turns.models import Conversation

pytestmark = pytest.mark.django_db


def test_an_empty_archive_says_that_it_is_empty(client: Client, ada: User) -> None:
    page = client.get("/?archived=1").content.decode()
    assert "Nothing is archived." in page
    assert "will be listed here" not in page
    assert "will be listed here" in client.get("/").content.decode()


def test_the_archive_has_a_heading_a_title_and_a_way_back(client: Client, kept: Conversation) -> None:
    shelf.archive(kept)
    page = client.get("/?archived=1").content.decode()
    assert "<h2>Archive</h2>" in page
    assert "<title>Archive · Chat</title>" in page
    assert "All conversations" in page
    assert "<h2>Archive</h2>" not in client.get("/").content.decode()


def test_a_search_that_is_taken_back_in_the_archive_shows_the_archive_again(client: Client, kept: Conversation) -> None:
    shelf.archive(kept)
    page = client.get("/?archived=1").content.decode()
    assert 'hx-get="/rail/?archived=1"' in page
    assert '<input type="hidden" name="archived" value="1">' in page
    assert "A title" in client.get("/rail/?archived=1&q=").content.decode()
    assert "Nothing found" in client.get("/rail/?archived=1&q=nowhere").content.decode()
