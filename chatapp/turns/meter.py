"""What a conversation has cost and may cost: the figures beside every conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chatapp.context import briefing
from chatapp.money import ledger, prices, reports, room
from chatapp.money.ledger import Payer
from chatapp.money.reports import Report
from chatapp.storage import seldom
from chatapp.turns import opening, tasks, telling


@dataclass(frozen=True, slots=True)
class Meter:
    spent_nanodollars: int = 0
    limit_nanodollars: int | None = None
    # The limit that leaves too little for any question at all.
    report: Report | None = None
    conversation_id: UUID | None = None
    # Percent of what Claude can read; None before the first answer.
    fullness: int | None = None

    @property
    def spent_usd(self) -> str:
        return ledger.usd(self.spent_nanodollars)

    @property
    def limit_usd(self) -> str:
        """Empty where nobody has set a limit."""
        return "" if self.limit_nanodollars is None else ledger.usd(self.limit_nanodollars)

    @property
    def spent(self) -> str:
        return reports.about(self.spent_nanodollars)

    @property
    def limit(self) -> str:
        return "" if self.limit_nanodollars is None else reports.about(self.limit_nanodollars)

    @property
    def is_near(self) -> bool:
        """Four fifths of the conversation's limit are gone."""
        return self.limit_nanodollars is not None and 5 * self.spent_nanodollars >= 4 * self.limit_nanodollars

    @property
    def room(self) -> str:
        """Whether a question can still be asked; what only running answers hold may come back."""
        return "none" if self.report else "some"


def of(owner_id: int, conversation_id: UUID, now: datetime) -> Meter:
    payer = Payer(owner_id, conversation_id, "", "")
    with seldom.OneLook():
        seen = room.look(payer, now)
        full = seen.fullest
        report = reports.of(full, payer) if full is not None and room.unspent(full) < least(now) else None
        full_percent = telling.fullness(conversation_id)
    return Meter(seen.spent_nanodollars, seen.limit_nanodollars, report, conversation_id, full_percent)


def words(user_id: int, now: datetime) -> str:
    """What a person has left before the first question, where anything limits it."""
    full, own = room.of_person(user_id, now)
    if full is not None and room.unspent(full) < least(now):
        return f"{reports.name(full.limit)} is used up."
    if own is None:
        return ""
    name = reports.name(own.limit)
    return f"{reports.about(room.unspent(own), up=False)} of {name[0].lower()}{name[1:]} is left."


def least(now: datetime) -> int:
    """What must be left for any question: no prompt is bounded lower, and a shorter answer serves nobody."""
    task = tasks.of(tasks.Name.ANSWER)
    try:
        listed = prices.of(task.model, now)
    except prices.UnknownPrice:
        # Nothing can be asked, but not for lack of money.
        return 0
    return listed.worst_case(opening.COUNT_MARGIN_TOKENS, briefing.useful_tokens(task.own_terms()))
