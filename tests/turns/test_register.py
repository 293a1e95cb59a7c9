"""The register of ended turns: filed once, found by anything, forgotten with their conversation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from chatapp.storage import statements
from chatapp.turns import shelf
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.register import costs, filing, finding, index, words
from chatapp.turns.register.models import Label, Labelled
from chatapp.turns.register.wanted import Wanted
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


def test_whoever_files_reads_nothing_of_what_is_filed_already() -> None:
    """It is done every other second, and holds SQLite's one writer up meanwhile."""
    if connection.vendor == "sqlite":
        plan = [how for *_, how in statements.rows(f"EXPLAIN QUERY PLAN {filing._LAST}", 0)]
        assert [how for how in plan if "chatapp_turn" in how and "rowid>?" in how], plan


def test_a_turn_that_is_committed_after_a_later_one_is_not_forgotten(tell: Tell) -> None:
    first, second = tell("early"), tell("late")
    Turn.objects.filter(pk=first.pk).update(ended_at=None, state=State.STREAMING)
    assert file_all() == [second.pk]
    Turn.objects.filter(pk=first.pk).update(ended_at=timezone.now(), state=State.ANSWERED)
    assert file_all() == [first.pk]


SPELLINGS = (
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
)


def test_words_are_found_in_any_spelling(tell: Tell) -> None:
    turns = {said: tell("x", answer=said).pk for said in {said for said, _, _ in SPELLINGS}}
    file_all()
    for said, looked_for, is_found in SPELLINGS:
        assert found(search=looked_for) == ([turns[said]] if is_found else []), looked_for
        search = words.search(looked_for)
        assert search is not None
        assert search.finds(f"x\n{said}") is is_found, looked_for


@pytest.mark.parametrize("text", ["", "  ", '""', "*", "!?", "\u0301", '"'])
def test_what_has_no_word_in_it_is_no_search(text: str) -> None:
    assert words.search(text) is None


@pytest.mark.parametrize("text", ["'", "a' OR 1=1", 'NEAR("x" 3)', "a AND", "-a", "a:b", "(", "a | b & !c", "a*b*"])
def test_nothing_that_somebody_types_is_a_query_of_the_database(tell: Tell, text: str) -> None:
    tell("nothing like it")
    file_all()
    search = words.search(text)
    if search:
        assert index.matching(search, 100, 0, 10).turn_ids == []


def test_a_label_on_a_turn_that_is_not_filed_yet_is_found_when_it_is(tell: Tell, ada: User) -> None:
    """The list shows of a turn what the register says."""
    label = Label.objects.create(name="odd")
    running = tell("now", state=State.STREAMING, ended_at=None)
    later = tell("later")
    file_all()
    Labelled.objects.create(label=label, turn=running, at=timezone.now())
    assert found(label_id=label.pk) == []
    Turn.objects.filter(pk=running.pk).update(state=State.ANSWERED, ended_at=timezone.now())
    file_all()
    assert found(label_id=label.pk) == [running.pk]
    assert found() == [later.pk, running.pk]


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
