"""Never more than the caps, everybody in turn, and a place that says how many go first."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.claude.failures import FailureKind
from chatapp.claude.ticket import Ticket
from chatapp.claude.ways import Barred, Way
from tests.claude.gatekeeping import WAY, House

HAIKU = Way("claude-haiku-5-5")
ELSEWHERE = Way("claude-sonnet-5-5", "other")


def places(tickets: list[Ticket]) -> list[int]:
    return [ticket.place for ticket in tickets]


def test_where_nobody_waits_a_question_goes_at_once() -> None:
    house = House(most=2)
    assert places([house.line_up(WAY, 1, 1), house.line_up(WAY, 1, 1), house.line_up(WAY, 1, 1)]) == [0, 0, 1]


def test_one_question_behind_a_hundred_of_somebody_else_is_second() -> None:
    house = House(most=1)
    first = house.line_up(WAY, 9, 1)
    many = [house.line_up(WAY, 1, 1) for _ in range(100)]
    one = house.line_up(WAY, 2, 1)
    assert one.place == 2
    house.line.tell()
    assert places(many)[:3] == [1, 3, 4]
    first.leave()
    house.line.tell()
    assert (many[0].ready, one.place) == (True, 1)
    many[0].leave()
    assert one.ready


def test_an_outage_swallows_sixty_four_and_not_the_whole_crowd() -> None:
    house = House()
    tickets = [house.line_up(WAY, user, 1) for user in range(200)]
    assert sum(ticket.ready for ticket in tickets) == 64
    assert house.line_up(ELSEWHERE, 1, 1).ready, "another provider is another matter"
    for ticket in tickets[:10]:
        ticket.answered()
        ticket.answered()
    assert sum(ticket.ready for ticket in tickets) == 74
    for ticket in tickets[:20]:
        ticket.leave()
        ticket.leave()
    assert (sum(ticket.ready for ticket in tickets), house.line.open) == (84, 65)


def test_whoever_waits_for_one_model_is_not_in_anothers_way() -> None:
    house = House()
    house.limiter.refuse(WAY, 5)
    slow = house.line_up(WAY, 1, 1)
    assert slow.place == 1
    assert house.line_up(HAIKU, 2, 1).ready
    house.clock.now += 5.1
    house.advance()
    assert slow.ready


asks = st.tuples(st.just("ask"), st.integers(0, 5), st.sampled_from([WAY, HAIKU, ELSEWHERE]))
moves = st.tuples(st.sampled_from(["event", "leave", "leave"]), st.integers(0, 100), st.just(WAY))


@given(st.integers(1, 6), st.integers(1, 4), st.lists(asks | moves, max_size=120))
def test_the_caps_hold_whatever_comes_and_nobody_is_forgotten(
    most: int, unanswered: int, steps: list[tuple[str, int, Way]]
) -> None:
    house = House(most, unanswered)
    tickets: list[Ticket] = []
    for step, number, way in steps:
        if step == "ask":
            tickets.append(house.line_up(way, number, 1))
        elif tickets:
            ticket = tickets[number % len(tickets)]
            if step == "event":
                ticket.answered()
            else:
                tickets.remove(ticket)
                ticket.leave()
        _holds(house, tickets, most, unanswered)
    for _ in range(len(tickets)):
        gone = next((ticket for ticket in tickets if ticket.ready), None)
        assert gone is not None, "somebody waits, and nobody is before him"
        tickets.remove(gone)
        gone.leave()
        _holds(house, tickets, most, unanswered)
    assert (tickets, house.line.open, house.line.waiting) == ([], 0, 0)


def _holds(house: House, tickets: list[Ticket], most: int, unanswered: int) -> None:
    assert house.line.open == sum(ticket.open for ticket in tickets) <= most
    for provider in ("", "other"):
        assert sum(t.unanswered for t in tickets if t.way.provider == provider) <= unanswered
    assert house.line.waiting == sum(not ticket.ready for ticket in tickets)
    # Room and somebody who waits do not go together.
    for ticket in tickets:
        full = sum(t.unanswered for t in tickets if t.way.provider == ticket.way.provider) == unanswered
        assert ticket.ready or house.line.open == most or full


@given(st.lists(st.integers(0, 6), min_size=1, max_size=60), st.data())
def test_a_place_is_how_many_go_first(users: list[int], data: st.DataObject) -> None:
    house = House(most=1)
    front = house.line_up(WAY, 99, 1)
    waiting = [house.line_up(WAY, user, 1) for user in users]
    for gone in data.draw(st.sets(st.integers(0, len(waiting) - 1), max_size=5)):
        waiting[gone].leave()
        waiting[gone].place = -1
    waiting = [ticket for ticket in waiting if ticket.place != -1]
    waiting.append(house.line_up(WAY, 50, 1))
    at_first = waiting[-1].place
    house.line.tell()
    assert waiting[-1].place == at_first, "a newcomer's place is right before anybody counts"
    told = {id(ticket): ticket.place for ticket in waiting}
    assert sorted(told.values()) == list(range(1, len(waiting) + 1))
    order = []
    while waiting:
        front.leave()
        (front,) = (ticket for ticket in waiting if ticket.ready)
        waiting.remove(front)
        order.append(told[id(front)])
    assert order == sorted(order)


@given(st.lists(st.integers(0, 6), max_size=60), st.lists(st.integers(0, 9), max_size=60))
def test_only_somebodys_second_question_lets_newcomers_go_first(before: list[int], after: list[int]) -> None:
    house = House(most=1)
    front = house.line_up(WAY, 99, 1)
    waiting = [house.line_up(WAY, user, 1) for user in before]
    house.line.tell()
    first_of_each = dict(reversed(list(zip(before, waiting, strict=True))))
    known = {user: ticket.place for user, ticket in first_of_each.items()}
    for number, user in enumerate(after):
        newcomer = house.line_up(WAY, user, 1)
        first_of_each.setdefault(user, newcomer)
        known.setdefault(user, newcomer.place)
        if number % 3 == 0:
            front.leave()
            everybody = [*waiting, *first_of_each.values()]
            front = next((t for t in everybody if t.ready and t.open), newcomer)
        house.line.tell()
        for asker, ticket in first_of_each.items():
            assert ticket.place <= known[asker]
            known[asker] = ticket.place


def test_waiting_tells_every_new_place_and_no_place_twice() -> None:
    async def main() -> tuple[list[int], list[int]]:
        house = House(most=1)
        ahead = [house.line_up(WAY, user, 1) for user in range(3)]
        ticket = house.line_up(WAY, 7, 1)
        heard: list[int] = []
        waiting = asyncio.create_task(ticket.wait(heard.append))
        await asyncio.sleep(0)
        early = [ticket.place]
        house.line.tell()
        house.line.tell()
        ahead[1].leave()
        ahead[0].leave()
        house.line.tell()
        ahead[2].leave()
        await waiting
        return early, heard

    assert asyncio.run(main()) == ([3], [2, 1])


def test_whoever_gives_up_leaves_the_line_at_any_moment() -> None:
    async def main() -> None:
        house = House(most=1)
        front = house.line_up(WAY, 1, 1)
        first, second = house.line_up(WAY, 2, 1), house.line_up(WAY, 3, 1)
        waiting = asyncio.create_task(first.wait(print))
        await asyncio.sleep(0)
        waiting.cancel()
        # Its turn comes in the same instant: the seat must not be lost.
        front.leave()
        assert first.ready
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert second.ready
        second.leave()
        assert (house.line.open, house.line.waiting, sum(house.line.unanswered.values())) == (0, 0, 0)

    asyncio.run(main())


def test_whoever_waits_hears_that_the_way_closed_and_takes_no_seat() -> None:
    async def main() -> Any:
        house = House(most=1)
        front = house.line_up(WAY, 1, 1)
        late = house.line_up(WAY, 2, 1)
        early = house.line_up(WAY, 3, 1)
        waiting = asyncio.create_task(early.wait(print))
        await asyncio.sleep(0)
        house.fails(FailureKind.OVERLOADED, times=5)
        front.leave()
        for each in (waiting, late.wait(print)):
            with pytest.raises(Barred) as barred:
                await each
            assert barred.value.closed.kind is FailureKind.OVERLOADED
        early.leave()
        late.leave()
        return house.line.open, house.line.waiting

    assert asyncio.run(main()) == (0, 0)


def test_somebody_who_leaves_while_places_are_told_disturbs_nobody() -> None:
    async def main() -> None:
        house = House(most=1)
        front = house.line_up(WAY, 0, 1)
        tickets = [house.line_up(WAY, user, 1) for user in range(1, 6)]
        tasks = [asyncio.create_task(t.wait(lambda _, t=t: t.leave())) for t in tickets]  # type: ignore[misc]
        await asyncio.sleep(0)
        front.leave()
        await asyncio.gather(*tasks, return_exceptions=True)
        house.advance()
        assert (house.line.open, house.line.waiting) == (1, 0)

    asyncio.run(main())


def test_a_long_line_is_no_slower_than_a_short_one() -> None:
    def pace(crowd: int) -> float:
        house, times = House(most=1), []
        seats = [house.line_up(WAY, 0, 1)]
        waiting = [house.line_up(WAY, user, 1) for user in range(1, crowd)]
        for ticket in waiting[:99]:
            began = time.perf_counter()
            seats.pop().leave()
            times.append(time.perf_counter() - began)
            assert ticket.ready
            seats.append(ticket)
        return statistics.median(times)

    assert pace(5000) < 5 * pace(200)
