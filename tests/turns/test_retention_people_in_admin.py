"""A person's page in the admin: everything about him handed out or deleted, by those who may and as they mean it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from asgiref.sync import async_to_sync
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone

from chatapp.pages.accounts import leaving
from chatapp.turns.models import Conversation
from chatapp.turns.retention import holds
from chatapp.turns.retention.models import Erasure, LegalHold
from tests.turns import canaries
from tests.turns.staff import with_permissions

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_cupboard(settings: Any, tmp_path: Path) -> None:
    settings.CHATAPP_ATTACHMENTS = str(tmp_path)


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada")


def held(conversation: Conversation) -> LegalHold:
    return holds.place(conversation.pk, "A case", None, timezone.now())


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
