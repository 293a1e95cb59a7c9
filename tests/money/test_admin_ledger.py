"""The ledger in the admin: looked at by those who may, corrected by new lines, and never rewritten."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from chatapp.money import ledger
from chatapp.money.models import Budget, Counter, Entry, Grant, Hold
from chatapp.turns.models import Attempt, Conversation, Turn
from tests.money.spending import cents, hold, only, spend

pytestmark = pytest.mark.django_db

ENTRIES = "/admin/chatapp/entry/"
CORRECT = "/admin/chatapp/entry/correct/"
REASON = "The model answered twice"


@pytest.fixture(autouse=True)
def no_limits(db: None) -> None:
    only(scope="site", period="total", limit_nanodollars=cents(100_000))


def correct(office: Client, **changes: str) -> Any:
    form = {"direction": "back", "amount": "0.10", "user": "ada", "conversation_id": "", "reason": REASON}
    return office.post(CORRECT, {**form, **changes}, follow=True)


def test_entries_are_listed_and_filtered(office: Client, ada: User, bob: User) -> None:
    spend(ada.pk, 10)
    spend(bob.pk, 25)
    assert "$0.10" in office.get(ENTRIES).text
    for query in (f"user_id={bob.pk}", "q=bob", f"q={Entry.objects.get(user_id=bob.pk).conversation_id}"):
        page = office.get(f"{ENTRIES}?{query}").text
        assert ("$0.25" in page, "$0.10" in page) == (True, False), query
    for query in ("kind=charge", "exact=1", "task=answer", "model=claude-sonnet-5-5", "q=c0ffee"):
        assert "$0.25" in office.get(f"{ENTRIES}?{query}").text, query
    assert "$0.25" not in office.get(f"{ENTRIES}?kind=adjustment").text
    assert office.get(f"{ENTRIES}?user_id=x&q=%00").status_code in (200, 302)


@pytest.mark.parametrize("model", ["entry", "hold"])
def test_nobody_adds_changes_or_deletes_a_line(office: Client, ada: User, model: str) -> None:
    spend(ada.pk, 10)
    row = (Entry if model == "entry" else Hold).objects.get()
    base = f"/admin/chatapp/{model}/"
    assert office.get(f"{base}{row.pk}/change/").status_code == 200
    assert "_save" not in office.get(f"{base}{row.pk}/change/").text
    assert office.get(f"{base}add/").status_code == 403
    assert office.post(f"{base}{row.pk}/change/", {"nanodollars": "1"}).status_code == 403
    assert office.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    office.post(base, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    row.refresh_from_db()
    assert 0 <= row.nanodollars - cents(10) < 100_000


def test_open_holds_are_found(office: Client, ada: User) -> None:
    hold(ada.pk, 33)
    spend(ada.pk, 10)
    page = office.get("/admin/chatapp/hold/?state=open").text
    assert "$0.33" in page
    assert "1 hold" in page


def test_a_correction_is_a_line_with_an_author_and_a_reason(office: Client, ada: User, grace: User) -> None:
    conversation = spend(ada.pk, 25)
    page = correct(office, conversation_id=str(conversation))
    assert "The correction of -$0.10 is in the ledger" in page.text
    line = Entry.objects.get(kind="adjustment")
    assert (line.nanodollars, line.author, line.reason) == (-cents(10), grace, REASON)
    assert (line.user_id, line.conversation_id) == (ada.pk, conversation)
    assert ledger.spent(conversation) == cents(15)
    assert set(Counter.objects.values_list("spent_nanodollars", flat=True)) == {cents(15)}


def test_a_conversation_alone_tells_who_paid(office: Client, ada: User) -> None:
    conversation = spend(ada.pk, 25)
    correct(office, user="", conversation_id=str(conversation), direction="more")
    assert Entry.objects.get(kind="adjustment").user_id == ada.pk
    assert ledger.spent(conversation) == cents(35)


def test_the_form_knows_the_charge_it_was_opened_from(office: Client, ada: User) -> None:
    spend(ada.pk, 25)
    page = office.get(f"{CORRECT}?entry={Entry.objects.get().pk}").text
    assert 'value="0.25"' in page
    assert 'value="ada"' in page
    assert office.get(f"{CORRECT}?entry={'9' * 30}").status_code == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount": "$1"}, "without a currency sign"),
        ({"amount": "-1"}, "cannot be negative"),
        ({"amount": "0"}, "changes nothing"),
        ({"amount": "0.26"}, "Only $0.25 was charged there"),
        ({"reason": " "}, "required"),
        ({"user": ""}, "Name the person or the conversation"),
        ({"user": "nobody"}, "Nobody here is called “nobody”"),
        ({"conversation_id": "12"}, "That is no conversation"),
        ({"conversation_id": "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"}, "Nothing was ever charged"),
        ({"direction": "sideways"}, "Select a valid choice"),
    ],
)
def test_a_correction_that_cannot_be_meant_is_explained(
    office: Client, ada: User, changes: dict[str, str], sentence: str
) -> None:
    spend(ada.pk, 25)
    page = correct(office, **changes)
    assert sentence in page.text
    assert not Entry.objects.filter(kind="adjustment").exists()


def test_a_conversation_of_somebody_else_is_not_corrected_for_her(office: Client, ada: User, bob: User) -> None:
    conversation = spend(bob.pk, 25)
    assert "was not charged to ada" in correct(office, conversation_id=str(conversation)).text


def test_staff_who_may_only_look_correct_nothing(ada: User) -> None:
    spend(ada.pk, 25)
    looker = User.objects.create_user("linda", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_entry"))
    client = Client()
    client.force_login(looker)
    assert client.get(ENTRIES).status_code == 200
    assert "Correct a charge" not in client.get(ENTRIES).text
    assert client.get(CORRECT).status_code == 403
    assert client.post(CORRECT, {"amount": "1"}).status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("price_book")
def test_somebody_who_is_deleted_leaves_every_line_behind(office: Client, ada: User, grace: User) -> None:
    spend(ada.pk, 25)
    correct(office)
    Budget.objects.create(scope="user", user=ada, period="day", limit_nanodollars=cents(1000))
    Grant.objects.create(scope="user", user=ada, nanodollars=1, expires_at="2030-01-01T00:00Z", reason="x", author=ada)
    _is_being_answered(ada)
    path = f"/admin/auth/user/{ada.pk}/delete/"
    assert "Are you sure" in office.get(path).text
    assert office.post(path, {"post": "yes"}).status_code == 302
    assert not User.objects.filter(username="ada").exists()
    assert Entry.objects.count() == 3
    assert not Hold.objects.filter(state="open").exists()
    assert not Grant.objects.exists()
    assert "(gone)" in office.get(ENTRIES).text


def test_people_are_deleted_by_the_dozen_and_their_lines_stay(office: Client, ada: User, bob: User) -> None:
    for person in (ada, bob):
        spend(person.pk, 25)
        Grant.objects.create(scope="user", user=person, nanodollars=1, expires_at="2030-01-01T00:00Z", reason="x")
    rows = {"action": "delete_selected", "_selected_action": [ada.pk, bob.pk], "post": "yes"}
    assert office.post("/admin/auth/user/", rows).status_code == 302
    assert User.objects.count() == 1
    assert Entry.objects.count() == 2


def test_whoever_corrected_may_go_and_the_correction_stays(office: Client, ada: User) -> None:
    other = User.objects.create_superuser("hedy")
    client = Client()
    client.force_login(other)
    spend(ada.pk, 25)
    correct(client)
    office.post(f"/admin/auth/user/{other.pk}/delete/", {"post": "yes"})
    assert Entry.objects.get(kind="adjustment").author is None


def _is_being_answered(person: User) -> None:
    """A question whose answer is running, with the money set aside for it."""
    now = timezone.now()
    conversation = Conversation.objects.create(owner=person, title="t", created_at=now, active_at=now)
    turn = Turn.objects.create(
        conversation=conversation, asker=person, ask_id=uuid4(), question="?", state="streaming", asked_at=now
    )
    hold_id = hold(person.pk, 5, conversation=conversation.pk)
    Attempt.objects.create(turn=turn, number=1, hold_id=hold_id, started_at=now)
