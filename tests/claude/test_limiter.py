"""Headers slow us down before Claude has to, and none of them can stop us for good."""

from __future__ import annotations

import contextlib
import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.claude.limiter import MOST_GAP, Limiter, key
from chatapp.claude.ways import Way
from tests.claude.gatekeeping import WAY, Clock

NAMES = ("requests", "tokens", "input-tokens", "output-tokens")


def at(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def says(clock: Clock, name: str, limit: object, remaining: object, seconds: float = 30) -> dict[str, str]:
    start = f"anthropic-ratelimit-{name}"
    return {
        f"{start}-limit": str(limit),
        f"{start}-remaining": str(remaining),
        f"{start}-reset": at(clock.wall() + seconds),
    }


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> Limiter:
    return Limiter(clock.wall)


def sent_within(limiter: Limiter, clock: Clock, seconds: float, tokens: int = 1, way: Way = WAY) -> list[float]:
    """When a crowd that always has somebody at the front gets to send."""
    times: list[float] = []
    end = clock.now + seconds
    while True:
        wait = limiter.delay(way, tokens)
        # The last bits of a time of day are lost.
        clock.now += wait + (1e-6 if wait else 0)
        if clock.now >= end or len(times) > 2000:
            return times
        limiter.take(way, tokens)
        times.append(clock.now)


def test_with_plenty_left_nobody_waits(limiter: Limiter, clock: Clock) -> None:
    limiter.learn(WAY, says(clock, "requests", 100, 90), 0.0)
    assert limiter.delay(WAY, 100) == 0


def test_the_last_tenth_is_spread_evenly_until_the_reset(limiter: Limiter, clock: Clock) -> None:
    limiter.take(WAY, 1)
    clock.now += 1
    limiter.learn(WAY, says(clock, "requests", 1000, 60, 30), 0.0)
    times = sent_within(limiter, clock, 29)
    assert 30 <= len(times) <= 60
    gaps = [b - a for a, b in itertools.pairwise(times[1:])]
    assert max(gaps) < 10 * min(gaps)
    clock.now += 2
    assert limiter.delay(WAY, 1) == 0


def test_a_reset_in_a_year_is_one_in_a_minute(limiter: Limiter, clock: Clock) -> None:
    limiter.take(WAY, 1)
    limiter.learn(WAY, says(clock, "requests", 100, 0, 3e7), 0.0)
    assert limiter.delay(WAY, 1) == pytest.approx(MOST_GAP)
    clock.now += 61
    assert limiter.delay(WAY, 1) == 0


def test_what_this_process_sent_since_then_counts(limiter: Limiter, clock: Clock) -> None:
    limiter.learn(WAY, says(clock, "requests", 100, 50, 50), 0.0)
    clock.now += 0.1
    assert 50 >= len(sent_within(limiter, clock, 45)) >= 40


def test_what_was_sent_before_the_header_does_not_count_twice(limiter: Limiter, clock: Clock) -> None:
    for _ in range(80):
        limiter.take(WAY, 1)
    clock.now += 1
    limiter.learn(WAY, says(clock, "requests", 100, 20), 0.0)
    assert limiter.delay(WAY, 1) == 0


def test_an_answer_that_ends_late_says_what_was_left_when_it_was_asked(limiter: Limiter, clock: Clock) -> None:
    clock.now += 1
    for _ in range(95):
        limiter.take(WAY, 1)
        clock.now += 0.2
    # Asked 19 seconds ago, before those 95.
    limiter.learn(WAY, says(clock, "requests", 100, 99), 19.5)
    assert limiter.delay(WAY, 1) > 0
    # And what is known by then to be newer stays.
    limiter.learn(WAY, says(clock, "requests", 100, 80), 0.0)
    limiter.learn(WAY, says(clock, "requests", 100, 0), 5.0)
    assert limiter.delay(WAY, 1) == 0


def test_a_prompt_waits_for_tokens_that_a_smaller_one_finds(limiter: Limiter, clock: Clock) -> None:
    limiter.take(WAY, 1)
    clock.now += 1
    limiter.learn(WAY, says(clock, "input-tokens", 10_000, 900, 20), 0.0)
    assert limiter.delay(WAY, 5) < limiter.delay(WAY, 100) < limiter.delay(WAY, 5000) <= MOST_GAP


def test_a_refusal_closes_for_as_long_as_claude_says_and_a_minute_at_most(limiter: Limiter, clock: Clock) -> None:
    limiter.refuse(WAY, 7)
    assert limiter.delay(WAY, 1) == pytest.approx(7, abs=0.01)
    limiter.refuse(WAY, 1e9)
    assert limiter.delay(WAY, 1) == pytest.approx(60, abs=0.01)
    clock.now += 60.1
    assert limiter.delay(WAY, 1) == 0
    # The crowd that waited for it does not come back in one leap.
    assert 15 <= len(sent_within(limiter, clock, 1)) <= 25


def test_refusals_that_do_not_say_for_how_long_close_for_longer_and_longer(limiter: Limiter, clock: Clock) -> None:
    waits = []
    for _ in range(7):
        limiter.refuse(WAY, None)
        waits.append(round(limiter.delay(WAY, 1), 2))
        clock.now += 10
    assert waits == [0.5, 1, 2, 4, 8, 8, 8]
    limiter.relent(WAY)
    limiter.refuse(WAY, None)
    assert limiter.delay(WAY, 1) == pytest.approx(0.5, abs=0.01)


def test_models_of_a_class_share_and_other_classes_and_providers_do_not(limiter: Limiter) -> None:
    limiter.refuse(Way("claude-sonnet-5-5"), 5)
    assert limiter.delay(Way("claude-sonnet-4-5-20250929"), 1) > 0
    assert limiter.delay(Way("claude-haiku-5-5"), 1) == 0
    assert limiter.delay(Way("claude-sonnet-5-5", "other"), 1) == 0
    assert key(Way("anthropic/claude-opus-5")) == ("", "opus")


words = st.one_of(
    st.text(max_size=30),
    st.integers(-(10**16), 10**16).map(str),
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.sampled_from(["", "0", "-1", "nan", "inf", "1e9", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"]),
)
headers = st.dictionaries(
    st.sampled_from([f"anthropic-ratelimit-{n}-{k}" for n in NAMES for k in ("limit", "remaining", "reset")]), words
)


@given(
    st.lists(st.tuples(headers, st.floats(-5, 200), st.integers(-100, 10**9)), max_size=8),
    st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)),
)
def test_whatever_headers_say_everybody_comes_through(
    said: list[tuple[dict[str, str], float, int]], after: float | None
) -> None:
    clock = Clock()
    limiter = Limiter(clock.wall)
    for each, ago, tokens in said:
        limiter.learn(WAY, each, ago)
        assert 0 <= limiter.delay(WAY, tokens) <= MOST_GAP
        limiter.take(WAY, tokens)
        clock.now += 0.1
    limiter.refuse(WAY, after)
    assert 0 <= limiter.delay(WAY, 10) <= 60
    clock.now += 61
    assert limiter.delay(WAY, 10**9) <= MOST_GAP
    clock.now += 3
    assert limiter.delay(WAY, 10**9) == 0


@given(st.integers(1, 500), st.floats(0, 1), st.floats(1, 59), st.integers(1, 3000))
def test_what_is_left_is_not_overdrawn_before_the_reset(limit: int, share: float, span: float, tokens: int) -> None:
    clock = Clock()
    limiter = Limiter(clock.wall)
    clock.now += 0.1
    remaining = int(limit * share)
    limiter.learn(WAY, says(clock, "requests", limit, remaining, int(span)), 0.0)
    # Beyond what is left, one in ten seconds finds out whether that is true.
    assert len(sent_within(limiter, clock, int(span) - 0.5, tokens)) <= remaining + 1 + span / MOST_GAP


@given(st.floats(-1e6, 1e6))
def test_a_clock_that_is_set_blocks_nobody(leap: float) -> None:
    clock = Clock()
    limiter = Limiter(clock.wall)
    limiter.take(WAY, 1)
    limiter.learn(WAY, says(clock, "requests", 100, 0), 0.0)
    limiter.refuse(WAY, 30)
    clock.now += leap
    limiter.take(WAY, 1)
    assert limiter.delay(WAY, 1) <= 60
    clock.now += 61
    assert limiter.delay(WAY, 1) <= 60
    clock.now += 61
    assert limiter.delay(WAY, 1) == 0


@given(st.recursive(st.none() | st.floats() | st.text(max_size=5) | st.integers(), st.lists, max_leaves=6))
def test_what_another_process_says_is_believed_only_where_it_makes_sense(said: object) -> None:
    clock = Clock()
    limiter = Limiter(clock.wall)
    for told in (said, {"closed_until": said, "levels": {}}, {"closed_until": 0, "levels": {"requests": said}}):
        with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError, OverflowError):
            limiter.hear(key(WAY), told)  # type: ignore[arg-type]
        assert 0 <= limiter.delay(WAY, 1) <= 60


def test_processes_know_what_one_of_them_has_seen(clock: Clock, limiter: Limiter) -> None:
    other = Limiter(clock.wall)
    limiter.learn(WAY, says(clock, "requests", 100, 3), 0.0)
    limiter.refuse(WAY, 9)
    (ours,) = limiter.news
    other.hear(ours, limiter.told(ours))
    assert other.delay(WAY, 1) == pytest.approx(9, abs=0.01)
    assert other.told(ours) == limiter.told(ours)
