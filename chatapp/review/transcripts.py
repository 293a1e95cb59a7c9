"""A conversation as its owner saw it, and beside every answer what really happened; masked unless there is a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Prefetch

from chatapp import rendering
from chatapp.claude.catalogue import label
from chatapp.review import masking
from chatapp.review.models import Item, Note, Review
from chatapp.turns import attachments, drawing, feedback, inquest, notes, scribe, thread
from chatapp.turns.attachments import Chip
from chatapp.turns.inquest import Findings
from chatapp.turns.look import Block
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.notes import Marker
from chatapp.turns.register.models import Labelled

AROUND: Final = 10
# Silence that a reader notices.
GAP_MS: Final = 1_000
# What stands beside turns, read for all of them at once.
_BESIDE: Final = (
    "attempts",
    "review_notes",
    Prefetch("labelled", Labelled.objects.select_related("label").order_by("label__name")),
    Prefetch("review_item__reviews", Review.objects.order_by("pk")),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One turn as a reviewer sees it."""

    id: int
    current: bool
    state: str
    question: str
    text: str
    blocks: Sequence[Block]
    thinking: str
    notice: str
    model_label: str
    asked_label: str
    files: Sequence[Chip]
    thumb: int
    opinion: str
    marker: Marker | None
    found: Findings
    labels: Sequence[Labelled]
    notes: Sequence[Note]
    reviews: Sequence[Review]
    # Milliseconds and shares of the answer in thousandths, in pairs, for the replay.
    pace: str
    gaps: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """A window of the path through one turn."""

    conversation: Conversation
    turns: Sequence[Reading]
    older: int | None
    newer: int | None
    masked: bool


def of(conversation: Conversation, turn_id: int | None, *, around: int = AROUND, masked: bool = True) -> Transcript:
    """The path that is shown to its owner, or the one through a turn; as much of it as stands around that turn."""
    whole = thread.of(conversation.pk, conversation.head_id)
    if turn_id is not None and turn_id not in whole.path and turn_id in whole.parent:
        whole = thread.of(conversation.pk, whole.newest_leaf(turn_id))
    path = whole.path
    at = path.index(turn_id) if turn_id in path else len(path) - 1
    start, end = max(0, at - around), at + around + 1
    ids = path[start:end]
    return Transcript(
        conversation=conversation,
        turns=_turns(conversation, ids, whole, turn_id, masked=masked),
        older=path[start - 1] if start else None,
        newer=path[end] if end < len(path) else None,
        masked=masked,
    )


def _turns(
    conversation: Conversation, ids: Sequence[int], path: thread.Thread, current: int | None, *, masked: bool
) -> list[Reading]:
    rows = Turn.objects.select_related("asker", "review_item").prefetch_related(*_BESIDE).in_bulk(ids)
    marked = notes.markers(conversation.pk, path)
    chips, opinions = attachments.chips(ids), feedback.of(ids)
    hide: Callable[[str], str] = masking.mask if masked else str
    return [
        _reading(rows[pk], pk == current, hide, marked.get(pk), chips.get(pk, ()), opinions.get(pk))
        for pk in ids
        if pk in rows
    ]


def _reading(
    turn: Turn,
    current: bool,
    hide: Callable[[str], str],
    marker: Marker | None,
    chips: Sequence[Chip],
    opinion: feedback.Feedback | None,
) -> Reading:
    text, thinking = (hide(said) for said in scribe.so_far(turn))
    return Reading(
        id=turn.pk,
        current=current,
        state=turn.state,
        question=hide(turn.question),
        text=text,
        blocks=drawing.numbered(rendering.render(text, f"r{turn.pk}")),
        thinking=thinking,
        notice=hide(turn.notice),
        model_label=label(turn.model),
        asked_label=label(turn.asked_model) if turn.asked_model else "",
        files=[Chip(chip.key, hide(chip.name), chip.kind, chip.words) for chip in chips],
        thumb=opinion.thumb if opinion else 0,
        opinion=hide(opinion.words) if opinion else "",
        marker=marker
        and Marker(marker.id, hide(marker.text), marker.model_label, marker.turns, marker.corrected, marker.current),
        found=_hidden(inquest.of(turn), hide),
        labels=list(turn.labelled.all()),
        notes=list(turn.review_notes.all()),
        reviews=list(turn.review_item.reviews.all()) if hasattr(turn, "review_item") else [],
        pace=_shares(turn),
        gaps=_gaps(turn),
    )


def _hidden(found: Findings, hide: Callable[[str], str]) -> Findings:
    """What Claude or the network said of a failure may repeat something too short to be known for a quote."""
    return replace(found, attempts=[replace(one, detail=hide(one.detail)) for one in found.attempts])


def open_to(item: Item, reader: User, reviews: Sequence[Review]) -> bool:
    """Whoever is asked second does not see what the first one found."""
    mine = any(one.reviewer_id == reader.pk for one in reviews)
    return mine or item.state in (Item.State.DONE, Item.State.DISPUTED)


def steps(turn: Turn) -> list[tuple[int, int]]:
    """After how many milliseconds there were how many characters."""
    numbers = [int(part) for part in turn.pace.split()]
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def _shares(turn: Turn) -> str:
    known = steps(turn)
    whole = max((length for _, length in known), default=0) or 1
    return " ".join(f"{ms} {length * 1000 // whole}" for ms, length in known)


def _gaps(turn: Turn) -> str:
    silences = [
        (later - earlier, earlier) for (earlier, _), (later, _) in pairwise(steps(turn)) if later - earlier >= GAP_MS
    ]
    if not silences:
        return ""
    longest, after = max(silences)
    return f"{len(silences)} of a second or more, the longest {longest / 1000:.1f} s after {after / 1000:.1f} s"
