"""No byte of what was deleted is left in SQLite's files, also not where its pages keep copies of rows that moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from chatapp.files import cupboard
from chatapp.storage import statements, wiping
from chatapp.turns import shelf
from chatapp.turns.models import Conversation
from chatapp.turns.retention import erasing, nights, persons
from chatapp.turns.retention.models import Erasure, Retention
from tests.turns import canaries

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("price_book"),
    pytest.mark.small,
]

MANY = 8


@pytest.fixture(autouse=True)
def own_cupboard(settings: Any, tmp_path: Path) -> None:
    settings.CHATAPP_ATTACHMENTS = str(tmp_path)


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada")


@pytest.fixture
def eve() -> User:
    return User.objects.create(username="eve")


@pytest.fixture
def impatient() -> Iterator[None]:
    """Whoever is in the way is waited for no longer than a blink."""
    statements.row("PRAGMA busy_timeout = 20")
    yield
    statements.row("PRAGMA busy_timeout = 10000")


def files() -> Iterator[Path]:
    database = Path(str(connection.settings_dict["NAME"]))
    yield from database.parent.glob(f"{database.name}*")
    yield from cupboard.root().rglob("*")


def by_owner(person: User) -> None:
    for one in Conversation.objects.filter(owner=person):
        shelf.delete(one)
    # One click is no reason to write the whole file anew; the night does.
    assert Erasure.objects.filter(wiped_at=None).count() == MANY
    assert nights.sweep(timezone.now()).wiped


def by_retention(person: User) -> None:
    Retention.objects.create(days=1)
    assert nights.sweep(timezone.now()).wiped


def by_erasing(person: User) -> None:
    assert persons.erase(person).wiped


@pytest.mark.parametrize("delete", [by_owner, by_retention, by_erasing])
def test_nothing_is_left_of_what_was_deleted(ada: User, eve: User, delete: Callable[[User], None]) -> None:
    canaries.plant(ada, timezone.now() - timedelta(days=2), MANY)
    canaries.plant(eve)
    assert canaries.found("ada", files()) == set(canaries.PLACES) - {"loose"}
    delete(ada)
    assert canaries.any_word_of("ada", files()) == []
    assert Conversation.objects.filter(owner=eve).count() == 1
    assert not Erasure.objects.filter(wiped_at=None).exists()


def test_nor_of_the_copies_that_pages_keep_when_rows_move(ada: User, eve: User) -> None:
    """Where they are is SQLite's own affair; so they are made here by deleting without overwriting."""
    canaries.plant(ada)
    canaries.plant(eve)
    statements.row("PRAGMA secure_delete = OFF")
    try:
        shelf.delete(Conversation.objects.get(owner=ada))
    finally:
        statements.row("PRAGMA secure_delete = ON")
    assert canaries.any_word_of("ada", files())
    assert nights.sweep(timezone.now()).wiped
    assert canaries.any_word_of("ada", files()) == []
    assert canaries.found("eve", files()) == set(canaries.PLACES) - {"loose"}


@pytest.mark.usefixtures("impatient")
def test_while_somebody_reads_from_the_log_nobody_says_that_all_is_gone(ada: User) -> None:
    canaries.plant(ada, timezone.now() - timedelta(days=2))
    Retention.objects.create(days=1)
    reader = connection.copy()
    try:
        with reader.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            cursor.execute("SELECT count(*) FROM chatapp_turn")
            swept = nights.sweep(timezone.now())
            assert (swept.conversations, swept.wiped) == (1, False)
            assert canaries.any_word_of("ada", files())
    finally:
        reader.close()
    assert nights.sweep(timezone.now()).wiped
    assert not canaries.any_word_of("ada", files())


@pytest.mark.usefixtures("impatient")
def test_a_file_that_cannot_be_written_anew_is_left_to_the_next_night(
    ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    canaries.plant(ada)
    shelf.delete(Conversation.objects.get())
    writer = connection.copy()
    try:
        with writer.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            assert not erasing.wipe()
            assert "tries again" in caplog.text
            cursor.execute("ROLLBACK")
    finally:
        writer.close()
    assert erasing.wipe()


def test_a_large_file_is_written_anew_in_the_night_only(ada: User) -> None:
    canaries.plant(ada)
    shelf.delete(Conversation.objects.get())
    assert not erasing.wipe(at_most_bytes=wiping.file_bytes() - 1)
    assert erasing.wipe(at_most_bytes=wiping.file_bytes())
    # Where nothing was deleted since, nothing is written.
    assert erasing.wipe(at_most_bytes=0)
