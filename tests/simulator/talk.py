"""Asking the simulated Claude with the real SDK, and hearing everything it does."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import anthropic

from tests.stand_in import StandIn

MODEL = "claude-haiku-5-5"
PLAIN = {"type": "disabled"}


@dataclass
class Heard:
    """What came of one question; `error` is whatever the SDK raised."""

    events: list[Any] = field(default_factory=list)
    error: BaseException | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def all(self, kind: str) -> list[Any]:
        return [event for event in self.events if event.type == kind]

    @property
    def text(self) -> str:
        deltas = [event.delta for event in self.all("content_block_delta")]
        return "".join(delta.text for delta in deltas if delta.type == "text_delta")

    @property
    def start(self) -> Any:
        return self.all("message_start")[0].message

    @property
    def stop_reason(self) -> str | None:
        ends = self.all("message_delta")
        return ends[-1].delta.stop_reason if ends else None

    @property
    def complete(self) -> bool:
        return bool(self.all("message_stop"))


def client(claude: StandIn, key: str = "a-key", **options: Any) -> anthropic.AsyncAnthropic:
    # It is asked in the open: to read the list of all authorities would be most of a question.
    http = anthropic.DefaultAsyncHttpxClient(verify=False)
    return anthropic.AsyncAnthropic(base_url=claude.url, api_key=key, max_retries=0, http_client=http, **options)


def wish(question: str | list[Any], **more: Any) -> dict[str, Any]:
    """The arguments of a request: one question unless there are `messages`."""
    messages = question if isinstance(question, list) else [{"role": "user", "content": question}]
    return {"model": MODEL, "max_tokens": 4096, "thinking": PLAIN, "messages": messages} | more


async def hear(claude: StandIn, question: str | list[Any], *, patience: float = 5.0, **more: Any) -> Heard:
    heard = Heard()
    key = more.pop("key", "a-key")
    async with client(claude, key, timeout=patience) as sdk:
        try:
            response = await sdk.messages.with_raw_response.create(**wish(question, **more), stream=True)
            heard.headers = dict(response.headers)
            async with await response.parse() as stream:
                async for event in stream:
                    heard.events.append(event)
        except Exception as error:
            heard.error = error
    return heard


def ask(claude: StandIn, question: str | list[Any], **more: Any) -> Heard:
    return asyncio.run(hear(claude, question, **more))


def ask_whole(claude: StandIn, question: str | list[Any], **more: Any) -> Any:
    async def create() -> Any:
        async with client(claude) as sdk:
            return await sdk.messages.create(**wish(question, **more))

    return asyncio.run(create())
