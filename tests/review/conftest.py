"""People with each of the roles, and a conversation of somebody who has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.utils import timezone

from chatapp.pages.accounts import roles
from chatapp.review.models import Criterion, Rule, Scorecard
from chatapp.storage import statements
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.register import filing
from tests.turns import stories

Visit = Callable[..., Client]


@pytest.fixture(autouse=True)
def desk(transactional_db: None) -> Iterator[None]:
    """The roles, the first rules and a scorecard, as a new house has them; and nothing in the index."""
    roles.ensure()
    filing._known.clear()
    for kind in Rule.Kind.values:
        Rule.objects.get_or_create(kind=kind, defaults={"active": False})
    if connection.vendor == "sqlite":
        statements.run("INSERT INTO chatapp_words (chatapp_words) VALUES ('delete-all')")
    yield
    filing._known.clear()


@pytest.fixture
def card() -> Scorecard:
    Scorecard.objects.all().delete()
    made = Scorecard.objects.create(name="Test card")
    Criterion.objects.create(scorecard=made, position=1, name="Right", choices=["No", "Partly", "Yes"])
    Criterion.objects.create(scorecard=made, position=2, name="Safe", choices=["No", "Yes"])
    return made


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def talk(ada: User) -> Conversation:
    return stories.conversation(ada)


def member(name: str, role: str, *permissions: str) -> User:
    """Staff in one role, with a few permissions more."""
    made = User.objects.create_user(name, is_staff=role != "user")
    made.groups.add(Group.objects.get(name=role))
    made.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return made


def browser(person: User | None) -> Client:
    client = Client(enforce_csrf_checks=False)
    if person:
        client.force_login(person)
    return client


@pytest.fixture
def bea() -> User:
    return member("bea", "reviewer")


@pytest.fixture
def desk_of_bea(bea: User) -> Client:
    return browser(bea)


def file_all() -> None:
    while filing.file_what_ended():
        pass


def answered(turn: Turn, **changes: object) -> Turn:
    Turn.objects.filter(pk=turn.pk).update(state="answered", ended_at=timezone.now(), **changes)
    turn.refresh_from_db()
    return turn
