"""The page on which an administrator lists further providers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatapp.claude.models import Provider
from tests.claude import speech
from tests.claude.sellers import listed, nobody_known, only_this_machine
from tests.claude.upstream import Script, Upstream

__all__ = ["nobody_known", "only_this_machine"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nobody_known", "only_this_machine")]

LIST = "/admin/chatapp/provider/"
FORM = {
    "name": "eu",
    "kind": "anthropic",
    "position": "1",
    "enabled": "on",
    "base_url": "",
    "key_variable": "CLAUDE_TWO_KEY",
    "region": "",
    "project": "",
    "model_names": "{}",
    "price_percent": "100",
}
BEDROCK = {"kind": "bedrock", "region": "us-east-1"}
VERTEX = {"kind": "vertex", "region": "global", "project": "acme"}


def add(office: Client, **changes: str) -> Any:
    return office.post(f"{LIST}add/", {**FORM, **changes}, follow=True)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"base_url": "https://gateway.example/claude", "model_names": '{"claude-sonnet-5-5": "sonnet@eu"}'},
        BEDROCK,
        VERTEX,
        {"price_percent": "110"},
        {"price_percent": "1000"},
    ],
)
def test_a_provider_is_listed(office: Client, changes: dict[str, str]) -> None:
    assert "was added successfully" in add(office, **changes).text
    assert "can be asked" in office.get(LIST).text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "my eu"}, "consisting of letters"),
        ({"kind": "azure"}, "Select a valid choice"),
        ({"key_variable": ""}, "Name the environment variable that holds"),
        ({"key_variable": "sk-ant-api03-secret"}, "The key itself never goes here"),
        ({"key_variable": "SECRET_KEY"}, "is never sent to anybody"),
        ({"key_variable": "CHATAPP_MODEL"}, "is never sent to anybody"),
        ({"base_url": "gateway.example"}, "begins with https://"),
        ({"base_url": "ftp://gateway.example"}, "begins with https://"),
        ({"base_url": "https://[gateway"}, "This is no address"),
        ({"base_url": "https://me:secret@gateway.example"}, "no name or password"),
        ({"base_url": "https://gateway.example/?key=1"}, "nothing after a ?"),
        ({**BEDROCK, "region": ""}, "Say the region"),
        ({**BEDROCK, "region": "evil.example/"}, "written like us-east-1"),
        ({**VERTEX, "project": ""}, "Vertex answers for a project"),
        ({**VERTEX, "project": "a/b"}, "nothing else"),
        ({"model_names": "sonnet"}, "Enter a valid JSON"),
        ({"model_names": '["claude-sonnet-5-5"]'}, "Names are written as"),
        ({"model_names": '{"claude-sonnet-5-5": 5}'}, "between quotation marks"),
        ({"model_names": '{"claude-sonnet-5-5": "a b"}'}, "between quotation marks"),
        ({"model_names": '{"claude-sonnet-5-5": "one", "claude-haiku-5-5": "one"}'}, "the same name there"),
        ({"price_percent": "99"}, "a tenth more"),
        ({"price_percent": "1001"}, "a tenth more"),
        ({"price_percent": "110.5"}, "Enter a whole number"),
    ],
)
def test_what_cannot_be_right_is_explained_and_not_saved(
    office: Client, changes: dict[str, str], sentence: str
) -> None:
    page = add(office, **changes).text
    assert "Please correct the error" in page
    # The words beside a box say what belongs there, too: only those about the error count.
    assert any(sentence in part.split("</ul>")[0] for part in page.split('class="errorlist')[1:])
    assert not Provider.objects.exists()


def test_a_name_is_given_once(office: Client) -> None:
    add(office)
    assert "already exists" in add(office).text


def test_a_key_that_is_not_set_is_said_when_it_is_saved_and_in_the_list(office: Client) -> None:
    words = "The environment variable CLAUDE_NO_KEY is not set where this process runs."
    assert f"The provider eu is passed over for now. {words}" in add(office, key_variable="CLAUDE_NO_KEY").text
    assert words in office.get(LIST).text


def test_a_key_with_odd_characters_is_said_but_not_shown(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_TWO_KEY", "sk two\x07")
    page = add(office).text
    assert "cannot be a key" in page
    assert "sk two" not in page


def test_no_page_shows_a_key(office: Client) -> None:
    add(office)
    row = Provider.objects.get()
    for page in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/history/"):
        assert "sk-two" not in office.get(page).text


@pytest.mark.parametrize("kind", [{}, BEDROCK, VERTEX])
@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (speech.sends(speech.plain(200, b'{"input_tokens": 8}')), "two counted 8 tokens for claude-sonnet-5-5."),
        (speech.sends(speech.plain(401, b"{}")), "two does not answer (key_refused)"),
        (speech.sends(speech.plain(404, b"{}")), "two was reached, but would not count"),
        (speech.sends(b""), "two does not answer (connection_lost)"),
    ],
)
def test_a_provider_is_tried_without_any_cost(
    office: Client, kind: dict[str, str], script: Script, sentence: str
) -> None:
    with serving(script) as upstream:
        listed("two", upstream.url, **kind)
        assert f"The provider {sentence}" in _tried(office)
    assert len(upstream.requests) == 1
    assert "count" in upstream.requests[0].path


def test_a_provider_without_its_key_is_tried_in_words(office: Client) -> None:
    listed("two", "http://localhost:1", key_variable="CLAUDE_NO_KEY")
    assert "The provider two does not answer (misconfigured): two: The environment variable" in _tried(office)


def test_strangers_and_mere_readers_of_the_admin_do_not_try(db: None) -> None:
    listed("two", "http://localhost:1")
    assert Client().get(LIST).status_code == 302
    staff = Client()
    staff.force_login(User.objects.create_user("ada", is_staff=True))
    assert staff.get(LIST).status_code == 403


@contextmanager
def serving(script: Script) -> Iterator[Upstream]:
    """An upstream with a thread and a loop of its own, for the page has none to lend."""
    ready: Future[tuple[Upstream, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def main() -> None:
        async with Upstream(script) as upstream:
            over = asyncio.Event()
            ready.set_result((upstream, asyncio.get_running_loop(), over))
            await over.wait()

    with ThreadPoolExecutor(1) as thread:
        served = thread.submit(asyncio.run, main())
        upstream, loop, over = ready.result(10)
        try:
            yield upstream
        finally:
            loop.call_soon_threadsafe(over.set)
            served.result(10)


def _tried(office: Client) -> str:
    chosen = {"action": "try_it", "_selected_action": [str(Provider.objects.get().pk)]}
    page: str = office.post(LIST, chosen, follow=True).text
    return page
