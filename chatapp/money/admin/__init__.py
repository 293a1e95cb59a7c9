"""The money as an administrator sees it: prices, budgets, grants, the ledger, and its settings."""

from chatapp.money.admin import budgets, grants, ledger, prices, settings

__all__ = ["budgets", "grants", "ledger", "prices", "settings"]
