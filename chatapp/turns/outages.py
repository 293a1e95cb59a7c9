"""What everybody is told while Claude cannot answer: one calm sentence, and nothing when it is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from chatapp.claude import gate, gateway
from chatapp.claude.failures import FailureKind


@dataclass(frozen=True, slots=True)
class Told:
    # So that a page can say which sentence it shows.
    kind: str
    sentence: str


PASSING = Told(
    "passing",
    "Claude is having trouble answering just now. Your questions wait or are answered by a stand-in.",
)
OPERATOR = Told("operator", "Answers are not possible just now. The people who run this site have been told.")


def told() -> Told | None:
    """The sentence of this moment."""
    outage = gate.outage()
    if outage is None:
        return None
    # A missing model has its stand-in, and a provider that needs somebody to act has the next one.
    somebody_answers = outage.kind is FailureKind.NOT_FOUND or bool(gateway.others_for(settings.CHATAPP_MODEL))
    return OPERATOR if outage.operator and not somebody_answers else PASSING


def on_change(act: Callable[[], None]) -> None:
    """Have it called, on the loop, whenever there may be another sentence; twice is once."""
    gate.on_change(act)
