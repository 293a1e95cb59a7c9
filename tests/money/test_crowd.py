"""Many who spend at once: nobody waits for ever, nothing drifts, and no limit is passed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, transaction

from chatapp.money import ledger, verify
from chatapp.money.ledger import NoRoom, Payer, Wanted
from chatapp.money.models import Budget, Counter, Entry, Hold
from chatapp.money.prices import Tokens

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("price_book"), pytest.mark.slow]

CROWD = 8
ROUNDS = 40
NOON = datetime(2026, 11, 30, 23, tzinfo=UTC)
LIMIT = 200_000_000
WANTED = Wanted("claude-sonnet-5-5", prompt_bound=500, max_tokens=400)


def test_a_crowd_that_spends_at_once_stays_within_every_limit() -> None:
    people = [User.objects.create(username=f"person {number}").pk for number in range(3)]
    Group.objects.create(name="guests").user_set.add(*people)
    Budget.objects.create(scope="site", period="month", limit_nanodollars=LIMIT)
    Budget.objects.create(scope="group", period="day", limit_nanodollars=LIMIT // 2)
    with ThreadPoolExecutor(CROWD) as crowd:
        refused = sum(crowd.map(lambda seed: _spend(random.Random(seed), people), range(CROWD)))
    assert 0 < refused < CROWD * ROUNDS
    assert list(verify.differences()) == []
    assert not Hold.objects.filter(state=Hold.State.OPEN).exists()
    assert Entry.objects.filter(kind="charge").count() > CROWD
    for counter in Counter.objects.filter(scope="site", period="month"):
        assert counter.spent_nanodollars <= LIMIT
    for counter in Counter.objects.filter(scope="group", period="day"):
        assert counter.spent_nanodollars <= LIMIT // 2


def _spend(dice: random.Random, people: list[int]) -> int:
    refused = 0
    with _own_connection():
        for _ in range(ROUNDS):
            person = dice.choice(people)
            payer = Payer(person, UUID(int=dice.randrange(4)), "", "answer")
            now = NOON + timedelta(hours=dice.choice((0, 2)))
            try:
                with transaction.atomic():
                    hold_id = ledger.authorise(payer, WANTED, now).hold_id
            except NoRoom:
                refused += 1
                continue
            with transaction.atomic():
                match dice.randrange(4):
                    case 0:
                        ledger.void(hold_id, now)
                    case 1:
                        ledger.settle(hold_id, None, exact=False, now=now)
                    case _:
                        used = Tokens(input=dice.randrange(500), output=dice.randrange(300))
                        ledger.settle(hold_id, used, exact=True, now=now)
    return refused


@contextmanager
def _own_connection() -> Iterator[None]:
    try:
        yield
    finally:
        connection.close()
