"""The register of ended turns: filed once, found by anything, forgotten with their conversation."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from chatapp.storage import statements
from chatapp.turns import shelf
from chatapp.turns.feedback import Feedback
from chatapp.turns.models import Attempt, Conversation, Turn
from chatapp.turns.register import costs, filing, finding, index, words
from chatapp.turns.register.finding import Wanted
from chatapp.turns.register.models import Filed, Label, Labelled
from chatapp.turns.states import State
from tests.turns import stories
from tests.turns.telling import Tell, ada, talk, tell

__all__ = ["ada", "talk", "tell"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_index")]


@pytest.fixture
def empty_index(transactional_db: None) -> Iterator[None]:
    """The index is no table of Django's, so nobody empties it between tests; nor does it forget known profiles."""
    filing._known.clear()
    if connection.vendor == "sqlite":
        statements.run("INSERT INTO chatapp_words (chatapp_words) VALUES ('delete-all')")
    else:
        statements.run("DELETE FROM chatapp_words")
    yield
    filing._known.clear()


def file_all() -> list[int]:
    filed: list[int] = []
    while batch := filing.file_what_ended():
        filed += batch
    return filed


def found(**wanted: Any) -> list[int]:
    if "search" in wanted:
        wanted["search"] = words.search(wanted["search"])
    return list(finding.page(Wanted(**wanted)).turn_ids)


def test_what_has_ended_is_filed_once_and_what_runs_is_not(tell: Tell) -> None:
    done = tell("one")
    running = tell("two", state=State.STREAMING, ended_at=None)
    assert file_all() == [done.pk]
    assert file_all() == []
    Turn.objects.filter(pk=running.pk).update(state=State.ANSWERED, ended_at=timezone.now())
    assert file_all() == [running.pk]


def test_a_turn_that_is_committed_after_a_later_one_is_not_forgotten(tell: Tell) -> None:
    first, second = tell("early"), tell("late")
    Turn.objects.filter(pk=first.pk).update(ended_at=None, state=State.STREAMING)
    assert file_all() == [second.pk]
    Turn.objects.filter(pk=first.pk).update(ended_at=timezone.now(), state=State.ANSWERED)
    assert file_all() == [first.pk]


@pytest.mark.parametrize(
    ("said", "looked_for", "is_found"),
    [
        ("The treasure lies in the cellar", "treasure", True),
        ("The treasure lies in the cellar", "TREASURE Cellar", True),
        ("The treasure lies in the cellar", "treas", False),
        ("The treasure lies in the cellar", "treas*", True),
        ("The treasure lies in the cellar", '"lies in"', True),
        ("The treasure lies in the cellar", '"in lies"', False),
        ("The treasure lies in the cellar", "treasure attic", False),
        ("Ein Café in Zürich", "cafe zurich", True),
        ("Straße", "strasse", True),
        ("snake_case and e-mail", "case mail", True),
        ("東京都は日本の首都です", "日本", True),
        ("東京都は日本の首都です", "京都", True),
        ("東京都は日本の首都です", "大阪", False),
        ("ОБЪЕКТ найден", "объект", True),
        ("it's 3.14 or 1e5", "1e5", True),
    ],
)
def test_words_are_found_in_any_spelling(tell: Tell, said: str, looked_for: str, is_found: bool) -> None:
    turn = tell("x", answer=said)
    file_all()
    assert found(search=looked_for) == ([turn.pk] if is_found else [])


@pytest.mark.parametrize("text", ["", "  ", '""', "*", "!?", "\u0301", '"'])
def test_what_has_no_word_in_it_is_no_search(text: str) -> None:
    assert words.search(text) is None


@pytest.mark.parametrize("text", ["'", "a' OR 1=1", 'NEAR("x" 3)', "a AND", "-a", "a:b", "(", "a | b & !c", "a*b*"])
def test_nothing_that_somebody_types_is_a_query_of_the_database(tell: Tell, text: str) -> None:
    tell("nothing like it")
    file_all()
    search = words.search(text)
    if search:
        assert index.matching(search, 2**60, 10) == []


def test_every_filter_finds_what_a_look_at_each_row_finds(ada: User, tell: Tell) -> None:
    """Random turns, random filters, pages of any size, against the plainest way there is."""
    seed = random.randrange(10**9)
    print("seed", seed)
    dice = random.Random(seed)
    label = Label.objects.create(name="odd")
    bob = User.objects.create_user("bob")
    began = datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(160):
        state = dice.choice([State.ANSWERED, State.ANSWERED, State.FAILED, State.STOPPED])
        turn = tell(dice.choice(["red apple", "green pear", "red pear"]), state=state)
        asked = began + timedelta(hours=number * 5)
        Turn.objects.filter(pk=turn.pk).update(asked_at=asked, asker=dice.choice([ada, bob]), model=dice.choice("ab"))
        _attempt(turn, dice.choice(["", "", "overloaded"]), dice.choice([0, 90_000, 3_000_000, 3_100_000, 10**10]))
        if dice.random() < 0.3:
            Feedback.objects.create(turn=turn, thumb=dice.choice([1, -1]), given_at=asked)
        if dice.random() < 0.3:
            Labelled.objects.create(label=label, turn=turn, at=asked)
    file_all()
    filing.file_again(list(Turn.objects.values_list("pk", flat=True)[:40]), reviewed=True)
    rows = list(Filed.objects.select_related("turn", "profile").order_by("-turn_id"))
    labelled = set(Labelled.objects.values_list("turn_id", flat=True))
    for _ in range(300):
        wanted = _some(dice, ada, bob, label)
        expected = [row.turn_id for row in rows if _fits(row, wanted, labelled)]
        assert _pages(wanted, dice.choice([1, 7, 50])) == expected, wanted


