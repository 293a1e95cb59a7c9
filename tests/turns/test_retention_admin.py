"""Rules, holds and records in the admin: who may what, what is looked at first, and what is never shown."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from chatapp.turns.models import Conversation
from chatapp.turns.retention import holds
from chatapp.turns.retention.models import Erasure, LegalHold, Retention
from tests.turns import canaries
from tests.turns.staff import with_permissions

pytestmark = pytest.mark.django_db

RULES, HOLDS, ERASURES = (f"/admin/chatapp/{name}/" for name in ("retention", "legalhold", "erasure"))


@pytest.fixture(autouse=True)
def own_cupboard(settings: Any, tmp_path: Path) -> None:
    settings.CHATAPP_ATTACHMENTS = str(tmp_path)


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada")


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
