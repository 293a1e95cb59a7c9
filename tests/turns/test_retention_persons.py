"""One person: everything handed out, everything deleted, and what stays of it."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from chatapp.files import cupboard
from chatapp.money.models import Budget, Counter, Entry, Grant, Hold
from chatapp.pages.models import Invitation, Tries
from chatapp.turns import export, shelf
from chatapp.turns.attachments import Attachment
from chatapp.turns.models import Attempt, Conversation, Turn
from chatapp.turns.notes import Digest
from chatapp.turns.retention import archive, holds, persons, traces
from chatapp.turns.retention.models import Erasure
from chatapp.turns.states import State
from tests.turns import canaries, stories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("price_book")]

FAR = timezone.now() + timedelta(days=9)


@pytest.fixture(autouse=True)
def own_cupboard(settings: Any, tmp_path: Path) -> None:
    settings.CHATAPP_ATTACHMENTS = str(tmp_path)


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada", email="ada@example.org")


@pytest.fixture
def eve() -> User:
    return User.objects.create(username="eve")


def furnish(person: User) -> list[Conversation]:
    """A row of everything."""
    planted = canaries.plant(person, times=3)
    canaries.plant_loose(person)
    Budget.objects.create(scope="user", user=person, period="day", limit_nanodollars=1, own=True)
    Budget.objects.create(scope="conversation", conversation_id=planted[0].pk, period="total", limit_nanodollars=10**12)
    Grant.objects.create(scope="user", user=person, nanodollars=1, expires_at=FAR, reason="x")
    Invitation.objects.create(code_hash=f"used by {person}", used_by=person, note=person.username, expires_at=FAR)
    Invitation.objects.create(code_hash=f"made by {person}", created_by=person, expires_at=FAR)
    Tries.objects.create(key=f"of {person}", count=1, resets_at=FAR)
    client = Client()
    client.force_login(person)
    return planted


def zipped(person: User) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(archive.export(person.pk))))


def lines(found: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in found.read(name).decode().splitlines()]


def test_the_zip_has_everything_of_one_person_and_nothing_of_another(ada: User, eve: User) -> None:
    ada.set_password("a secret of hers")
    ada.save()
    planted, _ = furnish(ada), furnish(eve)
    ada.groups.add(Group.objects.create(name="law"))
    found = zipped(ada)
    assert found.testzip() is None
    assert lines(found, "profile.jsonl")[0]["email"] == "ada@example.org"
    assert [row["name"] for row in lines(found, "groups.jsonl")] == ["law"]
    names = {f"conversations/{one.pk}.json" for one in planted}
    assert {name for name in found.namelist() if name.startswith("conversations/")} == names
    for one in planted:
        said = json.loads(found.read(f"conversations/{one.pk}.json"))
        thinking = [turn.pop("thinking") for turn in said["turns"]]
        assert thinking == list(one.turns.values_list("thinking", flat=True))
        assert said == export.as_json(one)
    files = {name: found.read(name) for name in found.namelist() if name.startswith("attachments/")}
    assert sorted(files.values()) == sorted(
        cupboard.take(row.key) or b"" for row in Attachment.objects.filter(owner=ada)
    )
    assert len(lines(found, "attachments.jsonl")) == len(files) == 4
    counts = {"digests": 3, "budgets": 2, "grants": 1, "invitation": 1, "invitations-made": 1, "erasures": 1}
    assert {name: len(lines(found, f"{name}.jsonl")) for name in counts} == counts
    everything = b"".join(found.read(name) for name in found.namelist())
    assert b"-eve." not in everything
    assert ada.password.encode() not in everything


def test_an_export_leaves_a_record_without_the_content(ada: User, eve: User) -> None:
    furnish(ada)
    stream = archive.export(ada.pk, eve.pk)
    assert not Erasure.objects.exists()
    next(stream)
    record = Erasure.objects.get()
    assert (record.kind, record.person_number, record.by_number) == ("export", ada.pk, eve.pk)
    assert record.conversations == record.turns == 3
    for _ in stream:
        pass
    record.refresh_from_db()
    assert record.ended_at
    assert not any(canaries.WORD in str(value) for value in vars(record).values())


def test_a_large_archive_comes_in_small_pieces(ada: User) -> None:
    for number in range(5):
        data = Random(number).randbytes(2_000_000)
        row = canaries.plant_loose(ada)
        cupboard.put(row.key, data)
    sizes = [len(piece) for piece in archive.export(ada.pk)]
    assert sum(sizes) > 10_000_000
    # One file at a time and a little more.
    assert max(sizes) < 2_100_000


def test_rows_of_many_pages_are_all_there(ada: User) -> None:
    now = timezone.now()
    one = stories.conversation(ada)
    Hold.objects.bulk_create(
        Hold(
            user_id=ada.pk,
            conversation_id=one.pk,
            day=now.date(),
            priced_from=now.date(),
            prompt_bound_tokens=1,
            max_tokens=1,
            nanodollars=number,
            opened_at=now,
            state="voided",
        )
        for number in range(traces.PAGE * 2 + 1)
    )
    rows = lines(zipped(ada), "holds.jsonl")
    assert [row["nanodollars"] for row in rows] == list(range(traces.PAGE * 2 + 1))


def test_everything_of_one_person_goes_and_nothing_of_another(ada: User, eve: User) -> None:
    furnish(ada)
    furnish(eve)
    number = ada.pk
    erased = persons.erase(ada, eve.pk)
    assert list(User.objects.all()) == [eve]
    for model in (Conversation, Turn, Digest, Attempt):
        assert model._default_manager.count() == 3
    assert Attachment.objects.count() == 4
    assert len(list(cupboard.root().glob("*/*"))) == 4
    assert not canaries.any_word_of("ada", cupboard.root().rglob("*"))
    assert Budget.objects.filter(user=eve).count() == 1
    assert Budget.objects.exclude(conversation_id=None).count() == 1
    assert list(Grant.objects.values_list("user", flat=True)) == [eve.pk]
    assert Invitation.objects.count() == 2
    assert not Tries.objects.exists()
    assert [session.get_decoded()["_auth_user_id"] for session in Session.objects.all()] == [str(eve.pk)]
    record = Erasure.objects.get()
    assert (record.kind, record.person_number, record.by_number) == ("person", number, eve.pk)
    assert (record.conversations, record.turns, record.files) == (3, 3, 4)
    assert record.ended_at
    assert bool(record.wiped_at) == erased.wiped


def test_an_invitation_that_somebody_else_has_used_is_not_his(ada: User, eve: User) -> None:
    Invitation.objects.create(code_hash="x", created_by=ada, used_by=eve, used_at=timezone.now(), expires_at=FAR)
    persons.erase(ada)
    assert Invitation.objects.get().created_by is None


def test_the_money_keeps_its_numbers_and_a_running_answer_is_paid(ada: User) -> None:
    turn = stories.turn(ada, State.STREAMING, timezone.now())
    stories.attempt(turn, Attempt.Task.ANSWER)
    number = ada.pk
    persons.erase(ada)
    entry = Entry.objects.get()
    assert (entry.user_id, entry.exact) == (number, False)
    assert entry.nanodollars > 0
    assert not Hold.objects.filter(state="open").exists()
    assert Counter.objects.filter(user_id=number, spent_nanodollars=entry.nanodollars).exists()


def test_the_administrators_log_forgets_the_name(ada: User, office: Client) -> None:
    User.objects.filter(pk=ada.pk).update(username="zwitscher")
    office.post(
        f"/admin/auth/user/{ada.pk}/change/",
        {"username": "zwitscher", "email": "new@example.org", "date_joined_0": "2026-01-01", "date_joined_1": "10:00"},
    )
    day, hour = f"{FAR:%Y-%m-%d}", f"{FAR:%H:%M}"
    form = {"scope": "user", "user": "zwitscher", "nanodollars": "5", "expires_at_0": day, "expires_at_1": hour}
    office.post("/admin/chatapp/grant/add/", {**form, "reason": "because zwitscher asked"})
    assert Grant.objects.exists()
    assert LogEntry.objects.filter(object_repr__contains="zwitscher").count() == 2
    ada.refresh_from_db()
    persons.erase(ada)
    said = [f"{row.object_repr} {row.change_message}" for row in LogEntry.objects.all()]
    assert len(said) == 2
    assert not [line for line in said if "zwitscher" in line]


def test_nothing_of_a_person_is_deleted_while_something_is_held(ada: User) -> None:
    planted = furnish(ada)
    hold = holds.place(planted[1].pk, "A case", None, timezone.now())
    with pytest.raises(holds.Held, match=f"Hold {hold.pk} on conversation {planted[1].pk}"):
        persons.erase(ada)
    assert Conversation.objects.count() == 3
    assert User.objects.get(pk=ada.pk).is_active
    assert not Erasure.objects.exists()
    holds.lift(hold, "Settled", None, timezone.now())
    persons.erase(ada)
    assert not User.objects.exists()


def test_whoever_is_stopped_on_the_way_can_go_on(ada: User) -> None:
    furnish(ada)
    # As a killed process leaves it: closed to its owner, and one conversation gone.
    User.objects.filter(pk=ada.pk).update(is_active=False)
    first = Conversation.objects.all()[0]
    shelf.delete(first)
    persons.erase(ada)
    assert not User.objects.exists()
    assert Erasure.objects.get(kind="person").conversations == 2
