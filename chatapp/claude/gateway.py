"""The door to Claude: plain values in, batches of words out, and one kind of failure."""

from __future__ import annotations

import asyncio
from typing import Final

import httpx2

from chatapp.claude import client, gate, providers
from chatapp.claude.ask import Ask
from chatapp.claude.deadlines import Deadlines
from chatapp.claude.exchange import Exchange
from chatapp.claude.failures import Failure, FailureKind
from chatapp.claude.gate import Barred, Closed, Ticket, Way
from chatapp.claude.stream import Batch, Garbled
from chatapp.claude.transport import Receipt
from chatapp.claude.usage import Usage

__all__ = [
    "Ask",
    "Barred",
    "Batch",
    "Closed",
    "Deadlines",
    "Exchange",
    "Failure",
    "FailureKind",
    "Ticket",
    "Usage",
    "Way",
    "count",
    "gate",
    "open",
    "others_for",
    "price_percent",
    "watch_models",
    "watch_providers",
]

COUNT_SECONDS: Final = 3.0


def open(ask: Ask, deadlines: Deadlines, provider: str = "") -> Exchange:
    """An exchange that begins with its first step."""
    return Exchange(ask, deadlines, provider)


def others_for(model: str) -> tuple[str, ...]:
    """The names of the further providers that answer for a model, the most preferred first."""
    return tuple(one.name for one in providers.known() if one.name and providers.serves(one, model))


async def watch_models() -> None:
    """Hold the catalogue against the Models API now and once a day, for as long as the process lives."""
    # The transport is measured without any tables.
    from chatapp.claude import lifecycle

    await lifecycle.watch()


async def watch_providers() -> None:
    """Keep what is known of them fresh for as long as the process lives."""
    await providers.watch()


def price_percent(provider: str) -> int:
    """What a provider takes of the price book's price."""
    known = providers.called(provider)
    return known.price_percent if known else providers.OWN.price_percent


async def count(ask: Ask, provider: str = "", seconds: float = COUNT_SECONDS) -> int:
    """How many tokens the prompt has, by Claude's own count."""
    return await count_on(client.line(provider), ask, seconds)


async def count_on(line: client.Line, ask: Ask, seconds: float = COUNT_SECONDS) -> int:
    """The same, over a line that is there already."""
    asked = line.provider.adapted(ask)
    try:
        async with asyncio.timeout(seconds):
            counted = await line.claude.messages.count_tokens(
                **asked.prompt(),
                extra_headers=asked.headers(),
                timeout=httpx2.Timeout(None),
            )
        tokens = getattr(counted, "input_tokens", None)
        if type(tokens) is not int or tokens < 0:
            raise Garbled(f"a count that is no count: {tokens!r}")
        return tokens
    except Exception as error:
        raise line.failure(error, Receipt()) from error
