"""What a question may cost before it is asked: the figures under the composer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chatapp.claude import catalogue
from chatapp.context import briefing, prompts
from chatapp.money import ledger, prices, room
from chatapp.turns import past, tasks
from chatapp.turns.inbox import QUESTION_LIMIT_BYTES
from chatapp.turns.models import Conversation
from chatapp.turns.routing import AUTOMATIC


@dataclass(frozen=True, slots=True)
class Worst:
    """The most that the next question of a conversation can cost: a fixed part, and so much for every byte typed."""

    base_nanodollars: int
    byte_nanodollars: int
    left_nanodollars: int | None

    def as_json(self) -> dict[str, str | None]:
        left = self.left_nanodollars
        return {
            "base_usd": ledger.usd(self.base_nanodollars),
            "byte_usd": ledger.usd(self.byte_nanodollars),
            "left_usd": None if left is None else ledger.usd(max(left, 0)),
        }


def worst(conversation: Conversation, now: datetime) -> Worst:
    """By the dearest rates that a question of any length can reach; raises UnknownPrice."""
    task = tasks.of(tasks.Name.ANSWER)
    # The cheap one may be chosen for it, but then it costs less.
    model = task.model if conversation.wish in ("", AUTOMATIC) else conversation.wish
    listed = prices.of(model, now)
    branch = past.of(conversation.head_id)
    system = prompts.version(conversation.prompt_id).text
    terms = task.terms(catalogue.of(model))
    told = briefing.for_answer(
        branch.exchanges, "", carried="", system=system, terms=terms, notes=branch.notes, pinned=branch.pinned
    )
    longest = told.prompt_bound + QUESTION_LIMIT_BYTES
    byte = listed.worst_case(longest, 0) - listed.worst_case(longest - 1, 0)
    base = listed.worst_case(longest, told.max_tokens) - byte * QUESTION_LIMIT_BYTES
    short = room.look(ledger.Payer(conversation.owner_id, conversation.pk, "", ""), now).tightest_own
    return Worst(base, byte, short.room if short else None)
