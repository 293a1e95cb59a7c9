"""The socket of one open page: it only listens."""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer
from django.db import InterfaceError, OperationalError

from chatapp.live import audience, door, notices, outages, screens
from chatapp.live.wire import Send, Wire
from chatapp.storage.crossing import in_thread
from chatapp.telemetry import facts
from chatapp.telemetry.facts import Fact
from chatapp.turns import lease

log = logging.getLogger(__name__)

# A page comes back by itself after it.
COME_BACK = 1011
SIGNED_OUT = 4401
CROWDED = 4429
NOISY = 4408
SOCKETS_PER_USER = 30
INBOUND_FRAMES = 20

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]


async def turn_away(scope: door.Scope, receive: Receive, send: Send) -> None:
    """A handshake at an address where there is nothing to hear is refused; Channels by itself would break over it."""
    await send({"type": "websocket.close"})


class Listener(AsyncConsumer):  # type: ignore[misc] # channels ships no types
    """Checks the door, joins the screen, and leaves it."""

    wire: Wire | None = None
    screen: screens.Screen | None = None
    heard = 0
    # Names the socket in what is written down of it.
    name = ""
    joined_at = 0.0

    async def __call__(self, scope: door.Scope, receive: Receive, send: Send) -> None:
        """Channels' own way, without the tasks and threads that it keeps for a channel layer and for the database."""
        self.scope, self.base_send = scope, send
        try:
            with contextlib.suppress(StopConsumer):
                while True:
                    message = await receive()
                    await getattr(self, get_handler_name(message))(message)
        finally:
            # Daphne ends whoever is still busy ten seconds after the socket has gone, and says nothing more.
            if self.wire and self.screen:
                self.wire.closed = True
                self.screen.leave(self.wire)

    async def websocket_connect(self, message: Message) -> None:
        # A proxy asks the next process; a page comes back by itself.
        if lease.claim.leaving or not door.same_origin(self.scope):
            await self.send({"type": "websocket.close"})
            return
        stranger = Wire(self.base_send, 0, "", "")
        with audience.at_the_door(stranger):
            await self.send({"type": "websocket.accept"})
            try:
                await self._let_in(stranger)
            except (OperationalError, InterfaceError):
                log.exception("nobody could be let in: the database is away")
                self._tell(Fact.SOCKET_REFUSED, code=COME_BACK)
                (self.wire or stranger).close(COME_BACK)

    async def _let_in(self, stranger: Wire) -> None:
        conversation_id: UUID = self.scope["url_route"]["kwargs"]["conversation_id"]
        cookies = door.cookies(self.scope)
        # A socket may stay for a day; what it came with is not kept, the cookies least of all.
        self.scope["headers"].clear()
        visitor = await in_thread(door.visitor, cookies, conversation_id)
        if not stranger.is_open:
            # Given up meanwhile, and perhaps here again already: on a busy day every such join would make it busier.
            return
        if visitor is None:
            await self._turn_away(SIGNED_OUT)
        elif not visitor.owns:
            await self._turn_away(screens.GONE)
        elif audience.sockets_of(visitor.user_id) >= SOCKETS_PER_USER:
            await self._turn_away(CROWDED)
        else:
            self.wire = Wire(self.base_send, visitor.user_id, visitor.session_key, visitor.credential)
            self.screen = screens.of(conversation_id)
            self.name, self.joined_at = secrets.token_hex(4), time.monotonic()
            seen, drawn = self._version("seen"), self._version("drawn")
            await self.screen.join(self.wire, seen, drawn, locked=self._said("room") == "none")
            self._tell(Fact.SOCKET_RESUMED if self._said("again") else Fact.SOCKET_JOINED)
            outages.catch_up(self.wire, self._said("outage"))
            await notices.catch_up(self.wire, self._said("notices"))

    async def websocket_receive(self, message: Message) -> None:
        """Nothing is asked here; who talks all the same is hung up on."""
        self.heard += 1
        if self.heard > INBOUND_FRAMES:
            await self._turn_away(NOISY)

    async def websocket_disconnect(self, message: Message) -> None:
        if self.wire and self.screen:
            self._tell(Fact.SOCKET_LEFT, code=message.get("code"), milliseconds=facts.milliseconds(self.joined_at))
        raise StopConsumer

    async def _turn_away(self, code: int) -> None:
        # Closed after accepting: a page tells its person why, and does not knock again and again.
        self._tell(Fact.SOCKET_REFUSED, code=code)
        await self.send({"type": "websocket.close", "code": code})

    def _tell(self, fact: Fact, **more: facts.Value) -> None:
        screen, wire = self.screen, self.wire
        facts.tell(
            fact,
            correlation_id=screen.correlation_id if screen else "",
            conversation=self.scope["url_route"]["kwargs"]["conversation_id"],
            person=wire.user_id if wire else None,
            socket=self.name,
            **more,
        )

    def _version(self, name: str) -> int | None:
        """The newest version on the page, or that of its thread as a whole, if it says so."""
        text = self._said(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def _said(self, name: str) -> str:
        query: bytes = self.scope.get("query_string", b"")
        return parse_qs(query.decode("latin1")).get(name, [""])[0]
