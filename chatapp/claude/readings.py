"""What the gates of this process look like to whoever watches it from outside."""

from __future__ import annotations

from collections.abc import Callable

from chatapp.claude import gate
from chatapp.claude.gatehouse import Gatehouse
from chatapp.telemetry import measures
from chatapp.telemetry.measures import Measure, Values


def register() -> None:
    """Have them read with the other measures."""
    measures.watch(Measure.BREAKER, _breaker)
    measures.watch(Measure.OPEN, lambda: _sum(lambda house: house.line.open))
    measures.watch(Measure.WAITING, lambda: _sum(lambda house: house.line.waiting))
    measures.watch(Measure.REPETITIONS, _repetitions)
    measures.watch(Measure.RATE_LIMITED, _rate_limited)


def _breaker() -> Values:
    states = [one.house.breaker.states() for one in gate.gates()]
    return {(("provider", p), ("model", m)): value for each in states for (p, m), value in each.items()}


def _repetitions() -> Values:
    budgets = [one.house.budget for one in gate.gates()]
    return {
        (("afforded", "yes"),): sum(budget.allowed for budget in budgets),
        (("afforded", "no"),): sum(budget.denied for budget in budgets),
    }


def _rate_limited() -> Values:
    counts = [one.house.limiter.refused for one in gate.gates()]
    return {
        (("provider", p), ("models", family)): number for each in counts for (p, family), number in list(each.items())
    }


def _sum(read: Callable[[Gatehouse], int]) -> Values:
    return {(): sum(read(one.house) for one in gate.gates())}
