"""Which names and which addresses are answered."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings

from chatapp.pages.policy import POLICY
from chatapp.turns.models import Conversation

pytestmark = pytest.mark.django_db


STRANGE: Any = {"HTTP_HOST": "evil.example"}


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/rail/", "/nowhere/"])
def test_a_name_that_is_not_ours_is_answered_nothing(
    client: Client, ada: User, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = client.get(path, **STRANGE)
    assert refusal.status_code == 400
    assert refusal.headers["Content-Security-Policy"] == POLICY
    # Whoever tries every address of the internet must not fill our logs.
    assert caplog.text == ""


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_probe_may_ask_by_any_name(client: Client, path: str) -> None:
    probe = client.get(path, **STRANGE)
    assert probe.status_code == 200


@pytest.mark.parametrize("path", ["/admin", "/accounts/login", "/c/{0}", "/c/{0}?q=1"])
@pytest.mark.parametrize("verb", ["GET", "HEAD"])
def test_an_address_without_its_last_slash_leads_to_the_one_with_it(
    client: Client, kept: Conversation, path: str, verb: str
) -> None:
    address, mark, query = path.format(kept.pk).partition("?")
    answer = client.generic(verb, f"{address}{mark}{query}")
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"{address}/{mark}{query}"


@pytest.mark.parametrize("debug", [True, False])
def test_a_form_without_the_last_slash_is_not_sent_on_without_its_words(client: Client, ada: User, debug: bool) -> None:
    with override_settings(DEBUG=debug):
        assert client.post("/c", {"question": "Lost?"}).status_code == 404
