"""What is kept of a running answer, where the rows know better than what was read of it a moment ago."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from chatapp.money import ledger
from chatapp.turns import scribe
from chatapp.turns.models import Attempt, Turn
from chatapp.turns.states import State
from tests.turns import stories

pytestmark = pytest.mark.django_db


def test_a_request_that_stands_in_line_is_not_said_to_be_out(grace: User) -> None:
    now = timezone.now()
    turn = stories.turn(grace, State.QUEUED, now)
    attempt = stories.attempt(turn, Attempt.Task.ANSWER)
    late = scribe.Piece(turn.pk, 1, State.ACCEPTED, 0, "", "")
    with transaction.atomic():
        ledger.hold_back(attempt.hold_id)
    scribe._write([late])
    assert Turn.objects.get().state == State.QUEUED
    with transaction.atomic():
        assert ledger.dispatch(attempt.hold_id, now)
    scribe._write([late])
    assert Turn.objects.get().state == State.ACCEPTED
