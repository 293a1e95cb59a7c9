"""`manage.py budgets`: the same budgets that the admin edits."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from chatapp.money import amounts, budgets, ledger, reports
from chatapp.money.budgets import Address, Unclear
from chatapp.money.models import Budget, Scope
from chatapp.money.standings import Standing
from chatapp.turns.models import Conversation


class Command(BaseCommand):
    help = "Sets, lists and removes budgets. Without a name a budget is everybody's; setting one again changes it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="set|list|remove")
        put = acts.add_parser("set", help="make a budget, or change its limit")
        remove = acts.add_parser("remove", help="remove a budget")
        for act in (put, remove):
            act.add_argument("--scope", required=True, help="session, user, group or site")
            act.add_argument("--name", help="a person's or group's name, or a conversation's number")
            act.add_argument("--period", required=True, help="day, month or total")
        put.add_argument("--limit", required=True, metavar="USD", help="US dollars, like 5 or 0.25")
        put.add_argument("--warn", metavar="PERCENTS", help="when to warn, like 80,95; empty for never")
        for act in (put, remove, acts.add_parser("list", help="every budget, and how it stands")):
            act.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            {"set": self._set, "list": self._list, "remove": self._remove}[options["act"]](options)
        except ValueError as wrong:
            raise CommandError(str(wrong)) from None
        except DatabaseError as wrong:
            raise CommandError(f"The database says: {str(wrong).strip()}. Has `manage.py prepare` run?") from None

    def _set(self, options: dict[str, Any]) -> None:
        where = _address(options)
        budget = budgets.put(where, reports.dollars(options["limit"]), options["warn"])
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(budget, budgets.standing(budget, timezone.now()))))
        else:
            self.stdout.write(f"{budget}: {amounts.exact(budget.limit_nanodollars)}")

    def _list(self, options: dict[str, Any]) -> None:
        found = budgets.all_of_them(timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(budget, standing) for budget, standing in found], indent=2))
            return
        for budget, standing in found:
            self.stdout.write(_line(budget, standing))

    def _remove(self, options: dict[str, Any]) -> None:
        budgets.remove(_address(options))
        if options["json"]:
            self.stdout.write(json.dumps({"removed": True}))
        else:
            self.stdout.write("Removed.")


def _address(options: dict[str, Any]) -> Address:
    where = budgets.address(options["scope"], options["name"], options["period"])
    number = where.conversation_id
    # One that is gone may still have a budget to remove.
    if number and options["act"] == "set" and not Conversation.objects.filter(pk=number).exists():
        raise Unclear(f"There is no conversation {number}.")
    return where


def _as_json(budget: Budget, standing: Standing | None) -> dict[str, Any]:
    return {
        "scope": budgets.WORDS[Scope(budget.scope)],
        "name": budgets.name_of(budget),
        "period": budget.period,
        "limit_usd": ledger.usd(budget.limit_nanodollars),
        "warn_percents": [int(percent) for percent in budget.warn_percents.split(",") if percent],
        "at_limit": budget.at_limit,
        "own": budget.own,
        "spent_usd": ledger.usd(standing.spent_nanodollars) if standing else None,
        "held_usd": ledger.usd(standing.held_nanodollars) if standing else None,
        "left_usd": ledger.usd(standing.left_nanodollars) if standing else None,
    }


def _line(budget: Budget, standing: Standing | None) -> str:
    line = f"{budget}: {amounts.exact(budget.limit_nanodollars)}"
    if standing:
        line += f", {amounts.about(standing.spent_nanodollars)} spent, {amounts.about(standing.held_nanodollars)} held"
    if budget.warn_percents:
        line += f", warns at {budget.warn_percents} %"
    if budget.at_limit != "stop":
        line += ", only tells"
    return line + (", set by the person" if budget.own else "")
