"""Rules, holds, records and people in the admin: who may what, what is asked for first, and what is never shown."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone

from chatapp.pages.accounts import leaving
from chatapp.turns.models import Conversation
from chatapp.turns.retention import holds
from chatapp.turns.retention.models import Erasure, LegalHold, Retention
from tests.turns import canaries

pytestmark = pytest.mark.django_db

RULES, HOLDS, ERASURES = (f"/admin/chatapp/{name}/" for name in ("retention", "legalhold", "erasure"))


@pytest.fixture(autouse=True)
def own_cupboard(settings: Any, tmp_path: Path) -> None:
    settings.CHATAPP_ATTACHMENTS = str(tmp_path)


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada")


def with_permissions(*names: str) -> Client:
    staff = User.objects.create(username=f"staff-{uuid4().hex[:8]}", is_staff=True)
    for name in names:
        app, codename = name.split(".")
        staff.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client = Client()
    client.force_login(staff)
    return client


def held(conversation: Conversation) -> LegalHold:
    return holds.place(conversation.pk, "A case", None, timezone.now())


def test_a_rule_is_looked_at_before_it_is_saved(office: Client, ada: User) -> None:
    ada.groups.add(Group.objects.create(name="law"))
    canaries.plant(ada, timezone.now() - timedelta(days=8), 2)
    eve = User.objects.create(username="eve")
    canaries.plant(eve, timezone.now() - timedelta(days=8), 1)
    page = office.post(f"{RULES}add/", {"group": "", "days": "7"})
    assert "<strong>3 conversations</strong> of <strong>2 people</strong>" in page.text
    page = office.post(f"{RULES}add/", {"group": "law", "days": "7"})
    assert "<strong>2 conversations</strong> of <strong>1 person</strong>" in page.text
    assert not Retention.objects.exists()
    # Whoever changes it looks again.
    form = {"group": "law", "days": "9", "seen": "the group law: 7 days"}
    assert "deletes nothing" in office.post(f"{RULES}add/", form).text
    assert not Retention.objects.exists()
    assert office.post(f"{RULES}add/", {**form, "days": "7"}).status_code == 302
    rule = Retention.objects.get()
    assert (rule.days, str(rule.group)) == (7, "law")
    # A rule of a group goes before everybody's.
    page = office.post(f"{RULES}add/", {"group": "", "days": "7"})
    assert "<strong>1 conversation</strong> of <strong>1 person</strong>" in page.text


def test_a_rule_is_changed_and_deleted_and_there_is_one_for_each(office: Client) -> None:
    rule = Retention.objects.create(days=30)
    path = f"{RULES}{rule.pk}/change/"
    assert "Nothing is saved yet" in office.post(path, {"days": "31"}).text
    assert office.post(path, {"days": "31", "seen": "everybody: 31 days"}).status_code == 302
    assert Retention.objects.get().days == 31
    assert "There is such a rule already" in office.post(f"{RULES}add/", {"group": "", "days": "7"}).text
    for days in ("0", "3651", "x"):
        assert office.post(f"{RULES}add/", {"group": "", "days": days}).status_code == 200
    assert "longest rule applies" in office.get(path).text
    assert office.post(f"{RULES}{rule.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Retention.objects.exists()


def test_a_hold_is_set_and_lifted_with_a_reason_and_nothing_that_was_said_is_shown(
    office: Client, ada: User, grace: User
) -> None:
    (made,) = canaries.plant(ada)
    assert office.post(f"{HOLDS}add/", {"number": str(made.pk), "reason": ""}).status_code == 200
    assert "no such conversation" in office.post(f"{HOLDS}add/", {"number": str(uuid4()), "reason": "x"}).text
    assert office.post(f"{HOLDS}add/", {"number": "", "reason": "x"}).status_code == 200
    assert not LegalHold.objects.exists()
    assert office.post(f"{HOLDS}add/", {"number": str(made.pk), "reason": "A case"}).status_code == 302
    hold = LegalHold.objects.get()
    assert (hold.conversation, hold.set_by, hold.owner_number) == (made, grace, ada.pk)
    lift = f"{HOLDS}{hold.pk}/lift/"
    pages = [office.get(path).text for path in (HOLDS, f"{HOLDS}{hold.pk}/change/", lift)]
    for page in pages:
        assert str(made.pk) in page
        assert canaries.WORD not in page
    assert office.post(lift, {"because": " "}).status_code == 200
    assert LegalHold.objects.get().lifted_at is None
    assert office.post(lift, {"because": "Settled"}).status_code == 302
    hold.refresh_from_db()
    assert (hold.conversation, hold.lifted_by, hold.lifted_because) == (None, grace, "Settled")
    assert "was lifted already" in office.post(lift, {"because": "Again"}, follow=True).text
    hold.refresh_from_db()
    assert hold.lifted_because == "Settled"
    # As a record it stays.
    assert office.post(f"{HOLDS}{hold.pk}/delete/", {"post": "yes"}).status_code == 403
    assert office.post(f"{HOLDS}{hold.pk}/change/", {"reason": "Another"}).status_code == 403


def test_nobody_adds_changes_or_deletes_a_record(office: Client, ada: User) -> None:
    record = Erasure.objects.create(kind="owner", person_number=ada.pk, by_number=ada.pk, began_at=timezone.now())
    Erasure.objects.create(kind="retention", person_number=99, began_at=timezone.now())
    page = office.get(ERASURES).text
    assert "ada" in page
    assert "person 99 (gone)" in page
    assert office.get(f"{ERASURES}add/").status_code == 403
    assert office.get(f"{ERASURES}{record.pk}/change/").status_code == 200
    for path, form in (("change", {"kind": "export"}), ("delete", {"post": "yes"})):
        assert office.post(f"{ERASURES}{record.pk}/{path}/", form).status_code == 403
    office.post(ERASURES, {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"})
    assert Erasure.objects.count() == 2


# What each page wants of whoever opens it.
DOORS = {
    RULES: "chatapp.view_retention",
    f"{RULES}add/": "chatapp.add_retention",
    HOLDS: "chatapp.view_legalhold",
    f"{HOLDS}add/": "chatapp.add_legalhold",
    f"{HOLDS}1/lift/": "chatapp.change_legalhold",
    ERASURES: "chatapp.view_erasure",
}


@pytest.mark.parametrize("door", DOORS)
def test_a_page_is_for_those_who_may(ada: User, door: str) -> None:
    hold = held(canaries.plant(ada)[0])
    path = door.replace("/1/", f"/{hold.pk}/")
    assert with_permissions(DOORS[door]).get(path).status_code == 200
    others = [
        name for name in DOORS.values() if name != DOORS[door] and name.split("_")[1] != DOORS[door].split("_")[1]
    ]
    stranger = with_permissions(*others)
    assert stranger.get(path).status_code == 403
    assert stranger.post(path, {"because": "x", "number": str(hold.number), "reason": "x"}).status_code == 403
    hold.refresh_from_db()
    assert hold.lifted_at is None
    assert LegalHold.objects.count() == 1


EXPORT, ERASE = (
    ("auth.view_user", "chatapp.export_person"),
    ("auth.view_user", "auth.delete_user", "chatapp.erase_person"),
)


@pytest.mark.parametrize("act", ["export", "erase"])
@pytest.mark.parametrize(
    "given",
    [
        (),
        ("auth.view_user",),
        ("chatapp.export_person", "chatapp.erase_person"),
        ("auth.view_user", "chatapp.erase_person"),
        ("auth.view_user", "auth.change_user", "auth.delete_user"),
    ],
    ids=lambda given: "+".join(name.split(".")[1] for name in given) or "nothing",
)
def test_nobody_hands_out_or_deletes_a_person_without_leave(ada: User, act: str, given: tuple[str, ...]) -> None:
    staff = with_permissions(*given)
    path = f"/admin/auth/user/{ada.pk}"
    assert staff.post(f"{path}/{act}/", {"name": "ada"}).status_code == 403
    assert staff.get(f"{path}/everything/").status_code == 403
    assert "Export or delete everything" not in staff.get(f"{path}/change/").text
    assert User.objects.filter(pk=ada.pk).exists()
    assert not Erasure.objects.exists()


def test_each_leave_opens_its_own_half_of_the_page(ada: User) -> None:
    path = f"/admin/auth/user/{ada.pk}"
    exporting, erasing = with_permissions(*EXPORT), with_permissions(*ERASE)
    for staff, sees, not_that in (
        (exporting, "Export everything", "Delete everything for good"),
        (erasing, "Delete everything for good", "Export everything"),
    ):
        page = staff.get(f"{path}/everything/").text
        assert sees in page
        assert not_that not in page
        assert "Export or delete everything" in staff.get(f"{path}/change/").text
    assert exporting.post(f"{path}/erase/", {"name": "ada"}).status_code == 403
    assert erasing.post(f"{path}/export/").status_code == 403
    # A link does neither.
    for staff, act in ((exporting, "export"), (erasing, "erase")):
        assert staff.get(f"{path}/{act}/").status_code == 405
    assert exporting.get("/admin/auth/user/999/everything/").status_code == 404
    assert User.objects.filter(pk=ada.pk).exists()
    assert erasing.post(f"{path}/erase/", {"name": "ada"}).status_code == 302
    assert not User.objects.filter(pk=ada.pk).exists()


def test_a_person_is_deleted_only_by_typing_the_name(office: Client, ada: User, grace: User) -> None:
    canaries.plant(ada, times=2)
    path, number = f"/admin/auth/user/{ada.pk}/erase/", ada.pk
    for name in ("", "Ada", "grace"):
        assert office.post(path, {"name": name}).status_code == 422
    assert Conversation.objects.count() == 2
    page = office.post(path, {"name": "ada"}, follow=True)
    assert f"Person {number} is deleted, with 2 conversations, 2 turns and 2 files." in page.text
    assert list(User.objects.all()) == [grace]
    record = Erasure.objects.get()
    assert (record.kind, record.person_number, record.by_number) == ("person", number, grace.pk)
    line = LogEntry.objects.get()
    assert (line.object_repr, line.user) == (f"person {number}", grace)


@pytest.mark.parametrize("way", ["erase", "delete", "dozen"])
def test_deleting_a_person_is_refused_with_the_holds_that_stand_against_it(office: Client, ada: User, way: str) -> None:
    hold = held(canaries.plant(ada)[0])
    if way == "dozen":
        rows = {"action": "delete_selected", "_selected_action": [ada.pk], "post": "yes"}
        page = office.post("/admin/auth/user/", rows)
    else:
        page = office.post(f"/admin/auth/user/{ada.pk}/{way}/", {"post": "yes", "name": "ada"})
    assert f"Hold {hold.pk} on conversation {hold.number}" in page.text
    assert "must be kept by law" in page.text
    assert User.objects.filter(pk=ada.pk, is_active=True).exists()
    assert Conversation.objects.exists()
    assert not Erasure.objects.exists()


def test_the_admins_own_way_of_deleting_leaves_a_record_too_and_no_name(office: Client, ada: User) -> None:
    canaries.plant(ada)
    assert office.post(f"/admin/auth/user/{ada.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Erasure.objects.get().kind == "person"
    assert "ada" not in LogEntry.objects.get().object_repr


def test_nobody_deletes_himself_while_signed_in(office: Client, grace: User) -> None:
    for way in ("erase", "delete"):
        page = office.post(f"/admin/auth/user/{grace.pk}/{way}/", {"post": "yes", "name": "grace"})
        assert "You are signed in as this person" in page.text
    assert User.objects.filter(pk=grace.pk).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("price_book")
def test_the_export_is_read_piece_by_piece(office: Client, ada: User, grace: User) -> None:
    planted = canaries.plant(ada, times=2)
    answer = cast("StreamingHttpResponse", office.post(f"/admin/auth/user/{ada.pk}/export/"))
    assert answer.headers["Content-Disposition"] == f'attachment; filename="person-{ada.pk}.zip"'
    assert "no-store" in answer.headers["Cache-Control"]
    # Made as it is read, and no earlier.
    assert not Erasure.objects.exists()

    async def read() -> bytes:
        return b"".join([piece async for piece in cast("AsyncIterator[bytes]", answer.streaming_content)])

    found = zipfile.ZipFile(io.BytesIO(async_to_sync(read)()))
    assert {f"conversations/{one.pk}.json" for one in planted} < set(found.namelist())
    record = Erasure.objects.get()
    assert (record.kind, record.by_number, record.conversations) == ("export", grace.pk, 2)
    assert record.ended_at


def test_what_is_too_much_for_a_browser_is_refused_and_the_command_named(
    office: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    canaries.plant(ada)
    monkeypatch.setattr(leaving, "MOST_BYTES", 10)
    page = office.post(f"/admin/auth/user/{ada.pk}/export/")
    assert page.status_code == 409
    assert "manage.py person export" in page.text
    assert not Erasure.objects.exists()
