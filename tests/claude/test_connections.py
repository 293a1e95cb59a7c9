"""Connections are used again while they are certainly good, and a request is sent at most once."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from tests.claude.asking import ours, outcome, with_ours
from tests.claude.speech import head, keeps, plain, stays_after
from tests.claude.upstream import KEEP, Call, Upstream

ENDS_WITH_ITS_RESPONSE = {
    "http 1.0": b"HTTP/1.0 200 OK\r\n\r\nHello",
    "until the end": head(framing="") + b"Hello",
    "too much": plain(200, b"Hello") + b"and more",
    "closed": plain(200, b"Hello", connection="keep-alive, Close"),
}


def test_a_connection_that_is_certainly_alive_is_used_again() -> None:
    async def use(client: httpx2.AsyncClient) -> int:
        async with Upstream(keeps) as upstream:
            for _ in range(3):
                await client.post(upstream.url)
            return upstream.connections

    assert with_ours(use) == 1


@pytest.mark.parametrize("response", ENDS_WITH_ITS_RESPONSE)
def test_a_connection_that_ends_with_its_response_is_not_used_again(response: str) -> None:
    async def script(call: Call) -> str | None:
        await call.send(ENDS_WITH_ITS_RESPONSE[response])
        return KEEP if response in ("too much", "closed") else None

    async def use(client: httpx2.AsyncClient) -> int:
        async with Upstream(script) as upstream:
            for _ in range(2):
                await client.post(upstream.url)
            return upstream.connections

    assert with_ours(use) == 2


@pytest.mark.parametrize("what", ["closes", "says something unasked"])
def test_a_connection_that_went_bad_while_it_rested_is_not_used_again(what: str) -> None:
    went_bad = asyncio.Event()

    async def goes_bad(call: Call) -> None:
        await call.send(plain(200, b"Hello"))
        await rested.wait()
        if what != "closes":
            await call.send(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        call.writer.close()
        went_bad.set()

    rested = asyncio.Event()

    async def use(client: httpx2.AsyncClient) -> tuple[int, int]:
        async with Upstream(goes_bad, keeps) as upstream:
            await client.post(upstream.url)
            rested.set()
            await went_bad.wait()
            response = await client.post(upstream.url)
            return response.status_code, upstream.connections

    assert with_ours(use) == (200, 2)


def test_a_request_is_never_sent_twice_even_when_its_connection_dies_under_it() -> None:
    """The other side may have begun to work on it, and to charge for it."""

    async def answers_then_dies(call: Call) -> str | None:
        if call.request.path == "/second":
            return None
        return await keeps(call)

    async def use(client: httpx2.AsyncClient) -> tuple[Any, list[str]]:
        async with Upstream(answers_then_dies) as upstream:
            await client.post(f"{upstream.url}/first")
            result = await outcome(client, "POST", f"{upstream.url}/second")
            return result, [request.path for request in upstream.requests]

    assert with_ours(use) == (httpx2.RemoteProtocolError, ["/first", "/second"])


def test_closing_the_client_closes_every_connection() -> None:
    async def main() -> None:
        async with Upstream(keeps, stays_after(head())) as upstream:
            client = httpx2.AsyncClient(transport=ours(), trust_env=False)
            await client.post(upstream.url)
            reading = asyncio.create_task(client.post(upstream.url))
            while len(upstream.requests) < 2:
                await asyncio.sleep(0)
            await client.aclose()
            await upstream.everybody_left()
            with pytest.raises(httpx2.HTTPError):
                await reading

    asyncio.run(main())
