"""Every door knows what to do with every verb."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatapp.turns.models import Conversation

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/accounts/login/", "/c/{0}/", "/c/{0}/export.json"])
def test_a_head_is_answered_like_a_get(client: Client, kept: Conversation, path: str) -> None:
    address = path.format(kept.pk)
    head, get = client.head(address), client.get(address)
    assert head.status_code == get.status_code < 400
    assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_a_head_of_somebody_who_is_signed_out_is_sent_to_the_door_and_back(client: Client) -> None:
    assert client.head("/rail/").headers["Location"] == "/accounts/login/?next=/rail/"


def test_the_address_under_which_conversations_begin_leads_to_the_first_page(client: Client, ada: User) -> None:
    for verb in ("GET", "HEAD"):
        answer = client.generic(verb, "/c/")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/c/", HTTP_ACCEPT="application/json").status_code == 405
    assert client.put("/c/").status_code == 405


def test_a_link_to_a_door_for_forms_is_a_page_with_a_way_back(client: Client, kept: Conversation) -> None:
    answer = client.get(f"/c/{kept.pk}/turns/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert f'href="/c/{kept.pk}/"' in answer.content.decode()
