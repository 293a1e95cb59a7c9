"""The SDK's clients as we use them: one per event loop and provider, nothing taken from the environment unasked."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from chatapp.claude import clouds, failures, providers, transport
from chatapp.claude.failures import Failure, FailureKind
from chatapp.claude.pace import Pace
from chatapp.claude.providers import Provider
from chatapp.claude.transport import Receipt, Transport

# At DEBUG the SDK and the layers below it write whole prompts and headers to the log.
_LOGGERS: Final = ("anthropic", "httpx2", "httpcore2")
_BEFORE_SENDING: Final = (FailureKind.UNREACHABLE, FailureKind.CONNECT_DEADLINE)


@dataclass(frozen=True, slots=True)
class Line:
    """A loop's way to one provider."""

    claude: clouds.Client
    provider: Provider
    pace: Pace
    proxied: bool
    """The SDK's own transport is used, which knows proxies but neither pacing nor when bytes leave."""

    def failure(self, error: Exception, receipt: Receipt) -> Failure:
        """What went wrong here; takes back that something was sent where that is certain."""
        failure = failures.of(error) if receipt.sent else clouds.failure(error, self.provider)
        if self.proxied and failure.kind in _BEFORE_SENDING:
            receipt.sent = False
        return failure


_lines: dict[tuple[asyncio.AbstractEventLoop, Provider], Line] = {}


def line(provider: str = "") -> Line:
    """The running loop's line, made on first use: call it once at start-up, for it imports a good part of the SDK.

    Raises Failure where a provider is not known or something that it needs is not there.
    """
    found = providers.called(provider)
    if found is None:
        raise Failure(FailureKind.MISCONFIGURED, f"{provider}: {providers.why_not(provider)}")
    return line_to(found)


def line_to(provider: Provider) -> Line:
    """The line to a provider that need not be in the list yet."""
    loop = asyncio.get_running_loop()
    known = _lines.get((loop, provider))
    if known is None:
        for past in [one for one in _lines if one[0].is_closed()]:
            del _lines[past]
        # All that a loop hears has one rhythm.
        pace = next((one.pace for (where, _), one in _lines.items() if where is loop), None)
        try:
            _lines[loop, provider] = known = _made(loop, provider, pace or Pace(loop))
        except Failure:
            raise
        except Exception as error:
            raise failures.of(error) from error
    return known


async def close() -> None:
    """Close the running loop's connections; the next call of `line` makes new ones."""
    loop = asyncio.get_running_loop()
    for known in [_lines.pop(one) for one in tuple(_lines) if one[0] is loop]:
        await known.claude.close()


def _made(loop: asyncio.AbstractEventLoop, provider: Provider, pace: Pace) -> Line:
    import anthropic

    _hush()
    clouds.require(provider)
    proxied = _is_proxied(clouds.address(provider))
    # A redirect would send the question a second time, and perhaps elsewhere.
    http = (
        anthropic.DefaultAsyncHttpxClient(follow_redirects=False, event_hooks={"request": [_hand_over]})
        if proxied
        else httpx2.AsyncClient(transport=Transport(loop, pace), trust_env=False, follow_redirects=False)
    )
    claude = clouds.client(provider, http)
    _ = claude.messages.with_streaming_response
    return Line(claude, provider, pace, proxied)


async def _hand_over(request: httpx2.Request) -> None:
    """A transport that does not say when bytes leave may send them from now on."""
    if (mine := transport.receipt.get()) is not None:
        mine.sent = True


def _is_proxied(base_url: str) -> bool:
    address = urlsplit(base_url)
    proxies = getproxies()
    return bool(proxies.get(address.scheme) or proxies.get("all")) and not proxy_bypass(address.netloc)


def _hush() -> None:
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if logger.level < logging.INFO:
            logger.setLevel(logging.WARNING)
