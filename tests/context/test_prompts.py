"""Numbered system prompts: a draft is edited, a version that was in use never; a conversation keeps its own."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chatapp.context import prompts
from chatapp.context.models import ContextSettings, SystemPrompt, Unchangeable
from chatapp.turns import composition, inbox
from chatapp.turns.models import Conversation, Turn

pytestmark = pytest.mark.django_db
LIST = "/admin/chatapp/systemprompt/"


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


def _second() -> SystemPrompt:
    made = prompts.draft("You are terse.\nYou are kind.", "shorter", None, timezone.now())
    prompts.activate(made.pk, None, timezone.now())
    return SystemPrompt.objects.get(pk=made.pk)


def _told(turn: Turn) -> str:
    question = composition.Question(turn.pk, turn.conversation_id, turn.asker_id, None, "Hi", "", turn.model, "")
    return str(composition.of(question).told.system[0]["text"])


def test_a_house_begins_with_the_version_that_ships() -> None:
    assert (prompts.active().number, prompts.active().text) == (1, prompts.DEFAULT)


def test_a_conversation_keeps_the_version_it_began_with(ada: User) -> None:
    before = Turn.objects.get(pk=inbox.begin(ada, "Hello?", uuid4()).turn_id)
    _second()
    after = Turn.objects.get(pk=inbox.begin(ada, "Hello?", uuid4()).turn_id)
    assert _told(before) == prompts.DEFAULT
    assert _told(after) == "You are terse.\nYou are kind."


def test_only_one_version_is_active() -> None:
    second = _second()
    assert list(SystemPrompt.objects.filter(stage="active")) == [second]
    assert not prompts.activate(second.pk, None, timezone.now())


def test_what_was_in_use_is_neither_rewritten_nor_deleted() -> None:
    used = SystemPrompt.objects.get(number=1)
    used.text = "Something else"
    with pytest.raises(Unchangeable):
        used.save()
    with pytest.raises(Unchangeable):
        used.delete()
    assert prompts.active().text == prompts.DEFAULT


def test_nothing_is_filled_in_so_every_day_and_person_is_told_the_same(ada: User) -> None:
    made = prompts.draft("{now} {{ user }} %s $name", "odd", None, timezone.now())
    prompts.activate(made.pk, None, timezone.now())
    turn = Turn.objects.get(pk=inbox.begin(ada, "Hello?", uuid4()).turn_id)
    assert _told(turn) == "{now} {{ user }} %s $name"


def test_an_administrator_writes_activates_compares_and_moves_on(office: Client, grace: User, ada: User) -> None:
    inbox.begin(ada, "Hello?", uuid4())
    assert prompts.DEFAULT[:40] in office.get(f"{LIST}add/").text
    assert office.post(f"{LIST}add/", {"text": "You are terse.", "note": "shorter"}).status_code == 302
    draft = SystemPrompt.objects.get(number=2)
    assert (draft.stage, draft.written_by) == ("draft", grace)
    page = f"{LIST}{draft.pk}/"
    office.post(f"{page}change/", {"text": "You are very terse.", "note": "shorter still"})
    assert "You are very terse." in office.get(f"{page}change/").text
    assert prompts.active().number == 1
    office.post(f"{page}activate/")
    draft.refresh_from_db()
    assert (draft.stage, draft.activated_by, prompts.active().number) == ("active", grace, 2)
    shown = office.get(f"{page}change/").text
    assert "What is different from version 1" in shown
    assert "<ins>" in shown
    assert "Move 1 conversation on to this version" in shown
    # It is in use now, so it stays as it is.
    assert office.post(f"{page}change/", {"text": "Something else", "note": ""}).status_code == 403
    office.post(f"{page}move/")
    assert set(Conversation.objects.values_list("prompt", flat=True)) == {draft.pk}
    assert "1 conversations moved on" in office.get(LIST).text


def test_only_the_active_version_is_given_to_conversations_that_have_begun(office: Client, ada: User) -> None:
    inbox.begin(ada, "Hello?", uuid4())
    draft = prompts.draft("You are terse.", "", None, timezone.now())
    office.post(f"{LIST}{draft.pk}/move/")
    assert not Conversation.objects.filter(prompt=draft).exists()


@pytest.mark.parametrize("act", ["activate", "move"])
def test_a_stranger_decides_nothing(act: str) -> None:
    draft = prompts.draft("You are terse.", "", None, timezone.now())
    client = Client()
    assert client.post(f"{LIST}{draft.pk}/{act}/").status_code == 302
    client.force_login(User.objects.create_user("eve", is_staff=True))
    assert client.post(f"{LIST}{draft.pk}/{act}/").status_code == 403
    assert prompts.active().number == 1


def test_the_difference_names_every_line_that_went_or_came() -> None:
    found = list(prompts.difference("one\ntwo\nthree", "one\n2\nthree\nfour"))
    assert found == [(" ", "one"), ("-", "two"), ("+", "2"), (" ", "three"), ("+", "four")]


def test_how_long_it_is_cached_is_an_administrators_choice(settings: object) -> None:
    assert prompts.ttl() == "1h"
    ContextSettings.objects.create(prompt_cache="5m")
    assert prompts.ttl() == "5m"
