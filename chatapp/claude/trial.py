"""Whether a provider answers at all, asked in a way that costs nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from chatapp.claude import client, gateway
from chatapp.claude.ask import Ask
from chatapp.claude.failures import Failure, FailureKind
from chatapp.claude.providers import Provider

SECONDS: Final = 8.0
# Answers of a server that is there and let us in, but has no count to offer.
_NOT_OFFERED: Final = (FailureKind.NOT_FOUND, FailureKind.REJECTED)


@dataclass(frozen=True, slots=True)
class Finding:
    good: bool
    sentence: str
    kind: FailureKind | None = None


def attempt(provider: Provider) -> Finding:
    """Have the provider count the tokens of a greeting; not for a thread with a running loop."""
    called = f"The provider {provider.name}" if provider.name else "Claude"
    model = provider.model_names[0][0] if provider.model_names else settings.CHATAPP_MODEL
    try:
        tokens = asyncio.run(_counted(provider, model))
    except Failure as failure:
        if failure.kind in _NOT_OFFERED:
            return Finding(
                False,
                f"{called} was reached, but would not count the tokens of a greeting for {model}: "
                f"{failure.detail}. Its name there, {provider.theirs(model)}, may be another one, or counting is not "
                "offered; only a real question would tell, and that costs money.",
                failure.kind,
            )
        return Finding(False, f"{called} does not answer ({failure.kind}): {failure.detail}", failure.kind)
    return Finding(True, f"{called} counted {tokens} tokens for {model}. Nothing was charged.")


async def _counted(provider: Provider, model: str) -> int:
    ask = Ask(model=model, messages=({"role": "user", "content": "Hello"},), max_tokens=1)
    try:
        return await gateway.count_on(client.line_to(provider), ask, SECONDS)
    finally:
        await client.close()
