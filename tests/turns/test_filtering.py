"""Whatever is filtered by is found as if each row was looked at, in pages of any size, in steps of any size."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from chatapp.turns.feedback import Feedback
from chatapp.turns.models import Attempt, Turn
from chatapp.turns.register import filing, finding, index, walking, words
from chatapp.turns.register.models import Filed, Label, Labelled
from chatapp.turns.register.wanted import Wanted
from chatapp.turns.states import State
from tests.turns.telling import Tell, ada, talk, tell
from tests.turns.test_register import empty_index, file_all

__all__ = ["ada", "empty_index", "talk", "tell"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_index")]


@pytest.mark.parametrize("in_small_steps", [False, True])
def test_every_filter_finds_what_a_look_at_each_row_finds(
    ada: User, tell: Tell, monkeypatch: pytest.MonkeyPatch, in_small_steps: bool
) -> None:
    """Random turns, random filters, pages of any size, against the plainest way there is."""
    seed = random.randrange(10**9)
    print("seed", seed)
    dice = random.Random(seed)
    label = Label.objects.create(name="odd")
    bob = User.objects.create_user("bob")
    began = datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(160):
        state = dice.choice([State.ANSWERED, State.ANSWERED, State.FAILED, State.STOPPED])
        # One word is in few of them and only among the oldest, one only among the newest.
        rest = " quince" if number < 50 else " medlar" if number > 110 else ""
        turn = tell(dice.choice(["red apple", "green pear", "red pear"]) + rest, state=state)
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
    for _ in range(80):
        if in_small_steps:
            _in_small_steps(dice, monkeypatch)
        wanted = _some(dice, ada, bob, label)
        expected = [row.turn_id for row in rows if _fits(row, wanted, labelled)]
        assert _pages(wanted, dice.choice([3, 7, 50])) == expected, wanted


def _in_small_steps(dice: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a million turns do with every search: many windows, ways that take turns, patience that ends."""
    sizes = {"NEAR": 9, "FEW": dice.choice([0, 20, 1_000]), "ALL_MILLISECONDS": dice.choice([1, 5_000]), "WINDOW": 7}
    sizes |= {"READ": 6, "READ_AT_ONCE": 3, "READ_OF": dice.choice([1, 3])}
    for name, size in sizes.items():
        monkeypatch.setattr(index, name, size)
    for name, size in {"_MOST": 5, "_FEW": 3, "PATIENCE_SECONDS": dice.choice([0, 60])}.items():
        monkeypatch.setattr(walking, name, size)


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
        "search": lambda: words.search(
            dice.choice(
                [
                    "red",
                    "pear",
                    "red pear",
                    "quince",
                    "medlar",
                    "pear quince",
                    "gr*",
                    "qu*",
                    "red me*",
                    '"pear red"',
                    '"red pear"',
                ]
            )
        ),
    }
    chosen: dict[str, Any] = {name: choices[name]() for name in dice.sample(sorted(choices), dice.randrange(4))}
    if dice.random() < 0.4:
        chosen["search"] = choices["search"]()
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
