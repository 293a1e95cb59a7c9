"""How a turn looks: the values and the one template that the page, the socket and a reload share."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import mark_safe

from chatapp import rendering
from chatapp.claude import offer
from chatapp.claude.catalogue import label
from chatapp.money import reports
from chatapp.money.reports import Report
from chatapp.turns import attachments, bills, feedback, notes, running, scribe, thread
from chatapp.turns.attachments import Chip
from chatapp.turns.bills import Bill
from chatapp.turns.look import Block, End, TurnView
from chatapp.turns.models import RUNNING_STATES, Conversation, Turn
from chatapp.turns.states import AT_ONCE, FINAL, State

__all__ = ["End", "TurnView"]


@dataclass(frozen=True, slots=True)
class Beside:
    """What other rows say of a turn."""

    marker: notes.Marker | None = None
    better: str = ""
    files: Sequence[Chip] = ()
    opinion: feedback.Feedback | None = None


NOTHING = Beside()


def view(turn: Turn, path: thread.Thread, bill: Bill | None, beside: Beside = NOTHING) -> TurnView:
    """A turn from its rows; a running one with the text that had been kept so far."""
    state = State(turn.state)
    branches = path.branches(turn.pk)
    position = branches.index(turn.pk)
    text, thinking = scribe.so_far(turn)
    live = running.known(turn.pk, turn.epoch) if state not in FINAL else None
    if live:
        state = live.state
    return TurnView(
        id=turn.pk,
        conversation_id=turn.conversation_id,
        version=turn.version,
        state=state,
        final=state in FINAL,
        question=turn.question,
        text=text,
        blocks=numbered(rendering.render(text, str(turn.pk))),
        thinking=thinking,
        thinking_since=live.thinking_since if live else None,
        thinking_ms=live.thinking_ms if live else turn.thinking_ms,
        stop_reason=turn.stop_reason,
        notice=turn.notice,
        model_label=label(turn.model),
        asked_label=label(turn.asked_model) if turn.asked_model else "",
        routed=turn.routed,
        better=beside.better,
        pinned=turn.pinned,
        files=beside.files,
        marker=beside.marker,
        thumb=beside.opinion.thumb if beside.opinion else 0,
        opinion=beside.opinion.words if beside.opinion else "",
        bill=bill,
        warning=turn.warning,
        report=Report.from_json(turn.limit_report) if turn.limit_report else None,
        branch_position=position + 1,
        branch_count=len(branches),
        previous_branch_id=branches[position - 1] if position else None,
        next_branch_id=branches[position + 1] if position + 1 < len(branches) else None,
        asked_at=turn.asked_at,
        so_far=so_far(live.cost_nanodollars) if live else "",
        waiting=live.waiting if live else AT_ONCE,
        kept_from=turn.kept_from,
        carried=turn.carried,
        put_off=state is State.QUEUED and live is None and not turn.worker and turn.later_until is not None,
        correlation_id=turn.correlation_id,
    )


def views(turns: Iterable[Turn], path: thread.Thread) -> list[TurnView]:
    turns = list(turns)
    found = bills.of([turn.pk for turn in turns])
    attached = attachments.chips([turn.pk for turn in turns])
    opinions = feedback.of([turn.pk for turn in turns])
    marked = notes.markers(turns[0].conversation_id, path) if turns else {}
    better = {who: offer.better(*who, timezone.localdate()) for who in {(turn.asker_id, turn.model) for turn in turns}}
    return [
        view(
            turn,
            path,
            found.get(turn.pk),
            Beside(
                marked.get(turn.pk),
                better[turn.asker_id, turn.model],
                attached.get(turn.pk, ()),
                opinions.get(turn.pk),
            ),
        )
        for turn in turns
    ]


def shown(turn_id: int) -> TurnView | None:
    """A turn as it stands, if it is on the path that is shown."""
    turn = Turn.objects.select_related("conversation").filter(pk=turn_id).first()
    if turn is None:
        return None
    path = thread.of(turn.conversation_id, turn.conversation.head_id)
    return views([turn], path)[0] if turn_id in path.path else None


def since(conversation: Conversation, version: int) -> list[TurnView]:
    """The shown turns that changed after a version, the running one left out, as is what has changed since."""
    changed = Turn.objects.filter(conversation=conversation, version__gt=version, version__lte=conversation.version)
    changed = changed.exclude(state__in=RUNNING_STATES)
    path = thread.of(conversation.pk, conversation.head_id)
    return views([turn for turn in changed.order_by("pk") if turn.pk in path.path], path)


def window(conversation: Conversation, before: int | None, limit: int) -> tuple[list[TurnView], int | None]:
    """The last turns of the shown path before a turn, and where to ask on for older ones."""
    path = thread.of(conversation.pk, conversation.head_id)
    ids = path.before(before, limit)
    older = ids[0] if ids and ids[0] != path.path[0] else None
    turns = Turn.objects.in_bulk(ids)
    return views([turns[pk] for pk in ids if pk in turns], path), older


def article(turn: TurnView) -> str:
    """The turn's article, as the page and the socket show it."""
    return get_template("turns/turn.html").render({"turn": turn})


def first_article(turn: TurnView) -> str:
    """The article of a turn that was accepted a moment ago: whoever asked gets it, and every page that watches."""
    for known, drawn in tuple(_lately):
        if known is turn:
            return drawn
    drawn = article(turn)
    _lately.append((turn, drawn))
    return drawn


_lately: deque[tuple[TurnView, str]] = deque(maxlen=16)


def new(
    turn_id: int,
    conversation_id: UUID,
    version: int,
    question: str,
    model: str,
    now: datetime,
    routed: str = "",
    better: str = "",
    files: Sequence[Chip] = (),
    correlation_id: str = "",
) -> TurnView:
    """A turn that was accepted just now, behind the last one that is shown."""
    return TurnView(
        id=turn_id,
        conversation_id=conversation_id,
        version=version,
        state=State.ACCEPTED,
        final=False,
        question=question,
        text="",
        blocks=(),
        thinking="",
        thinking_since=None,
        thinking_ms=None,
        stop_reason="",
        notice="",
        model_label=label(model),
        asked_label="",
        routed=routed,
        better=better,
        files=files,
        bill=None,
        warning="",
        report=None,
        asked_at=now,
        correlation_id=correlation_id,
    )


def ended(turn: TurnView, end: End, blocks: Sequence[str]) -> TurnView:
    """The same turn at its end."""
    return replace(
        turn,
        state=end.state,
        final=True,
        text=end.text,
        blocks=numbered(blocks),
        thinking=end.thinking,
        thinking_ms=end.thinking_ms,
        stop_reason=end.stop_reason,
        notice=end.notice,
        version=end.version,
        bill=end.bill,
        warning=end.warning,
        report=end.report,
        waiting=AT_ONCE,
    )


def so_far(nanodollars: int) -> str:
    """The running cost of an answer in words, where it is known."""
    return f"about {reports.about(nanodollars)}" if nanodollars else ""


def numbered(blocks: Iterable[str]) -> list[Block]:
    # The rendering room has sanitised every block; see tests/rendering.
    return [(number, mark_safe(html)) for number, html in enumerate(blocks)]  # noqa: S308
