"""Amounts as an administrator reads and types them."""

from __future__ import annotations

from chatapp.money import ledger, reports
from chatapp.money.prices import NANODOLLARS

_TEN_THOUSANDTH = NANODOLLARS // 10_000


def exact(nanodollars: int) -> str:
    """Every digit that says something: $5.00, -$0.0042173."""
    return _signed(nanodollars)


def about(nanodollars: int) -> str:
    """To a hundredth of a cent, away from zero, so that what was spent never reads as nothing."""
    rounded = -(-abs(nanodollars) // _TEN_THOUSANDTH) * _TEN_THOUSANDTH
    return _signed(rounded if nanodollars >= 0 else -rounded)


def at_least(nanodollars: int) -> str:
    """To a hundredth of a cent, downwards: nobody is promised more than is left."""
    return _signed(nanodollars // _TEN_THOUSANDTH * _TEN_THOUSANDTH)


def typed(nanodollars: int) -> str:
    """As it is typed into a form: 5 or 0.25."""
    usd = ledger.usd(nanodollars)
    return usd.rstrip("0").rstrip(".")


def _signed(nanodollars: int) -> str:
    sign = "-" if nanodollars < 0 else ""
    return sign + reports.short_usd(ledger.usd(abs(nanodollars)))
