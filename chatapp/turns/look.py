"""What one turn shows: the values its article is drawn from, and what they say in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.safestring import SafeString

from chatapp.claude.catalogue import label
from chatapp.money.reports import Report
from chatapp.turns.attachments import Chip
from chatapp.turns.bills import Bill
from chatapp.turns.meter import Meter
from chatapp.turns.notes import Marker
from chatapp.turns.states import AT_ONCE, CONTINUABLE, FULL, RUNNING, State, Waiting, way_out, words

Block = tuple[int, SafeString]


@dataclass(frozen=True, slots=True)
class End:
    """What a turn's end looks like, for those who have followed it so far."""

    state: State
    text: str
    thinking: str
    thinking_ms: int | None
    stop_reason: str
    notice: str
    version: int
    bill: Bill | None
    meter: Meter
    warning: str
    report: Report | None


@dataclass(frozen=True, slots=True)
class TurnView:
    """One turn as its article shows it."""

    id: int
    conversation_id: UUID
    version: int
    state: State
    final: bool
    question: str
    text: str
    blocks: Sequence[Block]
    thinking: str
    thinking_since: datetime | None
    thinking_ms: int | None
    stop_reason: str
    notice: str
    model_label: str
    # The model that was meant to answer, where another one stands in for it.
    asked_label: str
    bill: Bill | None
    warning: str
    report: Report | None
    asked_at: datetime
    branch_position: int = 1
    branch_count: int = 1
    previous_branch_id: int | None = None
    next_branch_id: int | None = None
    # What a running one has cost so far, in words.
    so_far: str = ""
    waiting: Waiting = AT_ONCE
    # The answer is one that was kept, and when it was written.
    kept_from: datetime | None = None
    # How much of the text was written by an earlier turn.
    carried: int = 0
    # It waits until Claude is back, and nobody is asking it just now.
    put_off: bool = False
    # Why this model was chosen, where nobody chose it, and which one could be asked instead.
    routed: str = ""
    better: str = ""
    pinned: bool = False
    files: Sequence[Chip] = ()
    # Up to here older turns were condensed for Claude.
    marker: Marker | None = None
    # What its owner said of it: a thumb up or down, and why.
    thumb: int = 0
    opinion: str = ""
    correlation_id: str = ""

    @property
    def thinking_seconds(self) -> int | None:
        return None if self.thinking_ms is None else max(1, round(self.thinking_ms / 1000))

    @property
    def state_words(self) -> str:
        if self.state not in RUNNING:
            return ""
        return words(self.state, self.waiting, broke_off=self.is_asked_again)

    @property
    def stop_words(self) -> str:
        return "Cancel" if self.put_off else way_out(self.state)

    @property
    def waits(self) -> bool:
        """Nothing comes for a while, and whoever does not want to wait is shown the way out."""
        return self.state in (State.QUEUED, State.RETRYING)

    @property
    def retries_at(self) -> Waiting | None:
        """When it is tried again, and for which time of how many."""
        return self.waiting if self.state is State.RETRYING and not self.waiting.place else None

    @property
    def is_asked_again(self) -> bool:
        """What is shown will be replaced by another answer."""
        return self.state is State.RETRYING and bool(self.text[self.carried :].strip())

    @property
    def stand_in(self) -> bool:
        """What is shown was written by another model than the one that was asked."""
        return bool(self.asked_label) and not self.is_asked_again and (not self.final or bool(self.text.strip()))

    @property
    def kept_age(self) -> str:
        """How old a kept answer was when it was asked for: that stays true whenever it is read."""
        return _age((self.asked_at - self.kept_from).total_seconds()) if self.kept_from else ""

    @property
    def retry_words(self) -> str:
        if self.stand_in:
            return f"Ask {self.asked_label} again"
        return "Ask Claude again" if self.kept_from else "Retry"

    @property
    def can_pin(self) -> bool:
        return self.final and bool(self.text.strip())

    @property
    def better_label(self) -> str:
        return label(self.better) if self.better and self.final and not self.stand_in else ""

    @property
    def can_stop(self) -> bool:
        return not self.final

    @property
    def can_retry(self) -> bool:
        return self.final

    @property
    def can_wait(self) -> bool:
        """It may be answered when Claude is back."""
        return self.state is State.FAILED and self.bill is not None and self.bill.is_hopeful

    @property
    def can_edit(self) -> bool:
        return self.final

    @property
    def can_continue(self) -> bool:
        return self.state in CONTINUABLE and self.stop_reason != FULL and bool(self.text.strip())

    @property
    def can_judge(self) -> bool:
        return self.final and (bool(self.text.strip()) or self.state is State.REFUSED)

    @property
    def can_copy(self) -> bool:
        return bool(self.text.strip())


def _age(seconds: float) -> str:
    for name, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if (number := int(seconds // length)) > 0:
            return f"{number} {name}{'s' if number > 1 else ''}"
    return "a moment"
