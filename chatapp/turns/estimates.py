"""What a question may cost before it is asked: the figures under the composer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from chatapp.context import briefing
from chatapp.money import ledger, prices, room
from chatapp.turns import opening
from chatapp.turns.inbox import QUESTION_LIMIT_BYTES
from chatapp.turns.models import Conversation


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
    model, max_tokens = settings.CHATAPP_MODEL, settings.CHATAPP_MAX_TOKENS
    listed = prices.of(model, now)
    history = opening.history(conversation.head_id)
    told = briefing.for_answer(history, "", carried="", model=model, max_tokens=max_tokens)
    longest = told.prompt_bound + QUESTION_LIMIT_BYTES
    byte = listed.worst_case(longest, 0) - listed.worst_case(longest - 1, 0)
    base = listed.worst_case(longest, told.max_tokens) - byte * QUESTION_LIMIT_BYTES
    short = room.look(ledger.Payer(conversation.owner_id, conversation.pk, "", ""), now).tightest_own
    return Worst(base, byte, short.room if short else None)
