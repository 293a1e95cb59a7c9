"""What the ledger does where a request and its hold do not fit together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from chatapp.money import ledger
from chatapp.money.ledger import Payer, Wanted
from chatapp.money.models import Entry, Hold
from chatapp.money.prices import Manner, Tokens

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WANTED = Wanted("claude-sonnet-5-5", prompt_bound=1000, max_tokens=1000)


def authorise(wanted: Wanted = WANTED) -> int:
    return ledger.authorise(Payer(1, uuid4(), uuid4().hex, "answer"), wanted, NOW).hold_id


def test_a_request_that_cost_more_than_its_hold_is_told_to_an_operator(caplog: pytest.LogCaptureFixture) -> None:
    hold_id = authorise()
    ledger.settle(hold_id, Tokens(input=900, output=900), exact=True, now=NOW)
    assert not caplog.records
    hold_id = authorise()
    ledger.settle(hold_id, Tokens(input=9000, output=9000), exact=True, now=NOW)
    assert f"hold {hold_id} of" in caplog.text
    assert Entry.objects.get(hold=hold_id).nanodollars == Hold.objects.get(pk=hold_id).nanodollars


def test_whoever_settles_second_finds_the_first_ones_figure() -> None:
    hold_id = authorise()
    first = ledger.settle(hold_id, Tokens(input=5, output=7), exact=True, now=NOW)
    second = ledger.settle(hold_id, None, exact=False, now=NOW)
    ledger.void(hold_id, NOW)
    assert first.nanodollars == second.nanodollars == Entry.objects.get(hold=hold_id).nanodollars


def test_a_dearer_providers_percentage_is_held_and_paid() -> None:
    usual, dearer = authorise(), authorise(replace(WANTED, manner=Manner(percent=110)))
    held = [Hold.objects.get(pk=hold_id).nanodollars for hold_id in (usual, dearer)]
    assert held[1] == held[0] * 11 // 10
    assert Hold.objects.get(pk=dearer).manner == "110%"
    for hold_id in (usual, dearer):
        ledger.settle(hold_id, Tokens(input=900, output=900), exact=True, now=NOW)
    paid = [Entry.objects.get(hold=hold_id).nanodollars for hold_id in (usual, dearer)]
    assert paid[1] == paid[0] * 11 // 10
