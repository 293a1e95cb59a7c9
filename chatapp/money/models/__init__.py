"""The tables of the money: prices, budgets, counters, holds and entries."""

from chatapp.money.models.budgets import Budget, Grant, MoneySettings, Period, Scope
from chatapp.money.models.ledger import Counter, Entry, Hold
from chatapp.money.models.prices import Price

__all__ = ["Budget", "Counter", "Entry", "Grant", "Hold", "MoneySettings", "Period", "Price", "Scope"]
