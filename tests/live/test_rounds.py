"""The rounds through all open sockets: whose session ended is told goodbye, and nobody else is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from chatapp.live import rounds, screens
from chatapp.live.consumer import SIGNED_OUT
from chatapp.live.wire import Wire
from chatapp.storage import crossing
from chatapp.turns.models import Conversation

# The rows are read in the crossing's own threads, which see only what was committed.
pytestmark = pytest.mark.django_db(transaction=True)


class Visit:
    """Somebody's open page, with a session of its own."""

    def __init__(self, person: User) -> None:
        session = SessionStore()
        session["of"] = person.pk
        session.save()
        assert session.session_key is not None
        self.session_key = session.session_key
        self.heard: list[dict[str, Any]] = []
        self.wire = Wire(self._hear, person.pk, self.session_key, person.password)

    async def _hear(self, message: dict[str, Any]) -> None:
        self.heard.append(message)

    @property
    def code(self) -> int | None:
        """With which code the server hung up, if it did."""
        return next((message["code"] for message in self.heard if message["type"] == "websocket.close"), None)


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def conversation(ada: User) -> UUID:
    now = timezone.now()
    return Conversation.objects.create(owner=ada, title="Lighthouses", created_at=now, active_at=now).pk


@asynccontextmanager
async def _one_thread_is_left() -> AsyncIterator[None]:
    """What is done with the rows is done in the order in which it was asked for."""
    over = Event()
    busy = [asyncio.ensure_future(crossing.in_thread(over.wait)) for _ in range(crossing.THREADS - 1)]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*busy)


def _live(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Tell a story on a loop of its own, and switch every screen off behind it."""

    async def told() -> None:
        await story()
        await asyncio.sleep(0)
        for screen in tuple(screens.on.values()):
            for wire in tuple(screen.wires):
                screen.leave(wire)

    asyncio.run(told())
    assert not screens.on


def test_a_page_that_joins_while_sessions_are_read_stays(ada: User, conversation: UUID) -> None:
    here, newcomer = Visit(ada), Visit(ada)

    async def story() -> None:
        screen = screens.of(conversation)
        await screen.join(here.wire, None)
        async with _one_thread_is_left():
            coming = asyncio.ensure_future(screen.join(newcomer.wire, None))
            await asyncio.sleep(0)
            checking = asyncio.ensure_future(rounds.check_sessions())
            await asyncio.sleep(0)
            # The question about the sessions has been asked, and it was not about the newcomer.
            assert newcomer.wire not in screen.wires
            await coming
            await checking
        assert screen.wires == {here.wire, newcomer.wire}

    _live(story)
    assert (here.code, newcomer.code) == (None, None)


def test_who_signed_out_before_the_sessions_are_read_goes_while_a_newcomer_stays(ada: User, conversation: UUID) -> None:
    gone, newcomer = Visit(ada), Visit(ada)

    async def story() -> None:
        screen = screens.of(conversation)
        await screen.join(gone.wire, None)
        await crossing.in_thread(Session.objects.filter(session_key=gone.session_key).delete)
        async with _one_thread_is_left():
            coming = asyncio.ensure_future(screen.join(newcomer.wire, None))
            await asyncio.sleep(0)
            checking = asyncio.ensure_future(rounds.check_sessions())
            await coming
            await checking
        assert screen.wires == {newcomer.wire}

    _live(story)
    assert (gone.code, newcomer.code) == (SIGNED_OUT, None)


def test_a_newcomer_whose_session_ended_meanwhile_goes_with_the_next_round(ada: User, conversation: UUID) -> None:
    here, newcomer = Visit(ada), Visit(ada)

    async def story() -> None:
        screen = screens.of(conversation)
        await screen.join(here.wire, None)
        checking = asyncio.ensure_future(rounds.check_sessions())
        await screen.join(newcomer.wire, None)
        await crossing.in_thread(Session.objects.filter(session_key=newcomer.session_key).delete)
        await checking
        await rounds.check_sessions()
        assert screen.wires == {here.wire}

    _live(story)
    assert (here.code, newcomer.code) == (None, SIGNED_OUT)
