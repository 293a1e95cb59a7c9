"""What is remembered of the tables that seldom change is never older than they are."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, transaction

from chatapp.claude import catalogue
from chatapp.claude.models import Model
from chatapp.money import limits
from chatapp.storage import seldom, statements

USUAL = "claude-sonnet-5-5"
WATCHED = import_module("chatapp.migrations.0020_revisions").WATCHED

pytestmark = pytest.mark.django_db


def test_every_watched_table_tells_of_every_kind_of_change() -> None:
    # A later migration that makes one of them anew has to give it its triggers again.
    if connection.vendor == "sqlite":
        told = statements.rows(
            "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%%_revised_%%'"
        )
        assert sorted(name for (name,) in told) == sorted(3 * WATCHED)
    else:
        told = statements.rows("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%%_revised_%%'")
        assert sorted(name for (name,) in told) == sorted(WATCHED)


def test_a_change_is_seen_at_once_whoever_makes_it() -> None:
    assert catalogue.of(USUAL).better != "other"
    statements.run("UPDATE chatapp_model SET better = %s WHERE name = %s", "other", USUAL)
    assert catalogue.of(USUAL).better == "other"
    Model.objects.filter(name=USUAL).update(better="another")
    assert catalogue.of(USUAL).better == "another"
    Model.objects.filter(name=USUAL).delete()
    assert catalogue.of(USUAL).better == ""


def test_what_was_rolled_back_is_forgotten_also_where_its_number_comes_again() -> None:
    user = User.objects.create_user("ada")
    for name in ("readers", "writers"):
        with transaction.atomic():
            group = Group.objects.create(name=name)
            user.groups.add(group)
            assert limits.groups_of(user.pk) == (group.pk,)
            transaction.set_rollback(True)
        assert limits.groups_of(user.pk) == ()


def test_what_did_not_change_is_read_once() -> None:
    read: list[int] = []

    def look() -> int:
        read.append(1)
        return len(read)

    assert [seldom.of("a test", look) for _ in range(3)] == [1, 1, 1]
    Model.objects.filter(name=USUAL).update(better="other")
    assert [seldom.of("a test", look) for _ in range(3)] == [2, 2, 2]


def test_one_look_is_enough_for_what_is_decided_together() -> None:
    looks: list[str] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        looks.extend(["look"] * ("chatapp_revision" in sql))
        return execute(sql, params, many, context)

    def models() -> list[str]:
        return [catalogue.of(USUAL).better for _ in range(2)]

    before = catalogue.of(USUAL).better
    with connection.execute_wrapper(listen), seldom.OneLook():
        assert models() == [before] * 2
        assert looks == ["look"]
        Model.objects.filter(name=USUAL).update(better="other")
        assert models() == [before] * 2
        seldom.look_again()
        # On SQLite nobody else can have changed anything while we wait: we do not wait there.
        assert models() == [before if connection.vendor == "sqlite" else "other"] * 2
    assert models() == ["other"] * 2