def _attempt(turn: Turn, failure: str, cost: int) -> None:
    Attempt.objects.create(
        turn=turn, number=1, model="a", hold_id=0, started_at=turn.asked_at, outcome="done", failure=failure,
        cost_nanodollars=cost,
    )  # fmt: skip


def _some(dice: random.Random, ada: User, bob: User, label: Label) -> Wanted:
    began = datetime(2026, 3, 1, tzinfo=UTC)
    choices: dict[str, Callable[[], object]] = {
        "since": lambda: began + timedelta(hours=dice.randrange(900)),
        "until": lambda: began + timedelta(hours=dice.randrange(900)),
        "asker_id": lambda: dice.choice([ada.pk, bob.pk]),
        "model": lambda: dice.choice("abc"),
        "prompt": lambda: dice.choice([0, 0, 1]),
        "state": lambda: dice.choice(["answered", "failed"]),
        "failure": lambda: dice.choice(["overloaded", "none"]),
        "failed": lambda: dice.choice([True, False]),
        "thumb": lambda: dice.choice([1, 0, -1]),
        "reviewed": lambda: dice.choice([True, False]),
        "above_nanodollars": lambda: dice.choice([0, 90_000, 3_050_000, 10**10]),
        "label_id": lambda: label.pk,
        "search": lambda: words.search(dice.choice(["red", "pear", "red pear", "gr*", '"pear red"'])),
    }
    chosen: dict[str, Any] = {name: choices[name]() for name in dice.sample(sorted(choices), dice.randrange(4))}
    return Wanted(**chosen)


def _fits(row: Filed, wanted: Wanted, labelled: set[int]) -> bool:
    turn, profile = row.turn, row.profile
    said = words.words_of(f"{turn.question}\n{turn.answer}")
    tests = (
        wanted.since is None or row.asked_at >= wanted.since,
        wanted.until is None or row.asked_at < wanted.until,
        wanted.asker_id in (None, turn.asker_id),
        wanted.model in (None, turn.model),
        wanted.prompt in (None, 0),
        wanted.state in (None, turn.state),
        wanted.failure in (None, profile.failure),
        wanted.failed in (None, profile.failure != ""),
        wanted.thumb in (None, profile.thumb),
        wanted.reviewed in (None, profile.reviewed),
        wanted.above_nanodollars is None or row.nanodollars > wanted.above_nanodollars,
        wanted.label_id is None or turn.pk in labelled,
        wanted.search is None or all(_stands(term, said) for term in wanted.search.terms),
    )
    return all(tests)


def _stands(term: words.Term, said: list[str]) -> bool:
    size = len(term.words)
    for at in range(len(said) - size + 1):
        part = said[at : at + size]
        last = part[-1].startswith(term.words[-1]) if term.open else part[-1] == term.words[-1]
        if part[:-1] == list(term.words[:-1]) and last:
            return True
    return False


def _pages(wanted: Wanted, size: int) -> list[int]:
    ids: list[int] = []
    below: int | None = None
    for _ in range(400):
        page = finding.page(wanted, below, size)
        ids += page.turn_ids
        below = page.below
        if below is None:
            return ids
    raise AssertionError("the pages have no end")


def test_a_deleted_conversation_is_found_by_nothing_any_more(talk: Conversation, tell: Tell, ada: User) -> None:
    tell("the secret plumbago")
    other = stories.turn(ada, State.ANSWERED, timezone.now())
    Turn.objects.filter(pk=other.pk).update(question="another plumbago")
    file_all()
    assert len(found(search="plumbago")) == 2
    shelf.delete(talk)
    assert found(search="plumbago") == [other.pk]
    assert not filing.tidy_up()
    assert found(search="plumbago") == [other.pk]
    if connection.vendor == "sqlite":
        shelf.delete(Conversation.objects.get(pk=other.conversation_id))
        filing.tidy_up()
        pages = statements.rows("SELECT block FROM chatapp_words_data")
        assert not any(b"plumbago" in bytes(block) for (block,) in pages)


@pytest.mark.parametrize(
    "text", ["", " A-b_c  9! ", "x" * 200, f"{'y' * 64} {'z' * 65}", "one\ntwo\tthree.", "Zürich über " * 4000]
)
def test_a_text_is_filed_by_the_words_that_are_searched(text: str) -> None:
    assert words.normal(text) == " ".join(words.words_of(text))


def test_costs_are_in_steps_that_grow() -> None:
    assert sorted(costs.STEPS) == costs.STEPS
    assert costs.step(0) == 0
    assert all(costs.step(bound) == number for number, bound in enumerate(costs.STEPS, 1))
