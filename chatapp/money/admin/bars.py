"""A drawing of what is spent, held and left; without a line of style in it, which the content policy forbids."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from chatapp.money import amounts, standings
from chatapp.money.models import Budget
from chatapp.money.standings import Standing


@dataclass(frozen=True, slots=True)
class Bar:
    """A standing as a page shows it; widths are percents of the limit, or of what is used where that is more."""

    whom: str
    spent: str
    held: str
    left: str
    limit: str
    granted: str
    spent_percent: int
    held_percent: int
    used_percent: int
    full: bool


def of(budget: Budget) -> SafeString:
    bars = [_bar(standing) for standing in standings.of(budget, timezone.now())]
    everybody = budget.whom.startswith("every ")
    html = render_to_string("admin/money/bars.html", {"bars": bars, "everybody": everybody, "budget": budget})
    return mark_safe(html)  # noqa: S308 # our own template, which escapes the names in it


def drawn(standing: Standing) -> SafeString:
    """The same for one standing, whoever worked it out."""
    html = render_to_string("admin/money/bars.html", {"bars": [_bar(standing)], "everybody": False})
    return mark_safe(html)  # noqa: S308 # our own template, which escapes the names in it


def _bar(standing: Standing) -> Bar:
    limit, spent, held = standing.limit_nanodollars, standing.spent_nanodollars, standing.held_nanodollars
    whole = max(limit, spent + held, 1)
    return Bar(
        whom=standing.whom,
        spent=amounts.about(spent),
        held=amounts.about(held) if held else "",
        left=amounts.at_least(standing.left_nanodollars),
        limit=amounts.exact(limit),
        granted=amounts.exact(standing.granted_nanodollars) if standing.granted_nanodollars else "",
        spent_percent=max(0, spent) * 100 // whole,
        held_percent=max(0, held) * 100 // whole,
        used_percent=max(0, spent + held) * 100 // limit if limit else 100,
        full=spent + held >= limit,
    )
