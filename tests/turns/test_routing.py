"""Which model answers: what a person chose, or rules that an administrator can read and change."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from chatapp.claude.models import Model
from chatapp.turns import inbox, routing
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.refusals import NO_MODEL, NOT_YOUR_MODEL, Refused
from chatapp.turns.routing import Routing
from chatapp.turns.states import State
from chatapp.turns.tasks import TaskSettings

pytestmark = pytest.mark.django_db
CHEAP, USUAL, BEST = "claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


def _routed(ada: User, question: str, tokens: int = 0, wish: str = "automatic") -> routing.Route:
    return routing.route(ada.pk, wish, question, tokens, timezone.now().date())


def _begun(ada: User, question: str = "What is rain?", wish: str = "") -> Turn:
    turn = Turn.objects.get(pk=inbox.begin(ada, question, uuid4(), wish).turn_id)
    Turn.objects.filter(pk=turn.pk).update(state=State.ANSWERED, answer="Water.", ended_at=timezone.now())
    turn.refresh_from_db()
    return turn


@pytest.mark.parametrize(
    ("question", "tokens", "reason"),
    [
        ("What is the capital of France?", 0, "it is short and plain"),
        ("Wie spät ist es in Tokio?", 0, "it is short and plain"),
        ("x" * 281, 0, "longer than 280 characters"),
        ("What does this do? ```x = 1```", 0, "it has code in it"),
        ("def f(x): return x", 0, "it has code in it"),
        ("SELECT name FROM cats", 0, "it has code in it"),
        ("And what is the capital of Spain?", 20_001, "the conversation is long"),
        ("PROVE that there are many primes.", 0, "it says “prove”"),
        ("Tell me step-by-step, no: step by step!", 0, "it says “step by step”"),
        ("Improve this for me.", 0, "it is short and plain"),
    ],
)
def test_short_plain_questions_go_to_the_cheap_model_and_the_rest_to_the_usual_one(
    ada: User, question: str, tokens: int, reason: str
) -> None:
    chosen = _routed(ada, question, tokens)
    assert (chosen.model, chosen.reason) == (CHEAP if reason == "it is short and plain" else USUAL, reason)


def test_what_has_something_attached_goes_to_the_usual_model(ada: User) -> None:
    chosen = routing.route(ada.pk, "automatic", "What is this?", 0, timezone.now().date(), files=True)
    assert (chosen.model, chosen.reason) == (USUAL, "something is attached to it")


def test_the_choice_and_its_reason_are_on_the_turn(ada: User) -> None:
    turn = _begun(ada, wish="automatic")
    assert (turn.model, turn.routed) == (CHEAP, "it is short and plain")
    assert turn.conversation.wish == "automatic"


def test_nobody_chose_and_the_usual_model_answers(ada: User) -> None:
    turn = _begun(ada)
    assert (turn.model, turn.routed, turn.conversation.wish) == (USUAL, "", "")


def test_what_was_chosen_stays_until_somebody_chooses_otherwise(ada: User) -> None:
    first = _begun(ada, wish=BEST)
    second = Turn.objects.get(pk=inbox.ask(ada, first.conversation_id, "And snow?", uuid4()).turn_id)
    assert (first.model, second.model) == (BEST, BEST)
    Turn.objects.filter(pk=second.pk).update(state=State.ANSWERED, ended_at=timezone.now())
    third = Turn.objects.get(pk=inbox.ask(ada, first.conversation_id, "And hail?", uuid4(), "usual").turn_id)
    assert (third.model, Conversation.objects.get().wish) == (USUAL, "")


def test_one_click_asks_the_better_model_and_the_conversation_keeps_its_own(ada: User) -> None:
    turn = _begun(ada)
    again = Turn.objects.get(pk=inbox.retry(ada, turn, uuid4(), BEST).turn_id)
    assert (again.model, again.question, again.parent_id) == (BEST, turn.question, None)
    assert Conversation.objects.get().wish == ""


def test_retry_asks_whoever_was_asked_and_not_whoever_stood_in(ada: User) -> None:
    turn = _begun(ada, wish=BEST)
    Turn.objects.filter(pk=turn.pk).update(model=CHEAP, asked_model=BEST)
    turn.refresh_from_db()
    assert Turn.objects.get(pk=inbox.retry(ada, turn, uuid4()).turn_id).model == BEST


def test_a_model_of_a_group_is_refused_to_others_and_costs_nothing(ada: User) -> None:
    Model.objects.get(name=BEST).groups.add(Group.objects.create(name="researchers"))
    with pytest.raises(Refused) as refused:
        inbox.begin(ada, "What is rain?", uuid4(), BEST)
    assert refused.value == NOT_YOUR_MODEL
    assert not Turn.objects.exists()
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("wish", ["<script>", "a" * 100, "claude sonnet"])
def test_what_cannot_be_a_model_is_refused(ada: User, wish: str) -> None:
    with pytest.raises(Refused):
        inbox.begin(ada, "What is rain?", uuid4(), wish)


def test_whoever_may_not_use_the_usual_model_gets_the_first_that_is_theirs(ada: User) -> None:
    group = Group.objects.create(name="researchers")
    Model.objects.get(name=USUAL).groups.add(group)
    assert _begun(ada).model == CHEAP
    for row in Model.objects.filter(offered=True):
        row.groups.add(group)
    with pytest.raises(Refused) as refused:
        inbox.begin(ada, "What is rain?", uuid4())
    assert refused.value == NO_MODEL


def test_a_model_that_is_switched_off_meanwhile_gives_way_when_it_is_asked_again(ada: User) -> None:
    turn = _begun(ada, wish=BEST)
    Model.objects.filter(name=BEST).update(enabled=False)
    assert Turn.objects.get(pk=inbox.retry(ada, turn, uuid4()).turn_id).model == USUAL


def test_an_administrator_changes_the_rules(office: Client, ada: User) -> None:
    page = str(office.get("/admin/chatapp/routing/").headers["Location"])
    form = {"automatic_first": "on", "most_characters": "20", "most_tokens": "100", "hard_words": "rain\n\nOpen  Sea"}
    assert office.post(page, form).status_code == 302
    assert Routing.objects.count() == 1
    assert _routed(ada, "What is rain?").reason == "it says “rain”"
    assert _routed(ada, "the open sea").reason == "it says “open sea”"
    assert _routed(ada, "What is snow, really?", wish="").reason == "longer than 20 characters"
    assert _routed(ada, "What is snow?", wish="").model == CHEAP


def test_the_menu_has_what_a_person_may_use(ada: User) -> None:
    today = timezone.now().date()
    assert [(one.value, one.label, one.chosen) for one in routing.choices(ada.pk, BEST, today)] == [
        ("usual", "Sonnet 5.5", False),
        ("automatic", "Automatic", False),
        (CHEAP, "Haiku 5.5", False),
        (BEST, "Opus 5.5", True),
    ]
    Routing.objects.create(automatic_first=True)
    lines = routing.choices(ada.pk, "", today)
    assert [one.value for one in lines] == ["usual", CHEAP, USUAL, BEST]
    assert (lines[0].label, lines[0].chosen) == ("Automatic", True)


def test_where_there_is_no_choice_there_is_no_menu(ada: User) -> None:
    Model.objects.exclude(name=USUAL).update(offered=False)
    assert routing.choices(ada.pk, "", timezone.now().date()) == []


def test_an_administrator_gives_a_task_another_model(office: Client, ada: User) -> None:
    answer = TaskSettings.objects.get(task="answer")
    page = f"/admin/chatapp/tasksettings/{answer.pk}/change/"
    assert office.get("/admin/chatapp/tasksettings/").status_code == 200
    assert "knows no model" in office.post(page, {"model": "claude-novel-9"}).text
    assert office.post(page, {"model": BEST, "effort": "high", "max_tokens": "2000"}).status_code == 302
    assert _begun(ada).model == BEST
