"""Whatever was done in a conversation, the next request is one that Claude accepts, and its bound is sure.

The rules are the simulated Claude's own, which refuses what the real one refuses.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.claude.ask import Ask
from chatapp.simulator import rules
from chatapp.turns import attachments, composition, memory, notes, past
from chatapp.turns.composition import Composed, Question
from chatapp.turns.models import Attempt, Conversation, Turn
from chatapp.turns.states import State
from tests.files.samples import PDF, PNG, TEXT
from tests.turns import stories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("price_book")]
MODELS = ("claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5", "claude-sonnet-4-5", "claude-opus-4-6")
ENDS = (State.ANSWERED, State.TRUNCATED, State.STOPPED, State.REFUSED, State.FAILED, State.INTERRUPTED)

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=60)
acts = st.one_of(
    st.tuples(st.just("ask"), words, words | st.just("") | st.just(" \n"), st.sampled_from(ENDS)),
    st.tuples(st.just("edit"), st.integers(0, 20), words),
    st.tuples(st.just("continue"), words),
    st.tuples(st.just("attach"), st.sampled_from([PNG, PDF, TEXT])),
    st.tuples(st.just("digest"), st.integers(0, 20), words),
    st.tuples(st.just("undo")),
    st.tuples(st.just("pin"), st.integers(0, 20)),
    st.tuples(st.just("model"), st.sampled_from(MODELS)),
)


class History:
    """One conversation as its rows tell it, every request of it held against the rules."""

    def __init__(self, owner: User) -> None:
        self.talk = stories.conversation(owner)
        self.owner = owner
        self.model = MODELS[0]
        self.files: tuple[str, ...] = ()
        self.turns: list[Turn] = []

    @property
    def head(self) -> Turn | None:
        return self.turns[-1] if self.turns else None

    def ask(self, question: str, answer: str, state: State, parent: Turn | None, carried: str = "") -> None:
        if not question.strip():
            return
        turn = Turn.objects.create(
            conversation=self.talk,
            asker=self.owner,
            parent=parent,
            ask_id=uuid4(),
            correlation_id=uuid4().hex,
            question=question.strip(),
            answer=carried + answer,
            thinking="I think that they must never read this.",
            carried=len(carried),
            state=state,
            model=self.model,
            asked_at=timezone.now(),
            ended_at=timezone.now(),
        )
        attachments.attach(self.owner.pk, turn.pk, parent.pk if parent else None, self.files, again=True)
        self.files = ()
        composed, body = self.request(turn, carried)
        prompt = rules.read(body)
        if not composed.uncounted:
            assert composed.told.prompt_bound >= prompt.input_tokens
        self.count(turn, composed, prompt.input_tokens, answer)
        self.turns.append(turn)
        Conversation.objects.filter(pk=self.talk.pk).update(head=turn)
        self.talk.head_id = turn.pk

    def request(self, turn: Turn, carried: str) -> tuple[Composed, dict[str, Any]]:
        question = Question(
            turn.pk, self.talk.pk, self.owner.pk, turn.parent_id, turn.question, carried, self.model, "id"
        )
        composed = composition.of(question)
        told = composed.told
        ask = Ask(
            model=self.model,
            system=told.system,
            messages=told.messages,
            max_tokens=told.max_tokens,
            effort=told.effort,
            thinking=told.thinking,
            diagnostics={"previous_message_id": composed.before.message_id or None},
        )
        return composed, json.loads(json.dumps(ask.request()))

    def count(self, turn: Turn, composed: Composed, tokens: int, answer: str) -> None:
        """What Claude says of the request is remembered as it would be."""
        if turn.state in (State.FAILED, State.REFUSED):
            return
        made = stories.attempt(turn, Attempt.Task.ANSWER)
        Attempt.objects.filter(pk=made.pk).update(
            model=self.model,
            outcome="done",
            message_id=f"msg_{turn.pk}",
            input_tokens=tokens,
            output_tokens=len(answer),
            told=composed.label,
        )

    def act(self, act: tuple[Any, ...]) -> None:
        match act:
            case ("ask", question, answer, state):
                self.ask(question, answer, state, self.head)
            case ("edit", back, question) if self.turns:
                self.ask(question, "so be it", State.ANSWERED, self.turns[back % len(self.turns)].parent)
            case ("continue", answer) if self.head and self.head.answer.strip():
                self.ask(self.head.question, answer, State.ANSWERED, self.head.parent, carried=self.head.answer)
            case ("attach", data):
                self.files = (attachments.add(self.owner, "a file", data).key,)
            case ("digest", back, text) if self.turns and text.strip():
                branch = past.of(self.turns[back % len(self.turns)].pk)
                covers = [*past.covers(branch.digest_id), *(step.turn_id for step in branch.steps)]
                if branch.steps:
                    notes.keep(self.talk.pk, covers[-1], covers, text.strip(), "m", timezone.now())
            case ("undo",) if found := self.talk.digests.filter(undone_at=None).last():
                memory.undo(found)
            case ("pin", back) if self.turns:
                memory.pin(Turn.objects.get(pk=self.turns[back % len(self.turns)].pk))
            case ("model", model):
                self.model = model


class Back(Exception):
    """Nothing of this example stays."""


@transaction.atomic
def _live_through(history: list[tuple[Any, ...]]) -> None:
    here = History(User.objects.create_user(uuid4().hex))
    for act in history:
        here.act(act)
    here.ask("And now?", "Now.", State.ANSWERED, here.head)
    raise Back


@settings(max_examples=40)
@given(st.lists(acts, min_size=1, max_size=14))
def test_edits_branches_digests_pins_files_and_model_switches_never_make_a_request_that_is_refused(
    history: list[tuple[Any, ...]],
) -> None:
    with pytest.raises(Back):
        _live_through(history)


def test_thinking_is_kept_for_the_record_and_left_out_of_the_replay() -> None:
    here = History(User.objects.create_user("ada"))
    here.ask("One?", "One.", State.ANSWERED, None)
    here.ask("Two?", "Two.", State.ANSWERED, here.head)
    head = here.head
    assert head is not None
    _, body = here.request(head, "")
    assert head.thinking
    assert "must never read this" not in json.dumps(body)
    assert not any(block["type"] in ("thinking", "redacted_thinking") for block in _blocks(body))


def test_what_claude_counted_makes_the_bound_closer_and_keeps_it_sure() -> None:
    here = History(User.objects.create_user("ada"))
    here.ask("word " * 2_000, "word " * 2_000, State.ANSWERED, None)
    question = Turn.objects.create(
        conversation=here.talk,
        asker=here.owner,
        parent=here.head,
        ask_id=uuid4(),
        correlation_id="id",
        question="And?",
        state=State.ACCEPTED,
        model=here.model,
        asked_at=timezone.now(),
    )
    composed, body = here.request(question, "")
    tokens = rules.read(body).input_tokens
    assert tokens <= composed.told.prompt_bound < 20_000 - 5_000
    # Another model counts otherwise.
    here.model = "claude-opus-5-5"
    assert here.request(question, "")[0].told.prompt_bound > 20_000


def test_a_file_is_told_byte_for_byte_the_same_from_turn_to_turn() -> None:
    here = History(User.objects.create_user("ada"))
    here.act(("attach", PNG))
    here.ask("What is this?", "A picture.", State.ANSWERED, None)
    first = here.head
    here.ask("Really?", "Yes.", State.ANSWERED, here.head)
    assert first is not None
    before, after = (_blocks(here.request(turn, "")[1]) for turn in here.turns)
    for block in (*before, *after):
        block.pop("cache_control", None)
    assert after[: len(before)] == before
    assert before[0]["source"]["data"] == base64.b64encode(PNG).decode()


def _blocks(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [block for message in body["messages"] for block in message["content"]]
