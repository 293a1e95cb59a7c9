"""People who spend: real holds and real entries of a chosen amount on a chosen day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from chatapp.money import ledger
from chatapp.money.ledger import Payer, Wanted
from chatapp.money.models import Budget
from chatapp.money.prices import NANODOLLARS, Tokens

MODEL = "claude-sonnet-5-5"
# Ten dollars for a million tokens of output.
TOKEN_NANODOLLARS = 10_000


def cents(amount: int) -> int:
    return amount * NANODOLLARS // 100


def hold(user_id: int, amount: int, *, conversation: UUID | None = None, days_ago: int = 0) -> int:
    """Sets so many cents aside for an answer, and a little for its question."""
    now = _noon(days_ago)
    payer = Payer(user_id, conversation or uuid4(), "c0ffee", "answer")
    with transaction.atomic():
        return ledger.authorise(payer, Wanted(MODEL, 1, cents(amount) // TOKEN_NANODOLLARS), now).hold_id


def spend(user_id: int, amount: int, *, conversation: UUID | None = None, days_ago: int = 0) -> UUID:
    """So many cents for an answer; the conversation that it was in."""
    conversation = conversation or uuid4()
    hold_id = hold(user_id, amount, conversation=conversation, days_ago=days_ago)
    tokens = Tokens(output=cents(amount) // TOKEN_NANODOLLARS)
    with transaction.atomic():
        ledger.settle(hold_id, tokens, exact=True, now=_noon(days_ago))
    return conversation


def only(**budget: object) -> Budget:
    """The one budget there is."""
    Budget.objects.all().delete()
    return Budget.objects.create(**budget)


def _noon(days_ago: int) -> datetime:
    today = timezone.now().astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days_ago)
