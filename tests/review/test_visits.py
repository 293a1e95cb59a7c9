"""Every reading leaves a row that nobody removes without being found out."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, connections
from django.test import RequestFactory

from chatapp.review import visits
from chatapp.review.models import Chain, Visit
from chatapp.review.visits import Seen
from chatapp.storage import statements
from chatapp.turns.models import Conversation

pytestmark = pytest.mark.django_db(transaction=True)


def read(reader: User, talk: Conversation, times: int = 1) -> None:
    for number in range(times):
        request = RequestFactory().get("/review/", headers={"User-Agent": "tests"})
        visits.record(request, reader, Seen(Visit.What.TRANSCRIPT, f"because {number}", talk, number))


def test_rows_that_nobody_touched_are_in_order(bea: User, talk: Conversation) -> None:
    read(bea, talk, 5)
    found = visits.verify()
    assert (found.count, found.wrong) == (5, ())
    row = Visit.objects.get(number=3)
    assert (row.reader, row.owner_id, row.reason, row.address) == ("bea", talk.owner_id, "because 2", "127.0.0.1")
    assert row.conversation_id == talk.pk


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        ("UPDATE chatapp_visit SET reason = 'another' WHERE number = 3", "reading 3 is not what it was"),
        ("UPDATE chatapp_visit SET reader = 'eve' WHERE number = 5", "reading 5 is not what it was"),
        ("UPDATE chatapp_visit SET at = '2020-01-01 00:00:00+00:00' WHERE number = 2", "reading 2 is not what it was"),
        ("DELETE FROM chatapp_visit WHERE number = 3", "between reading 2 and reading 4 rows are missing"),
        ("DELETE FROM chatapp_visit WHERE number = 1", "between reading 0 and reading 2 rows are missing"),
        ("DELETE FROM chatapp_visit WHERE number = 5", "5 readings were written, the last one that is here is 4"),
        ("DELETE FROM chatapp_visit", "5 readings were written, the last one that is here is 0"),
    ],
)
def test_a_row_that_was_changed_or_removed_is_found(bea: User, talk: Conversation, deed: str, told: str) -> None:
    read(bea, talk, 5)
    statements.run(deed)
    assert any(told in sentence for sentence in visits.verify().wrong)


def test_who_cuts_the_end_off_is_found_by_a_seal_kept_elsewhere(bea: User, talk: Conversation) -> None:
    read(bea, talk, 5)
    kept = visits.verify().last_seal
    assert not visits.verify(expected=kept).wrong
    statements.run("DELETE FROM chatapp_visit WHERE number = 5")
    Chain.objects.update(count=4, seal=Visit.objects.get(number=4).seal)
    assert not visits.verify().wrong
    assert "none of them" in visits.verify(expected=kept).wrong[0]


def test_a_new_secret_key_is_told_apart_from_a_forged_row(
    bea: User, talk: Conversation, settings: LazySettings, tmp_path: Path
) -> None:
    read(bea, talk, 2)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key that is long enough for everything"
    read(bea, talk, 1)
    assert [w for w in visits.verify().wrong if "--old-key-file" in w] == list(visits.verify().wrong)
    (tmp_path / "old").write_text(f"{old}\n")
    told = io.StringIO()
    call_command("audit", "verify", "--old-key-file", str(tmp_path / "old"), "--json", stdout=told)
    assert json.loads(told.getvalue())["readings"] == 3
    with pytest.raises(SystemExit):
        call_command("audit", "verify", stdout=io.StringIO())


def test_many_readers_at_once_make_one_chain(bea: User, talk: Conversation) -> None:
    def one(_: int) -> None:
        try:
            read(bea, talk)
        finally:
            connections.close_all()

    if connection.vendor == "sqlite" and connection.is_in_memory_db():  # type: ignore[attr-defined]
        # One connection is all there is of a database in memory; PostgreSQL has the crowd.
        read(bea, talk, 24)
    else:
        with ThreadPoolExecutor(8) as crowd:
            list(crowd.map(one, range(24)))
    found = visits.verify()
    assert (found.count, found.wrong) == (24, ())


def test_the_product_itself_deletes_and_changes_none(bea: User, talk: Conversation, ada: User) -> None:
    read(bea, talk)
    visit = Visit.objects.get()
    every = Visit._base_manager.all()
    for deed in (
        visit.delete,
        visit.save,
        every.delete,
        lambda: Visit.objects.update(reason=""),
        every.reverse().delete,
    ):
        with pytest.raises(PermissionError):
            deed()
    bea.delete()
    assert Visit.objects.get().reader == "bea"
    assert not visits.verify().wrong


def test_whoever_reads_while_the_chain_is_verified_raises_no_alarm(
    bea: User, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two rows are looked at at a time here, and a third reading comes when the second of them was."""
    read(bea, talk, 2)
    monkeypatch.setattr(visits, "_BATCH", 2)
    looked_at = Visit.from_db.__func__  # type: ignore[attr-defined]

    def from_db(cls: type[Visit], *args: object) -> Visit:
        found: Visit = looked_at(cls, *args)
        if found.number == 2 and Visit.objects.count() == 2:
            read(bea, talk)
        return found

    monkeypatch.setattr(Visit, "from_db", classmethod(from_db))
    assert visits.verify().wrong == ()
