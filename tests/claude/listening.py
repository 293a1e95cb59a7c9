"""Somebody who asks and writes down all they hear."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from chatapp.claude import gateway
from tests.claude.upstream import Upstream

ASK = gateway.Ask(
    model="claude-sonnet-5-5",
    messages=({"role": "user", "content": "What is the secret of a good soup?"},),
    max_tokens=1000,
    correlation_id="c0ffee",
)
PATIENT = gateway.Deadlines(connect=5, first_event=5, first_word=5, silence=5, answer=10)


@dataclass
class Heard:
    exchange: gateway.Exchange
    batches: list[gateway.Batch] = field(default_factory=list)
    failure: gateway.Failure | None = None

    @property
    def text(self) -> str:
        return "".join(batch.text for batch in self.batches)

    @property
    def thinking(self) -> str:
        return "".join(batch.thinking for batch in self.batches)

    @property
    def kind(self) -> str | None:
        return self.failure.kind if self.failure else None


async def listen(exchange: gateway.Exchange) -> Heard:
    heard = Heard(exchange)
    try:
        async for batch in exchange:
            heard.batches.append(batch)
    except gateway.Failure as failure:
        heard.failure = failure
    return heard


def asking(deadlines: gateway.Deadlines = PATIENT, **changes: Any) -> Callable[[Upstream], Awaitable[Heard]]:
    async def act(upstream: Upstream) -> Heard:
        return await listen(gateway.open(replace(ASK, **changes), deadlines))

    return act


def impatient(**seconds: float) -> gateway.Deadlines:
    return replace(PATIENT, **seconds)
