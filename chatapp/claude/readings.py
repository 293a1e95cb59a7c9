"""What the gates of this process look like to whoever watches it from outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from chatapp.claude import alarms, gate
from chatapp.claude.gatehouse import Gatehouse
from chatapp.claude.limiter import Bucket, Key
from chatapp.claude.ways import Outage
from chatapp.telemetry import measures
from chatapp.telemetry.measures import Measure, Values


@dataclass(frozen=True, slots=True)
class Trouble:
    """A way on which this process sends nothing, and what to do about it."""

    provider: str
    # Empty: all of them.
    model: str
    outage: Outage
    sentence: str


def troubles() -> list[Trouble]:
    """What this process keeps from being asked just now."""
    outages = {ours: outage for one in gate.gates() for ours, outage in one.house.breaker.outages().items()}
    return [
        Trouble(provider, model, outage, alarms.sentence(outage.kind, provider, model))
        for (provider, model), outage in sorted(outages.items())
    ]


def register() -> None:
    """Have them read with the other measures."""
    measures.watch(Measure.BREAKER, _breaker)
    measures.watch(Measure.OPEN, lambda: _sum(lambda house: house.line.open))
    measures.watch(Measure.WAITING, lambda: _sum(lambda house: house.line.waiting))
    measures.watch(Measure.REPETITIONS, _repetitions)
    measures.watch(Measure.RATE_LIMITED, _rate_limited)
    measures.watch(Measure.LIMIT_LEFT, _left)
    measures.watch(Measure.SHUT, _shut)


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


def _left() -> Values:
    """The share of each limit that is left until it begins anew."""
    now = time.time()
    return {
        (("provider", p), ("models", family), ("limit", name)): round(level.remaining / level.limit, 4)
        for (p, family), bucket in _buckets()
        for name, level in list(bucket.levels.items())
        if level.reset_at > now
    }


def _shut() -> Values:
    now = time.time()
    return {
        (("provider", p), ("models", family)): round(max(bucket.closed_until - now, 0.0), 3)
        for (p, family), bucket in _buckets()
    }


def _buckets() -> list[tuple[Key, Bucket]]:
    return [found for one in gate.gates() for found in list(one.house.limiter.buckets.items())]


def _sum(read: Callable[[Gatehouse], int]) -> Values:
    return {(): sum(read(one.house) for one in gate.gates())}
