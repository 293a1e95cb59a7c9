"""Who may read the figures: everybody who reaches the process, or whoever has the token where there is one."""

import pytest
from django.test import Client, override_settings

pytestmark = pytest.mark.django_db

TOKEN = "a-token-that-is-long-enough"


def test_without_a_token_the_figures_are_open(client: Client) -> None:
    assert client.get("/metrics").status_code == 200


@override_settings(CHATAPP_METRICS_TOKEN=TOKEN)
@pytest.mark.parametrize("sent", ["", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ", "Bearer schlüssel"])
def test_with_one_whoever_has_it_not_is_turned_away(client: Client, sent: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": sent})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "chatapp_" not in answer.text


@override_settings(CHATAPP_METRICS_TOKEN=TOKEN)
def test_whoever_has_it_may_read(client: Client) -> None:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert "chatapp_turns_running" in answer.text
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
