"""The admin is for money, models and people: no page of it shows what somebody wrote, and none changes it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from chatapp.claude.models import Provider, Stop
from chatapp.context import prompts
from chatapp.money.models import Budget, Grant
from chatapp.pages.models import Invitation
from chatapp.review.models import Item, Note, Review, Rule, Scorecard
from chatapp.telemetry.alarms import Alarm
from chatapp.turns.attachments import Attachment
from chatapp.turns.feedback import Feedback
from chatapp.turns.models import Attempt, Checkpoint, Conversation, Turn
from chatapp.turns.notes import Digest
from chatapp.turns.notices import Notice
from chatapp.turns.register.models import Label
from chatapp.turns.retention.models import Erasure, LegalHold, Retention
from chatapp.turns.states import State
from tests.money.spending import spend
from tests.turns import stories

pytestmark = pytest.mark.django_db

CANARIES = (
    *("canary-question", "canary-answer", "canary-thinking", "canary-title", "canary-digest", "canary-file"),
    *("canary-opinion", "canary-note", "canary-review"),
)
# What people say, and what is kept beside it.
SAID = {
    *("conversation", "turn", "attempt", "checkpoint", "digest", "keptanswer", "attachment"),
    *("feedback", "filed", "labelled", "item", "review", "note"),
}
# Sums beside the rows, and the product's own marks.
INNER = {
    *("counter", "night", "reading", "tries", "profile", "progress", "chain", "visit", "glimpse", "criterion"),
    *("lookout", "telling"),
}
SINGLE = {
    *("Patience", "Routing", "ContextSettings", "SiteSettings", "MoneySettings", "AlarmSettings", "ReviewSettings"),
}
REGISTERED = sorted(
    (model for model in admin.site._registry if model._meta.app_label in ("chatapp", "auth")),
    key=lambda model: model.__name__,
)


@pytest.fixture
def ada(db: None) -> User:
    """Somebody who has said a good deal, and left a trace in every table."""
    ada = User.objects.create_user("ada")
    ada.groups.add(Group.objects.create(name="library"))
    now = timezone.now()
    turn = stories.turn(ada, State.ANSWERED, now)
    words = {"question": "canary-question", "answer": "canary-answer", "thinking": "canary-thinking"}
    Turn.objects.filter(pk=turn.pk).update(**words)
    Conversation.objects.filter(pk=turn.conversation_id).update(title="canary-title")
    stories.attempt(turn, Attempt.Task.ANSWER)
    Checkpoint.objects.create(turn=turn, epoch=1, text="canary-answer", thinking="canary-thinking")
    Digest.objects.create(
        conversation_id=turn.conversation_id, through=turn, text="canary-digest", model=turn.model, written_at=now
    )
    Attachment.objects.create(
        owner=ada, name="canary-file", kind="text", media_type="text/plain", size=1, tokens=1, added_at=now
    )
    spend(ada.pk, 10, conversation=turn.conversation_id)
    later = now + timedelta(days=1)
    Budget.objects.create(scope="conversation", conversation_id=turn.conversation_id, period="day", limit_nanodollars=1)
    Grant.objects.create(scope="user", user=ada, nanodollars=1, expires_at=later, reason="asked kindly")
    Invitation.objects.create(code_hash=uuid4().hex, expires_at=later, created_by=ada)
    Notice.objects.create(text="At eight.", starts_at=now, ends_at=later, made_by=ada)
    Stop.objects.create(kind="billing", since=now)
    Provider.objects.create(name="eu", key_variable="CLAUDE_TWO_KEY")
    prompts.draft("Be brief.", "", ada.pk, now)
    _told_and_kept(turn)
    return ada


def _told_and_kept(turn: Turn) -> None:
    """What staff found of it, and what is decided about how long it stays."""
    now = timezone.now()
    Feedback.objects.create(turn=turn, thumb=-1, words="canary-opinion", given_at=now)
    Label.objects.create(name="off topic")
    item = Item.objects.create(turn=turn, why="random", made_at=now)
    Note.objects.create(turn=turn, by_name="bea", text="canary-note", at=now)
    card = Scorecard.objects.first() or Scorecard.objects.create(name="First look")
    Review.objects.create(item=item, scorecard=card, reviewer_name="bea", note="canary-review", at=now)
    Rule.objects.get_or_create(kind="random")
    Alarm.objects.create(cause="trouble", kind="breaker", sentence="Not asked.", since=now, last_seen=now)
    Retention.objects.create(days=30)
    number = turn.conversation_id
    LegalHold.objects.create(conversation_id=number, number=number, owner_number=1, reason="a case", since=now)
    Erasure.objects.create(kind="owner", person_number=1, began_at=now)


def _pages(model: type[Model]) -> list[str]:
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    rows = [f"{base}{row.pk}/{page}/" for row in model._default_manager.all()[:3] for page in ("change", "history")]
    return [base, f"{base}?q=canary", f"{base}?q=ada", *rows]


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model.__name__)
def test_no_list_and_no_page_shows_what_anybody_said(office: Client, ada: User, model: type[Model]) -> None:
    seen = 0
    for path in _pages(model):
        answer = office.get(path, follow=True)
        if answer.status_code == 404:
            continue
        assert answer.status_code == 200, path
        seen += 1
        # The canary in the address itself is not news.
        text = answer.text.replace("?q=canary", "").replace('value="canary"', "")
        assert [canary for canary in CANARIES if canary in text] == [], path
    assert seen >= 3
    assert office.get("/admin/").status_code == 200


def test_every_table_has_a_row_that_could_be_shown(ada: User, office: Client) -> None:
    office.get("/admin/chatapp/fallbacks/")
    empty = {model.__name__ for model in REGISTERED if not model._default_manager.exists()}
    # Of these the first visit makes the one row that there is.
    assert empty <= SINGLE
    assert Digest.objects.filter(text="canary-digest").exists()


def test_what_people_say_is_not_in_the_admin_at_all(office: Client, ada: User) -> None:
    registered = {str(model._meta.model_name) for model in REGISTERED}
    assert registered & (SAID | INNER) == set()
    everything = {str(model._meta.model_name) for model in apps.get_app_config("chatapp").get_models()}
    assert everything - registered == SAID | INNER
    for name in sorted(SAID):
        assert office.get(f"/admin/chatapp/{name}/").status_code == 404


@pytest.mark.parametrize("name", ["entry", "hold"])
def test_the_money_is_read_only_for_a_superuser_too(office: Client, ada: User, grace: User, name: str) -> None:
    logged = LogEntry.objects.count()
    model = apps.get_model("chatapp", name)
    row = model._default_manager.order_by("pk")[0]
    base = f"/admin/chatapp/{name}/"
    fields = [field.name for field in model._meta.concrete_fields]
    before = model._default_manager.filter(pk=row.pk).values().get()
    for path in (f"{base}add/", f"{base}{row.pk}/change/", f"{base}{row.pk}/delete/"):
        assert office.post(path, dict.fromkeys(fields, "1") | {"post": "yes"}).status_code == 403
    assert '<input type="text" name' not in office.get(f"{base}{row.pk}/change/").text
    assert model._default_manager.filter(pk=row.pk).values().get() == before
    assert LogEntry.objects.count() == logged
