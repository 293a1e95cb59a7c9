"""The simplest thing that could work: the SDK's stream straight to the socket, a frame per delta.

It is the measure of the house. Same server, same consumer class, the SDK as it comes; no rendering, no
database, no money.
"""

import asyncio

import anthropic
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter
from django.conf import settings

from bench import answers

settings.configure(DATABASES={}, CHANNEL_LAYERS={})
client = anthropic.AsyncAnthropic(max_retries=0)


class Relay(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        # A task, because a consumer hears nothing else (not even the close) while a handler runs.
        self.answering = asyncio.create_task(self.answer(text_data or ""))

    async def disconnect(self, code: int) -> None:
        self.answering.cancel()

    async def answer(self, question: str) -> None:
        stream = await client.messages.create(
            model="claude-sonnet-5-5",
            max_tokens=4096,
            messages=[{"role": "user", "content": question}],
            stream=True,
        )
        async for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                await self.send(text_data=event.delta.text)
        await self.send(text_data=answers.BARE_END.decode())


application = ProtocolTypeRouter({"websocket": Relay.as_asgi()})
