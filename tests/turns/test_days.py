"""A day's turns are those that were asked on it, whatever the order in which they were kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chatapp.turns.models import Turn
from chatapp.turns.register import finding
from chatapp.turns.register.wanted import Wanted
from tests.turns.telling import Tell, ada, talk, tell
from tests.turns.test_register import empty_index, file_all

__all__ = ["ada", "empty_index", "talk", "tell"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_index")]

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def test_two_that_were_kept_in_the_other_order_are_on_their_own_days(tell: Tell) -> None:
    after, before = tell("after"), tell("before")
    for turn, at in ((after, MIDNIGHT), (before, MIDNIGHT - timedelta(seconds=1))):
        Turn.objects.filter(pk=turn.pk).update(asked_at=at)
    file_all()
    for size in (1, 2):
        assert finding.page(Wanted(since=MIDNIGHT), None, size).turn_ids == (after.pk,)
        assert finding.page(Wanted(until=MIDNIGHT), None, size).turn_ids == (before.pk,)


def test_below_the_first_turn_there_is_none(tell: Tell) -> None:
    tell("one")
    file_all()
    assert finding.page(Wanted(), 0).turn_ids == ()
