"""Tells a person's open pages when a question that had waited for Claude was answered in another conversation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from chatapp.live import screens
from chatapp.live.wire import Parcel
from chatapp.storage.crossing import in_thread
from chatapp.storage.rounds import Round
from chatapp.turns import frames, later
from chatapp.turns.later import News

# Who comes later than this finds the mark on the page itself.
LATELY = timedelta(minutes=10)


class _Known:
    """What the rails of all open pages show."""

    news: frozenset[News] = frozenset()


_known = _Known()


async def look() -> None:
    """Bring every rail up to date that shows too little or too much; what is watched is no news."""
    if not screens.on:
        return
    found = frozenset(await in_thread(later.news, timezone.now() - LATELY))
    watched = {one for one in found if (screen := screens.on.get(one.conversation_id)) and screen.wires}
    for one in watched:
        await in_thread(later.see, one.conversation_id)
    await _tell(_known.news ^ (found - watched))
    _known.news = found - watched


async def _tell(changed: Iterable[News]) -> None:
    for one in changed:
        pages = [wire for screen in tuple(screens.on.values()) for wire in screen.wires if wire.user_id == one.owner_id]
        if pages and (frame := await in_thread(frames.entry, one.conversation_id)):
            parcel = Parcel(frame)
            for wire in pages:
                wire.push(parcel)


ROUND = Round(look, 1.0, "it could not be seen whether a question that waited was answered")
