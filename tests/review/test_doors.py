"""Every door of the desk and of the admin, for every role."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from chatapp.review.doors import guard
from chatapp.review.models import Item, ReviewSettings, Scorecard, Visit
from chatapp.review.urls import urlpatterns
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.register import filing
from chatapp.turns.states import State
from tests.review.conftest import browser, member
from tests.turns import stories

pytestmark = pytest.mark.django_db(transaction=True)

# Whom each door lets in: the method, the address, and the roles.
REVIEWERS = {"reviewer", "lead", "superuser"}
DOORS = {
    "review": ("get", "/review/", REVIEWERS),
    "review_export": ("get", "/review/export.csv", REVIEWERS),
    "review_transcript": ("get", "/review/c/{c}/", REVIEWERS),
    "review_reveal": ("post", "/review/c/{c}/reveal/", REVIEWERS),
    "review_file": ("post", "/review/c/{c}/files/nothing/", REVIEWERS),
    "review_sent": ("get", "/review/turns/{t}/sent/", REVIEWERS),
    "review_label": ("post", "/review/turns/{t}/label/", REVIEWERS),
    "review_note": ("post", "/review/turns/{t}/note/", REVIEWERS),
    "review_enqueue": ("post", "/review/turns/{t}/queue/", REVIEWERS),
    "review_queue": ("get", "/review/queue/", REVIEWERS),
    "review_next": ("get", "/review/queue/next/", REVIEWERS),
    "review_item": ("get", "/review/items/{i}/", REVIEWERS),
    "review_assign": ("post", "/review/items/{i}/assign/", {"lead", "superuser"}),
    "review_agreement": ("get", "/review/agreement/", REVIEWERS),
    "review_readings": ("get", "/review/readings/", {"auditor", "superuser"}),
    "readings_of_mine": ("get", "/c/{c}/readings/", set()),
}
ROLES = ("nobody", "user", "admin", "auditor", "reviewer", "lead", "superuser")
# What each role sees of the admin's tables; a superuser sees them all.
SEEN_BY_ADMINS = {
    "budget",
    "grant",
    "price",
    "systemprompt",
    "fallbacks",
    "rule",
    "scorecard",
    "label",
    "user",
    "group",
}
SEEN_BY_AUDITORS = {"entry", "hold", "budget", "grant", "price"}


def somebody(role: str) -> User | None:
    if role == "nobody":
        return None
    if role == "superuser":
        return User.objects.create_superuser("root")
    if role == "lead":
        return member("lea", "reviewer", "lead_reviews")
    return member(f"one-{role}", role)


@pytest.fixture
def turn(ada: User, card: Scorecard) -> Turn:
    made = stories.turn(ada, State.ANSWERED, timezone.now())
    Turn.objects.filter(pk=made.pk).update(question="Where is the treasure?", answer="Under the stair.")
    filing.file_what_ended()
    return made


@pytest.fixture
def item(turn: Turn) -> Item:
    return Item.objects.create(turn=turn, why="random", made_at=timezone.now())


def test_every_door_is_known_here() -> None:
    assert {pattern.name for pattern in urlpatterns} == DOORS.keys()


@pytest.mark.parametrize("role", ROLES)
def test_each_role_comes_through_its_own_doors_only(role: str, turn: Turn, item: Item) -> None:
    person = somebody(role)
    client = browser(person)
    for name, (method, path, roles) in DOORS.items():
        before = Visit.objects.count()
        url = path.format(c=turn.conversation_id, t=turn.pk, i=item.pk)
        response = getattr(client, method)(url)
        said = b"".join(response) if response.streaming else response.content
        if role == "nobody":
            assert response.status_code == 302, name
            assert response.headers["Location"].startswith("/accounts/login/"), name
        elif role in roles:
            expected = {"review_file": 404, "review_reveal": 400}.get(name)
            assert response.status_code == expected if expected else response.status_code < 400, name
            assert response.status_code == 404 or response.headers["Cache-Control"] == "no-store", name
        else:
            assert response.status_code == 404, name
            assert b"treasure" not in said
            assert Visit.objects.count() == before
        if b"treasure" in said or b"stair" in said:
            assert Visit.objects.count() > before, f"{name} shows a conversation and leaves no row"


@pytest.mark.parametrize("role", ROLES)
def test_a_door_for_forms_is_not_looked_through(role: str, turn: Turn, item: Item) -> None:
    client = browser(somebody(role))
    for name, (method, path, roles) in DOORS.items():
        if method == "post" and role in roles:
            response = client.get(path.format(c=turn.conversation_id, t=turn.pk, i=item.pk))
            # What was revealed stands under its form's address: a reload is led to the masked page.
            assert response.status_code == (302 if name == "review_reveal" else 405), name


@pytest.mark.parametrize("path", ["c/{c}/", "turns/{t}/sent/", "items/{t}/", "turns/{big}/sent/", "items/{big}/"])
def test_what_is_not_there_is_not_there(bea: User, path: str) -> None:
    client = browser(bea)
    assert client.get("/review/" + path.format(c=uuid4(), t=99_999, big=2**70)).status_code == 404


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_its_own_tables_in_the_admin(role: str) -> None:
    client = browser(somebody(role))
    for model in admin.site._registry:
        name = model._meta.model_name or ""
        response = client.get(reverse(f"admin:{model._meta.app_label}_{name}_changelist"))
        may = role == "superuser" or (role == "admin" and name in SEEN_BY_ADMINS)
        may = may or (role == "auditor" and name in SEEN_BY_AUDITORS)
        if may:
            assert response.status_code in (200, 302), name
            assert "/login/" not in response.headers.get("Location", ""), name
        elif role not in ("admin", "auditor"):
            assert response.status_code in (302, 403), name
        elif role == "auditor":
            assert response.status_code == 403, name


def test_an_administrator_reads_no_transcript(turn: Turn) -> None:
    person = somebody("admin")
    assert person is not None
    rights = person.get_all_permissions()
    assert "chatapp.change_budget" in rights
    assert rights.isdisjoint({guard.REVIEW, guard.REVEAL, guard.EXPORT, guard.LEAD, guard.AUDIT, "chatapp.view_visit"})


def test_an_owner_sees_who_read_where_the_site_says_so(ada: User, bea: User, turn: Turn, talk: Conversation) -> None:
    browser(bea).get(f"/review/c/{turn.conversation_id}/")
    mine, url = browser(ada), f"/c/{turn.conversation_id}/readings/"
    assert mine.get(url).status_code == 404
    assert url not in mine.get(f"/c/{turn.conversation_id}/").content.decode()
    ReviewSettings.objects.create(pk=1, owners_see=True)
    page = mine.get(url).content.decode()
    assert "a member of staff" in page
    assert "opened from the list" in page
    assert "bea" not in page
    assert url in mine.get(f"/c/{turn.conversation_id}/").content.decode()
    assert browser(bea).get(url).status_code == 404
    assert "Nobody but you" in mine.get(f"/c/{talk.pk}/readings/").content.decode()
