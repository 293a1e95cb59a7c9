"""`ledger verify` is silent while the money adds up, and names every row that differs."""

from __future__ import annotations

import json
from io import StringIO
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from chatapp.money import adjustments, ledger
from chatapp.money.prices import Tokens
from chatapp.storage import statements
from chatapp.turns import audit, closing
from chatapp.turns.closing import Receipt
from chatapp.turns.models import Attempt, Turn
from chatapp.turns.states import State
from tests.turns import stories
from tests.turns.stories import AN_HOUR

pytestmark = pytest.mark.django_db
KNOWN = Tokens(input=300, output=200, cache_read=100)


@pytest.fixture
def turn() -> Turn:
    """A person in two groups with an answer paid, a title lost and an adjustment; and one whose answer runs."""
    ada, eve = User.objects.create(username="ada"), User.objects.create(username="eve")
    ada.groups.set([Group.objects.create(name="staff"), Group.objects.create(name="guests")])
    now = timezone.now()
    ended = stories.turn(ada, State.ANSWERED, now)
    receipt = Receipt(Attempt.Outcome.DONE, KNOWN, exact=True)
    closing.settle(stories.attempt(ended, Attempt.Task.ANSWER).pk, receipt, now)
    adjustments.adjust(-77, reason="a kindness", author_id=ada.pk, user_id=ada.pk, conversation_id=None, now=now)
    stories.attempt(stories.turn(eve, State.STREAMING, now - AN_HOUR), Attempt.Task.ANSWER)
    return ended


def differing() -> set[tuple[str, str]]:
    return {(one.promise, one.table) for one in audit.audit().differences}


def test_nothing_differs_while_all_is_well(turn: Turn) -> None:
    assert audit.audit().differences == ()
    out = StringIO()
    call_command("ledger", "verify", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["ok"] is True
    assert told["rows"]["entry"] == 2


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE chatapp_counter SET spent_nanodollars = spent_nanodollars - 1 WHERE scope = 'group'", "B2 counter"),
        ("UPDATE chatapp_counter SET held_nanodollars = held_nanodollars + 1 WHERE scope = 'site'", "B3 counter"),
        ("DELETE FROM chatapp_counter WHERE scope = 'user' AND period = 'month'", "B2 counter"),
        ("UPDATE chatapp_counter SET starts = '2020-01-01' WHERE period = 'day'", "B2 counter"),
        ("UPDATE chatapp_entry SET nanodollars = nanodollars - 1 WHERE kind = 'adjustment'", "B2 counter"),
        ("UPDATE chatapp_entry SET groups = ''", "B6 entry"),
        ("UPDATE chatapp_entry SET day = '2020-01-01' WHERE kind = 'charge'", "B6 entry"),
        ("UPDATE chatapp_hold SET nanodollars = 1 WHERE state = 'captured'", "B6 entry"),
        ("UPDATE chatapp_hold SET state = 'voided' WHERE state = 'captured'", "B5 hold"),
        ("UPDATE chatapp_hold SET state = 'open' WHERE state = 'captured'", "B5 hold"),
        ("UPDATE chatapp_hold SET state = 'voided', closed_at = opened_at WHERE state = 'open'", "B7 attempt"),
        ("UPDATE chatapp_hold SET dispatched_at = NULL WHERE state = 'open'", "B7 attempt"),
        ("UPDATE chatapp_hold SET dispatched_at = NULL WHERE state = 'captured'", "B7 attempt"),
        ("DELETE FROM chatapp_entry WHERE kind = 'charge'", "B5 hold"),
        ("DELETE FROM chatapp_attempt WHERE outcome = 'running'", "B7 hold"),
        ("UPDATE chatapp_attempt SET cost_nanodollars = 1 WHERE outcome = 'done'", "B7 attempt"),
        ("UPDATE chatapp_turn SET state = 'failed', ended_at = asked_at WHERE ended_at IS NULL", "B5 hold"),
    ],
)
def test_every_row_that_differs_is_named(turn: Turn, damage: str, found: str) -> None:
    statements.run(damage)
    promise, table = found.split()
    assert (promise, table) in differing()
    with pytest.raises(SystemExit) as ended:
        call_command("ledger", "verify", stdout=StringIO())
    assert ended.value.code == 1


def test_money_beyond_the_limit_under_which_it_was_set_aside_is_named(turn: Turn) -> None:
    if connection.vendor == "sqlite":
        # A database that has forgotten how to check, as after a repair by hand.
        statements.run("PRAGMA ignore_check_constraints = ON")
    else:
        statements.run("ALTER TABLE chatapp_counter DROP CONSTRAINT never_beyond_the_ceiling")
    try:
        statements.run("UPDATE chatapp_counter SET ceiling_nanodollars = 1 WHERE scope = 'site' AND period = 'day'")
        assert differing() == {("B1", "counter")}
    finally:
        if connection.vendor == "sqlite":
            statements.run("PRAGMA ignore_check_constraints = OFF")


def test_a_hold_whose_conversation_is_gone_may_wait_for_the_patrol_but_not_for_ever(turn: Turn) -> None:
    now = timezone.now()
    for opened_at in (now, now - AN_HOUR):
        payer = ledger.Payer(turn.asker_id, uuid4(), "", Attempt.Task.ANSWER)
        ledger.authorise(payer, ledger.Wanted(stories.MODEL, 100, 100), opened_at)
    assert [one.table for one in audit.audit().differences] == ["hold"]
