"""Who has gone is no listener any more, however he went."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from chatapp.live import audience, screens
from chatapp.live.consumer import Listener
from tests.turns import stories

# The rows are read in the crossing's own threads, which see only what was committed.
pytestmark = pytest.mark.django_db(transaction=True)


def test_who_is_ended_while_he_is_still_being_let_in_is_counted_no_more() -> None:
    ada = User.objects.create_user("ada")
    browser = Client()
    browser.force_login(ada)
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    conversation = stories.conversation(ada)
    host = settings.ALLOWED_HOSTS[0]
    scope: dict[str, Any] = {
        "type": "websocket",
        "url_route": {"kwargs": {"conversation_id": conversation.pk}},
        "query_string": b"seen=0",
        "headers": [(b"host", host.encode()), (b"origin", f"http://{host}".encode()), (b"cookie", cookie.encode())],
    }

    async def told() -> None:
        said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        said.put_nowait({"type": "websocket.connect"})
        listening = asyncio.ensure_future(Listener()(scope, said.get, _nobody_hears))
        async with asyncio.timeout(30):
            while not audience.sockets():
                await asyncio.sleep(0)
        # It is told what notices there are, for which the rows are read.
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    asyncio.run(told())
    assert (audience.sockets_of(ada.pk), screens.on) == (0, {})


async def _nobody_hears(message: dict[str, Any]) -> None:
    pass
