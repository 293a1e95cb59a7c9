"""A repetition waits as long as is drawn, at least as long as Claude asks, and only where it can be afforded."""

from __future__ import annotations

import random
import statistics

from hypothesis import given
from hypothesis import strategies as st

from chatapp.claude.failures import Failure, FailureKind
from chatapp.claude.retries import Budget, wait_seconds


def busy(after: float | None = None) -> Failure:
    return Failure(FailureKind.OVERLOADED, "529", after)


@given(st.integers(-3, 2000), st.integers())
def test_a_wait_is_drawn_from_its_whole_span(number: int, seed: int) -> None:
    seconds = wait_seconds(number, busy(), random.Random(seed))
    assert seconds is not None
    assert 0.05 <= seconds <= min(8.0, 0.5 * 2 ** min(max(number, 0), 10))


def test_people_who_failed_together_do_not_come_back_together() -> None:
    dice = random.Random(5)
    waits = [wait_seconds(2, busy(), dice) or 0.0 for _ in range(1000)]
    low, middle, high = statistics.quantiles(waits, n=4)
    assert (round(low, 1), round(middle), round(high, 1)) == (0.5, 1, 1.5)


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers())
def test_claude_is_not_asked_sooner_than_it_likes_nor_a_person_kept_for_ever(after: float, seed: int) -> None:
    seconds = wait_seconds(1, busy(after), random.Random(seed))
    if after > 20:
        assert seconds is None
    else:
        assert seconds is not None
        assert 0.05 <= seconds <= 20.5
        assert not after > seconds


@given(st.lists(st.booleans(), max_size=400))
def test_repetitions_add_a_third_and_what_was_there_at_first(firsts: list[bool]) -> None:
    budget = Budget(lambda: 0.0)
    allowed = 0
    for first in firsts:
        if first:
            budget.deposit()
        else:
            allowed += budget.take()
        assert 0 <= budget.left <= 90
    assert allowed <= 10 + 0.35 * sum(firsts) + 1e-6
    assert (budget.allowed, budget.allowed + budget.denied) == (allowed, len(firsts) - sum(firsts))


def test_what_was_saved_in_good_days_has_an_end() -> None:
    budget = Budget(lambda: 0.0)
    for _ in range(10_000):
        budget.deposit()
    assert sum(budget.take() for _ in range(100)) == 90


def test_a_house_of_few_people_may_repeat_now_and_then() -> None:
    now = 0.0
    budget = Budget(lambda: now)
    while budget.take():
        pass
    now = 60.0
    assert 5 < sum(budget.take() for _ in range(100)) <= 12
