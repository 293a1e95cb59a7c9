"""The ledger as the story uses it, and three that are broken in ways in which others lost their money."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chatapp.money import counters, ledger, prices
from chatapp.money.ledger import Granted, Payer, Settled, Wanted
from chatapp.money.models import Hold


class Ledger:
    """The real one."""

    def authorise(self, payer: Payer, wanted: Wanted, now: datetime) -> Granted:
        return ledger.authorise(payer, wanted, now)

    def settle(self, hold_id: int, tokens: prices.Tokens | None, now: datetime) -> Settled:
        return ledger.settle(hold_id, tokens, exact=tokens is not None, now=now)

    def void(self, hold_id: int, now: datetime) -> None:
        ledger.void(hold_id, now)

    def sweep(self, hold_id: int, now: datetime) -> None:
        """Of this request nobody knows anything any more."""
        ledger.settle(hold_id, None, exact=False, now=now)


class ReleasesOnCrash(Ledger):
    """Gives back what a vanished process held, though Claude may have answered."""

    def sweep(self, hold_id: int, now: datetime) -> None:
        ledger.void(hold_id, now)


class SettlesTwice(Ledger):
    """Moves the sums again for whoever comes second."""

    def settle(self, hold_id: int, tokens: prices.Tokens | None, now: datetime) -> Settled:
        hold = Hold.objects.get(pk=hold_id)
        settled = super().settle(hold_id, tokens, now)
        if hold.state != Hold.State.OPEN:
            counters.move(replace_amount(hold, 0), settled.nanodollars, now)
        return settled


class DoesNotClamp(Ledger):
    """Holds what there is room for, and lets Claude write as much as was wanted."""

    def authorise(self, payer: Payer, wanted: Wanted, now: datetime) -> Granted:
        return replace(super().authorise(payer, wanted, now), max_tokens=wanted.max_tokens)


def replace_amount(hold: Hold, nanodollars: int) -> Hold:
    hold.nanodollars = nanodollars
    return hold
