"""What the money looks like from outside: the same in every process, for it is in the database."""

from __future__ import annotations

from django.utils import timezone

from chatapp.money import holds, limits
from chatapp.storage import statements
from chatapp.telemetry import measures
from chatapp.telemetry.measures import Measure, Values


def register() -> None:
    """Have it read with the other measures."""
    measures.watch(Measure.SPENT, _spent)
    measures.watch(Measure.HELD, lambda: _of(holds.held().nanodollars))
    measures.watch(Measure.HOLDS, lambda: _of(holds.held().holds))


def _spent() -> Values:
    places = limits.places(None, None, (), limits.today(timezone.now()))
    keys = [place.key for place in places]
    found = dict(statements.rows(_SPENT.format(statements.marks(keys)), *keys))
    return {(("period", str(place.period)),): found.get(place.key, 0) for place in places}


def _of(value: int) -> Values:
    return {(): value}


_SPENT = "SELECT key, spent_nanodollars FROM chatapp_counter WHERE key IN ({})"
