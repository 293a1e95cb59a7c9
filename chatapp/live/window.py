"""What a page must be shown beside the running answer, read from the rows; each function is one act in a thread."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from chatapp.turns import drawing, frames, later
from chatapp.turns import meter as meters
from chatapp.turns.drawing import TurnView
from chatapp.turns.models import RUNNING_STATES, Conversation, Turn


def beginning(conversation_id: UUID) -> tuple[TurnView | None, int]:
    """The running turn, if there is one on the shown path, and the version from which on changes are told."""
    version = Conversation.objects.filter(pk=conversation_id).values_list("version", flat=True).first() or 0
    return running(conversation_id, version), version


def running(conversation_id: UUID, version: int) -> TurnView | None:
    """What runs in what a version shows: what has begun since may be on another branch, and is told next."""
    open_turns = Turn.objects.filter(conversation_id=conversation_id, state__in=RUNNING_STATES, version__lte=version)
    turn_id = open_turns.values_list("pk", flat=True).first()
    return drawing.shown(turn_id) if turn_id else None


def turn(turn_id: int) -> tuple[TurnView | None, str, int]:
    """A turn and the frame that shows it, if it is on the shown path, and when that last changed its shape."""
    view = drawing.shown(turn_id)
    if view is None:
        return None, "", 0
    conversation = Conversation.objects.get(pk=view.conversation_id)
    return view, frames.turn(drawing.article(view)) + frames.spent_on(conversation), conversation.reshaped


def catch_up(conversation_id: UUID, seen: int | None, something_runs: bool, drawn: int | None = None) -> str:
    """What changed since the page was drawn; a follower that says nothing about itself is shown the last turn.

    A page may have a turn newer than all else that it shows, from the answer to a form: whether it has the shape of the
    thread is told by the version at which it was last drawn whole.
    """
    conversation = Conversation.objects.filter(pk=conversation_id).first()
    if conversation is None:
        return ""
    later.see(conversation_id)
    if seen is None:
        if something_runs or conversation.head_id is None:
            return ""
        last = drawing.shown(conversation.head_id)
        return frames.turn(drawing.article(last)) if last else ""
    if (seen if drawn is None else drawn) < conversation.reshaped:
        return frames.thread(conversation) + frames.name(conversation)
    if seen < conversation.version:
        changed = drawing.since(conversation, seen)
        if len(changed) > frames.WINDOW:
            return frames.thread(conversation) + frames.name(conversation)
        return "".join(frames.turn(drawing.article(turn)) for turn in changed) + frames.name(conversation)
    return ""


def changes(conversation_id: UUID, seen: int) -> tuple[TurnView | None, str, int] | None:
    """The running turn, the frame that shows all that changed after a version, and which one that leads to."""
    version = Conversation.objects.filter(pk=conversation_id).values_list("version", flat=True).first()
    if version is None:
        return None
    frame = catch_up(conversation_id, seen, something_runs=True)
    return running(conversation_id, version), frame, version


def meter(conversation_id: UUID) -> tuple[str, bool]:
    """The frame that shows what has been and may be spent, and whether nothing can be asked any more."""
    conversation = Conversation.objects.filter(pk=conversation_id).first()
    if conversation is None:
        return "", False
    shown = meters.of(conversation.owner_id, conversation.pk, timezone.now())
    return frames.spent(shown), shown.report is not None


def whole(conversation_id: UUID) -> tuple[TurnView | None, str, int]:
    """The last turns of the shown thread, the running one exactly as it is drawn there, and the version."""
    conversation = Conversation.objects.get(pk=conversation_id)
    turns, older_before = drawing.window(conversation, None, frames.WINDOW)
    running = next((turn for turn in turns if not turn.final), None)
    return running, frames.thread_of(conversation, turns, older_before), conversation.version


def name(conversation_id: UUID, seen: int) -> tuple[str, int]:
    """The conversation's title and its entry in the rail, and which version whoever has seen one has seen with it."""
    conversation = Conversation.objects.get(pk=conversation_id)
    return frames.name(conversation), seen + _is_a_names(conversation, seen + 1)


def _is_a_names(conversation: Conversation, version: int) -> bool:
    """Whether this is the conversation's version, and nothing but its name or its place has made it."""
    if version != conversation.version or version == conversation.reshaped:
        return False
    return not Turn.objects.filter(conversation=conversation, version__gte=version).exists()
