"""Deleting for good where each row has a lock: none says it any more, and a hold that is being set is waited for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chatapp.storage import statements
from chatapp.turns import shelf
from chatapp.turns.models import Conversation
from chatapp.turns.refusals import Refused
from chatapp.turns.retention import erasing, holds, nights, persons, records
from chatapp.turns.retention.models import Erasure, Retention
from tests.turns import canaries
from tests.turns.test_rows import meanwhile

pytestmark = [pytest.mark.large, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("price_book")]


@pytest.fixture(autouse=True)
def own_cupboard(settings: Any, tmp_path: Path) -> None:
    settings.CHATAPP_ATTACHMENTS = str(tmp_path)


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada")


def said_in(whose: str) -> set[str]:
    """The tables in which a word of this person's is found, in whatever column."""
    wanted = f"%-{whose}.%"
    return {
        table
        for table in connection.introspection.table_names()
        if statements.row(f'SELECT 1 FROM "{table}" AS row WHERE row::text LIKE %s', wanted)
    }


def by_owner(person: User) -> None:
    for one in Conversation.objects.filter(owner=person):
        shelf.delete(one)
    assert erasing.wipe()


def by_retention(person: User) -> None:
    Retention.objects.create(days=1)
    assert nights.sweep(timezone.now()).wiped


def by_erasing(person: User) -> None:
    assert persons.erase(person).wiped


@pytest.mark.parametrize("delete", [by_owner, by_retention, by_erasing])
def test_no_row_says_it_any_more(ada: User, delete: Callable[[User], None]) -> None:
    eve = User.objects.create(username="eve")
    canaries.plant(ada, timezone.now() - timedelta(days=2), 3)
    canaries.plant(eve)
    kinds = ("conversation", "turn", "digest", "checkpoint", "attempt", "attachment")
    assert said_in("ada") == said_in("eve") == {f"chatapp_{kind}" for kind in kinds}
    delete(ada)
    assert said_in("ada") == set()
    assert said_in("eve") == {f"chatapp_{kind}" for kind in kinds}
    assert not Erasure.objects.filter(wiped_at=None).exists()


def test_whoever_deletes_waits_for_a_hold_that_is_just_being_set(ada: User) -> None:
    (made,) = canaries.plant(ada)
    refused: list[Refused] = []

    def delete() -> None:
        try:
            erasing.erase(made.pk, lambda: records.begin(records.Kind.OWNER, ada.pk, ada.pk))
        except Refused as why:
            refused.append(why)

    with transaction.atomic():
        holds.place(made.pk, "A case", None, timezone.now())
        with meanwhile(delete):
            pass
    assert [why.code for why in refused] == ["held"]
    assert Conversation.objects.exists()


def test_the_database_itself_refuses_to_let_go_of_what_is_held(ada: User) -> None:
    (made,) = canaries.plant(ada)
    holds.place(made.pk, "A case", None, timezone.now())
    with pytest.raises(IntegrityError):
        _delete_the_rows()
    assert Conversation.objects.exists()


@transaction.atomic
def _delete_the_rows() -> None:
    statements.run("UPDATE chatapp_conversation SET head_id = NULL")
    for table in ("digest", "keptanswer", "attempt", "checkpoint", "attachment_turns", "turn", "conversation"):
        statements.run(f"DELETE FROM chatapp_{table}")
