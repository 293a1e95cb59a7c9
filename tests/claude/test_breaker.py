"""A way closes when too much fails on it, by cause; one request at a time tries it again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.claude.circuit import MEANWHILE_SECONDS
from chatapp.claude.failures import ROWS, Failure, FailureKind
from chatapp.claude.ticket import Ticket
from chatapp.claude.ways import Barred, Way
from tests.claude.gatekeeping import WAY, House

HAIKU = Way("claude-haiku-5-5")
ELSEWHERE = Way(WAY.model, "other")
OF_THE_PROVIDER = {FailureKind.UNREACHABLE, FailureKind.CONNECT_DEADLINE}
BY_AN_OPERATOR = {FailureKind.SPEND_LIMIT, FailureKind.BILLING}
CONFIGURED = {FailureKind.KEY_REFUSED, FailureKind.FORBIDDEN, FailureKind.NOT_FOUND}
TRANSIENT = sorted({kind for kind, row in ROWS.items() if row.counts} - BY_AN_OPERATOR - CONFIGURED)
HARMLESS = sorted({kind for kind, row in ROWS.items() if not row.counts} - CONFIGURED)


@pytest.fixture
def house() -> House:
    return House()


@pytest.mark.parametrize("kind", TRANSIENT)
def test_five_failures_close_a_way_for_two_seconds(house: House, kind: FailureKind) -> None:
    house.fails(kind, times=4)
    assert house.look(WAY) is None
    house.fails(kind)
    closed = house.look(WAY)
    assert closed is not None
    assert closed.kind is kind
    assert closed.seconds == pytest.approx(2, rel=0.21)
    assert (house.look(HAIKU) is not None) == (kind in OF_THE_PROVIDER)
    assert house.look(ELSEWHERE) is None
    with pytest.raises(Barred):
        house.line_up(WAY, 1, 1)


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_is_nobodys_trouble_closes_nothing(house: House, kind: FailureKind) -> None:
    house.fails(kind, times=50)
    assert house.look(WAY) is None


def test_failures_among_many_answers_close_nothing(house: House) -> None:
    for _ in range(30):
        house.answers()
        house.answers()
        house.fails(FailureKind.SERVER_ERROR)
    assert house.look(WAY) is None


def test_failures_that_are_long_past_do_not_add_up(house: House) -> None:
    for _ in range(20):
        house.fails(FailureKind.CUT)
        house.clock.now += 8
    assert house.look(WAY) is None


def test_one_tries_at_a_time_and_its_first_event_lets_everybody_in(house: House) -> None:
    house.fails(FailureKind.OVERLOADED, times=5)
    house.clock.now += 2.5
    probe = house.line_up(WAY, 1, 1)
    for user in range(10):
        with pytest.raises(Barred) as barred:
            house.line_up(WAY, user, 1)
        assert barred.value.closed.seconds == MEANWHILE_SECONDS
    probe.answered()
    assert all(house.line_up(WAY, user, 1).ready for user in range(10))
    assert [news.over for news in house.news] == [False, True]


def test_a_probe_that_leaves_without_a_verdict_lets_the_next_one_try(house: House) -> None:
    house.fails(FailureKind.OVERLOADED, times=5)
    house.clock.now += 2.5
    probe = house.line_up(WAY, 1, 1)
    probe.leave()
    house.line_up(WAY, 2, 1)
    with pytest.raises(Barred):
        house.line_up(WAY, 3, 1)


def test_a_way_that_stays_bad_is_tried_less_and_less_often(house: House) -> None:
    house.fails(FailureKind.OVERLOADED, times=5)
    waits = []
    for _ in range(8):
        closed = house.look(WAY)
        assert closed is not None
        assert closed.seconds is not None
        waits.append(closed.seconds)
        house.clock.now += closed.seconds
        probe = house.line_up(WAY, 1, 1)
        house.fails(FailureKind.OVERLOADED)
        probe.leave()
    assert waits == [pytest.approx(s, rel=0.21) for s in (2, 4, 8, 16, 30, 30, 30, 30)]
    assert max(waits) <= 30
    # Nobody is told again and again.
    assert len(house.news) == 1
    house.clock.now += 30
    house.line_up(WAY, 1, 1).answered()
    house.fails(FailureKind.OVERLOADED, times=5)
    again = house.look(WAY)
    assert again is not None
    assert again.seconds is not None
    assert again.seconds > 20, "trouble that is back at once goes on where it left off"


def test_stragglers_say_nothing_about_a_way_that_is_being_tried(house: House) -> None:
    began_at = house.clock.now - 1
    house.fails(FailureKind.OVERLOADED, times=5)
    house.clock.now += 2.5
    house.line_up(WAY, 1, 1)
    house.breaker.fail(WAY, Failure(FailureKind.FIRST_EVENT_DEADLINE, "late"), began_at)
    house.breaker.succeed(WAY, began_at)
    closed = house.look(WAY)
    assert closed is not None
    assert closed.seconds == MEANWHILE_SECONDS


@pytest.mark.parametrize("kind", sorted(BY_AN_OPERATOR))
def test_money_stops_a_provider_at_once_and_for_good(house: House, kind: FailureKind) -> None:
    house.fails(kind, times=20, rejected=True)
    house.clock.now += 100_000
    house.answers()
    for way in (WAY, HAIKU):
        closed = house.look(way)
        assert closed is not None
        assert closed.seconds is None
    assert house.look(ELSEWHERE) is None
    assert len(house.news) == 1
    outage = house.breaker.outage(WAY)
    assert outage is not None
    assert (outage.operator, outage.seconds) == (True, None)


@pytest.mark.parametrize("kind", sorted(CONFIGURED))
def test_a_configuration_is_tried_again_every_minute(house: House, kind: FailureKind) -> None:
    house.fails(kind, rejected=True)
    whole = kind is not FailureKind.NOT_FOUND
    assert (house.look(HAIKU) is not None) == whole
    for _ in range(3):
        closed = house.look(WAY)
        assert closed is not None
        assert closed.seconds == pytest.approx(60)
        house.clock.now += 60
        probe = house.line_up(WAY, 1, 1)
        house.fails(kind, rejected=True)
        probe.leave()
    assert [(news.kind, news.whole) for news in house.news] == [(kind, whole)]
    house.clock.now += 600
    assert house.breaker.outage(WAY) is not None, "it is over when somebody was answered, and not before"
    house.line_up(WAY, 1, 1).answered()
    assert house.breaker.outage(WAY) is None


def test_an_error_status_shows_that_a_provider_is_reached_again(house: House) -> None:
    house.fails(FailureKind.UNREACHABLE, times=5)
    house.clock.now += 3
    house.fails(FailureKind.OVERLOADED, rejected=True)
    assert house.look(HAIKU) is None


def test_trouble_that_nobody_meets_any_more_is_not_announced_for_ever(house: House) -> None:
    house.fails(FailureKind.OVERLOADED, times=5)
    house.clock.now += 5
    assert house.breaker.outage(WAY) is not None
    house.clock.now += 10
    assert house.breaker.outage(WAY) is None
    house.line_up(WAY, 1, 1)
    with pytest.raises(Barred):
        house.line_up(WAY, 2, 1)


def test_whoever_waits_in_line_is_told_when_the_way_closes() -> None:
    house = House(most=1)
    house.line_up(WAY, 1, 1)
    waiting = [house.line_up(WAY, user, 1) for user in range(2, 9)]
    elsewhere = house.line_up(ELSEWHERE, 1, 1)
    house.fails(FailureKind.OVERLOADED, times=5)
    assert {ticket.barred and ticket.barred.kind for ticket in waiting} == {FailureKind.OVERLOADED}
    assert (elsewhere.barred, house.line.waiting) == (None, 1)


steps = st.lists(
    st.tuples(
        st.sampled_from(["ask", "fail", "answer", "event", "leave", "wait"]),
        st.sampled_from(TRANSIENT + HARMLESS),
        st.floats(0, 5),
    ),
    max_size=80,
)


@given(steps)
def test_whatever_happens_no_more_than_one_tries(steps: list[tuple[str, FailureKind, float]]) -> None:
    house = House()
    house.fails(FailureKind.OVERLOADED, times=5)
    tickets: list[Ticket] = []
    for step, kind, number in steps:
        pick = int(number * 100) % len(tickets) if tickets else 0
        if step == "wait":
            house.clock.now += number
        elif step == "ask":
            half_open = house.look(WAY) is None and house.breaker.states()[WAY.provider, WAY.model]
            try:
                tickets.append(house.line_up(WAY, 1, 1))
            except Barred:
                continue
            if half_open:
                with pytest.raises(Barred):
                    house.line_up(WAY, 2, 1)
        elif tickets and step == "event":
            tickets[pick].answered()
        elif tickets and step == "fail":
            house.fails(kind)
            tickets.pop(pick).leave()
        elif tickets and step == "answer":
            house.answers()
            tickets.pop(pick).leave()
        elif tickets:
            tickets.pop(pick).leave()
    for ticket in tickets:
        ticket.leave()
    # Nothing that happened closes a way for good.
    house.clock.now += 61
    house.line_up(WAY, 1, 1).answered()
    assert house.line_up(WAY, 1, 1).ready
