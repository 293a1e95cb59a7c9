"""The frames that travel to a page: htmx partials and beats, never anything a model wrote as such."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone

from chatapp.rendering import Change, Kind
from chatapp.turns import drawing, meter, outages, rail
from chatapp.turns.drawing import TurnView
from chatapp.turns.meter import Meter
from chatapp.turns.models import Conversation
from chatapp.turns.notices import Told
from chatapp.turns.states import State, words

# How many turns a page shows at first; older ones are asked for.
WINDOW = 30
BEAT = '{"beat":1}'


def turn(article: str) -> str:
    """A whole turn, put in its place or brought up to date."""
    return f'<hx-partial hx-target="#turns" hx-swap="turn">{article}</hx-partial>'


def thread(conversation: Conversation) -> str:
    """The last turns of the shown thread, all of them, after another branch was chosen."""
    return thread_of(conversation, *drawing.window(conversation, None, WINDOW))


def thread_of(conversation: Conversation, turns: Sequence[TurnView], older_before: int | None) -> str:
    context = {"turns": turns, "older_before": older_before, "conversation": conversation}
    whole = render_to_string("turns/thread.html", context)
    return f'<hx-partial hx-target="#turns" hx-swap="outerMorph">{whole}</hx-partial>'


def state(turn_id: int, state: State) -> str:
    """Another state of a running turn that changes nothing else of its article."""
    return (
        f'<hx-partial hx-target="#turn-{turn_id}" hx-swap="state">{state}</hx-partial>'
        f'<hx-partial hx-target="#working-{turn_id}" hx-swap="innerHTML">{words(state)}</hx-partial>'
    )


def patch(turn_id: int, changes: Iterable[Change]) -> str:
    """What is new in a running answer."""
    return "".join(_PARTIALS[change.kind](turn_id, change) for change in changes)


def thinking(turn_id: int, text: str) -> str:
    return f'<hx-partial hx-target="#thinking-{turn_id}" hx-swap="beforeend">{escape(text)}</hx-partial>'


def so_far(turn_id: int, told: str) -> str:
    """What a running answer has cost, as far as its length tells."""
    return f'<hx-partial hx-target="#so-far-{turn_id}" hx-swap="innerHTML">{told}</hx-partial>'


def spent(shown: Meter) -> str:
    """What the conversation has cost so far."""
    html = render_to_string("chat/spent.html", {"meter": shown})
    gauge = render_to_string("chat/gauge.html", {"meter": shown})
    frame = f'<hx-partial hx-target="#spent" hx-swap="outerMorph">{html}</hx-partial>'
    frame += f'<hx-partial hx-target="#gauge" hx-swap="outerMorph">{gauge}</hx-partial>'
    if shown.report:
        # Where there is room again the page itself takes it away.
        receipt = render_to_string("chat/refusal.html", {"report": shown.report})
        frame += f'<hx-partial hx-target="#refusal" hx-swap="innerMorph">{receipt}</hx-partial>'
    return frame


def outage() -> str:
    """What everybody is told while Claude cannot answer, or that it is over."""
    html = render_to_string("chat/outage.html", {"outage": outages.told()}).strip()
    return f'<hx-partial hx-target="#outage" hx-swap="innerHTML">{html}</hx-partial>'


def notices(told: Sequence[Told]) -> str:
    """What everybody is told for a while: one under the other, and those that stay are left as they are."""
    html = render_to_string("chat/notices.html", {"notices": told}).strip()
    return f'<hx-partial hx-target="#notices" hx-swap="innerMorph">{html}</hx-partial>'


def spent_on(conversation: Conversation) -> str:
    return spent(meter.of(conversation.owner_id, conversation.pk, timezone.now()))


def name(conversation: Conversation) -> str:
    """The conversation's title, its entry in the rail, and what it has cost: a title has its price, too."""
    entry = render_to_string("chat/rail_item.html", {"item": rail.item(conversation, conversation.pk)})
    return (
        f'<hx-partial hx-target="#conversation-title" hx-swap="innerHTML">{escape(conversation.title)}</hx-partial>'
        f'<hx-partial hx-target="#rail-list" hx-swap="turn">{entry}</hx-partial>'
        f"{spent_on(conversation)}"
    )


def entry(conversation_id: UUID) -> str:
    """The conversation's place in the rail of another one's page."""
    conversation = Conversation.objects.filter(pk=conversation_id, archived=False).first()
    if conversation is None:
        return ""
    drawn = render_to_string("chat/rail_item.html", {"item": rail.item(conversation)})
    return f'<hx-partial hx-target="#rail-list" hx-swap="turn">{drawn}</hx-partial>'


def _replaced(turn_id: int, change: Change) -> str:
    target = f"#b{turn_id}-{change.index}"
    return f'<hx-partial hx-target="{target}" hx-swap="innerMorph">{change.html}</hx-partial>'


def _added(turn_id: int, change: Change) -> str:
    block = f'<div class="block" id="b{turn_id}-{change.index}">{change.html}</div>'
    return f'<hx-partial hx-target="#answer-{turn_id}" hx-swap="beforeend">{block}</hx-partial>'


def _at_its_end(turn_id: int, change: Change) -> str:
    swap = "outerHTML" if change.kind is Kind.RENEW else "beforeend"
    target = f"#b{turn_id}-{change.index}{_in_attribute(change.path)}"
    return f'<hx-partial hx-target="{target}" hx-swap="{swap}">{change.html}</hx-partial>'


# The same few ways down, with every frame.
_in_attribute = lru_cache(64)(escape)
_PARTIALS = {Kind.REPLACE: _replaced, Kind.ADD: _added, Kind.APPEND: _at_its_end, Kind.RENEW: _at_its_end}
