"""Whatever a screen could not read, or was never told, its pages show in the end what the rows say."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from chatapp.live import screens, versions, window
from chatapp.live.wire import Wire
from chatapp.storage.crossing import in_thread
from chatapp.turns import closing, lease
from chatapp.turns.closing import Ending
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.relay import Ended, Event, Moved, Renamed, relay
from chatapp.turns.states import State
from tests.markup import Element
from tests.page_model import Page
from tests.turns import stories

# The rows are read in the crossing's own threads, which see only what was committed.
pytestmark = pytest.mark.django_db(transaction=True)


class Visit:
    """An open page and its socket."""

    def __init__(self, person: User) -> None:
        self.page = Page(Element("div", {"id": "turns"}))
        self.wire = Wire(self._hear, person.pk, "session", person.password)

    async def _hear(self, message: dict[str, Any]) -> None:
        self.page.apply(message["text"])


class Broken:
    """A running answer, and a page of it in whose process nothing can be read that has to do with requests."""

    def __init__(self, owner: User) -> None:
        self.turn = stories.turn(owner, State.ACCEPTED, timezone.now())
        Turn.objects.filter(pk=self.turn.pk).update(worker=lease.WORKER, version=1)
        Conversation.objects.filter(pk=self.turn.conversation_id).update(version=1)
        self.visit = Visit(owner)

    @property
    def conversation(self) -> UUID:
        return self.turn.conversation_id

    @property
    def shown(self) -> str:
        return self.visit.page.state(self.turn.pk)

    async def come(self) -> None:
        await screens.of(self.conversation).join(self.visit.wire, 0)
        await self.rest()
        assert self.shown == "accepted"

    async def hear(self, event: Event) -> None:
        relay.tell(self.conversation, event)
        await self.rest()

    async def miss(self, event: Event) -> None:
        """It is told, and nothing of it can be read."""
        await in_thread(_alter, "chatapp_attempt", "hidden")
        await self.hear(event)
        await in_thread(_alter, "hidden", "chatapp_attempt")

    async def look(self) -> None:
        """As every second."""
        await versions.look()
        await self.rest()

    async def rest(self) -> None:
        """Until all was read and sent."""
        screen = screens.of(self.conversation)
        while screen.is_reading:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)


def _edited_elsewhere(turn: Turn) -> Turn:
    """Another process takes the question in other words."""
    version = Conversation.objects.get(pk=turn.conversation_id).version + 1
    edited = stories.turn(turn.asker, State.ACCEPTED, timezone.now())
    Turn.objects.filter(pk=edited.pk).update(
        conversation=turn.conversation_id, version=version, worker="elsewhere", question="Who pays at night?"
    )
    Conversation.objects.filter(pk=turn.conversation_id).update(version=version, reshaped=version, head=edited)
    return edited


def _alter(name: str, other: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO {other}")


def _live(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Tell a story on a loop of its own, and switch every screen off behind it."""

    async def told() -> None:
        relay.open(asyncio.get_running_loop())
        await story()
        for screen in tuple(screens.on.values()):
            for wire in tuple(screen.wires):
                screen.leave(wire)

    asyncio.run(told())
    assert not screens.on


@pytest.fixture
def broken(db: None, caplog: pytest.LogCaptureFixture) -> Broken:
    caplog.set_level(logging.CRITICAL, logger="chatapp.live.screens")
    return Broken(User.objects.create_user("ada"))


def test_an_end_that_could_not_be_read_is_not_hidden_by_a_name_that_could(broken: Broken) -> None:
    async def story() -> None:
        await broken.come()
        ending = Ending(State.ANSWERED, "By day and by night.")
        assert await in_thread(closing.close, broken.turn.pk, broken.turn.epoch, ending, None, None)
        await broken.miss(Ended(broken.turn.pk))
        # The end was told with its place in the rail, and then it got its title.
        await broken.hear(Renamed())
        await in_thread(Conversation.objects.filter(pk=broken.conversation).update, title="Light", version=3)
        await broken.hear(Renamed())
        assert broken.shown == "accepted"
        await broken.look()
        assert broken.shown == "answered"

    _live(story)


def test_an_end_that_was_never_told_is_not_hidden_by_a_name_that_was(broken: Broken) -> None:
    async def story() -> None:
        await broken.come()
        ending = Ending(State.ANSWERED, "By day and by night.")
        assert await in_thread(closing.close, broken.turn.pk, broken.turn.epoch, ending, None, None)
        await broken.hear(Renamed())
        assert broken.shown == "accepted"
        await broken.look()
        assert broken.shown == "answered"

    _live(story)


def test_a_move_that_could_not_be_read_and_changed_no_version_is_looked_at_again(broken: Broken) -> None:
    async def story() -> None:
        await broken.come()
        await in_thread(Turn.objects.filter(pk=broken.turn.pk).update, state=State.QUEUED.value, epoch=2)
        await broken.miss(Moved(broken.turn.pk, State.ACCEPTED))
        assert broken.shown == "accepted"
        await broken.look()
        assert broken.shown == "queued"

    _live(story)


def test_another_branch_that_was_never_told_is_not_hidden_by_news_of_its_answer(broken: Broken) -> None:
    async def story() -> None:
        await broken.come()
        ending = Ending(State.ANSWERED, "By day and by night.")
        assert await in_thread(closing.close, broken.turn.pk, broken.turn.epoch, ending, None, None)
        await broken.hear(Ended(broken.turn.pk))
        edited = await in_thread(_edited_elsewhere, broken.turn)
        # The first words of the other answer came through; that there is another branch did not.
        await broken.hear(Moved(edited.pk, State.ACCEPTED))
        assert [article.attributes["data-turn"] for article in broken.visit.page.articles] == [str(edited.pk)]

    _live(story)


def test_a_form_that_was_answered_meanwhile_does_not_hide_that_there_is_another_branch(broken: Broken) -> None:
    """The page's socket was away: another branch was made and answered, and then this page asked on."""
    ended = {"state": State.ANSWERED.value, "ended_at": timezone.now()}
    Turn.objects.filter(pk=broken.turn.pk).update(**ended)
    edited = _edited_elsewhere(broken.turn)
    Turn.objects.filter(pk=edited.pk).update(version=5, **ended)
    Conversation.objects.filter(pk=broken.conversation).update(version=5)
    thread = window.catch_up(broken.conversation, 5, something_runs=False, drawn=1)
    broken.visit.page.apply(thread)
    assert [article.attributes["data-turn"] for article in broken.visit.page.articles] == [str(edited.pk)]
    assert broken.visit.page.drawn == 5
    assert window.catch_up(broken.conversation, 5, something_runs=False, drawn=5) == ""


def test_what_began_or_changed_after_the_version_was_read_is_left_for_the_next_time(broken: Broken) -> None:
    Turn.objects.filter(pk=broken.turn.pk).update(version=2)
    assert window.beginning(broken.conversation) == (None, 1)
    assert window.changes(broken.conversation, 1) == (None, "", 1)
    Turn.objects.filter(pk=broken.turn.pk).update(state=State.ANSWERED.value, ended_at=timezone.now())
    assert 'id="turn-' not in window.catch_up(broken.conversation, 0, something_runs=False)
    Conversation.objects.filter(pk=broken.conversation).update(version=2)
    assert f'id="turn-{broken.turn.pk}"' in window.catch_up(broken.conversation, 0, something_runs=False)
