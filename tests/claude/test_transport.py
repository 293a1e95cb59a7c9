"""Our transport beside the one that httpx2 comes with: the same outcomes, but never a second sending."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx2
import pytest

from tests.claude.asking import ours, outcome, with_ours
from tests.claude.speech import LAST_CHUNK, chunk, head, keeps, plain, resets_after, sends, stays_after
from tests.claude.upstream import Call, Upstream, full_port

RESPONSES = {
    "chunked": head() + chunk(b"Hello, ") + chunk(b"world") + LAST_CHUNK,
    "chunked with trailers": head() + chunk(b"Hello") + b"0\r\nX-Sum: 1\r\n\r\n",
    "chunked, cut": head() + chunk(b"Hello") + b"5\r\nwo",
    "chunked, cut before the last chunk": head() + chunk(b"Hello"),
    "chunked badly": head() + b"5x\r\nHello\r\n0\r\n\r\n",
    "sized": plain(200, b'{"a": 1}'),
    "sized, empty": plain(200, b""),
    "sized, cut": plain(200, b"Hello")[:-2],
    "sized, too much": plain(200, b"Hello") + b"and more",
    "until the end": head(framing="") + b"Hello",
    "http 1.0": b"HTTP/1.0 200 OK\r\n\r\nHello",
    "a hint before": b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + plain(200, b"Hello"),
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" + plain(200, b"Hello"),
    "no content": head(204, framing=""),
    "not modified": head(304, framing="content-length: 5"),
    "an error": plain(500, b"oh"),
    "a header twice": b"HTTP/1.1 200 OK\r\nx: 1\r\nX: 2\r\ncontent-length: 0\r\n\r\n",
    "no reason": b"HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n",
    "not http": b"220 smtp ready\r\n\r\n",
    "head too long": b"HTTP/1.1 200 OK\r\nx: " + b"y" * 300_000 + b"\r\n\r\n",
    "head, cut": b"HTTP/1.1 200 OK\r\nx: ",
    "nothing": b"",
}


@pytest.mark.parametrize("method", ["POST", "GET", "HEAD"])
@pytest.mark.parametrize("response", RESPONSES)
def test_every_response_is_taken_as_httpx2_takes_it(response: str, method: str) -> None:
    async def main() -> tuple[Any, Any]:
        async with Upstream(sends(RESPONSES[response])) as upstream:
            transports = ours(), httpx2.AsyncHTTPTransport(trust_env=False)
            results = []
            for transport in transports:
                async with httpx2.AsyncClient(transport=transport, trust_env=False) as client:
                    results.append(await outcome(client, method, f"{upstream.url}/path?q=1"))
            assert upstream.requests[0].path == upstream.requests[1].path == "/path?q=1"
            assert upstream.requests[0].headers == upstream.requests[1].headers
            assert upstream.requests[0].body == upstream.requests[1].body
            return results[0], results[1]

    mine, theirs = asyncio.run(main())
    assert mine == theirs


def test_a_server_that_says_nothing_is_a_read_timeout_before_and_within_the_body() -> None:
    async def use(client: httpx2.AsyncClient) -> list[Any]:
        async with Upstream(stays_after(b""), stays_after(head() + chunk(b"Hello"))) as upstream:
            hurried = httpx2.Timeout(5, read=0.1)
            return [await outcome(client, "POST", upstream.url, timeout=hurried) for _ in range(2)]

    assert with_ours(use) == [httpx2.ReadTimeout, httpx2.ReadTimeout]


def test_a_reset_is_a_read_error_before_and_within_the_body() -> None:
    async def resets_at_once(call: Call) -> None:
        call.reset()

    heard = asyncio.Event()

    async def read(response: httpx2.Response) -> None:
        async for _ in response.aiter_raw():
            heard.set()

    async def use(client: httpx2.AsyncClient) -> Any:
        async with Upstream(resets_at_once, resets_after(head() + chunk(b"Hello"), heard)) as upstream:
            before = await outcome(client, "POST", upstream.url)
            async with client.stream("POST", upstream.url) as response:
                with pytest.raises(httpx2.ReadError):
                    await read(response)
            return before

    assert with_ours(use) == httpx2.ReadError


def test_addresses_that_lead_nowhere() -> None:
    async def use(client: httpx2.AsyncClient) -> list[Any]:
        async with Upstream(sends(b"")) as upstream:
            nobody = upstream.url
        with full_port() as port:
            hurried = httpx2.Timeout(5, connect=0.05)
            with pytest.raises(httpx2.ConnectTimeout):
                await client.get(f"http://127.0.0.1:{port}", timeout=hurried)
        return [
            await outcome(client, "GET", nobody),
            await outcome(client, "GET", "http://nowhere.invalid/"),
            await outcome(client, "GET", "ftp://localhost/"),
        ]

    assert with_ours(use) == [httpx2.ConnectError, httpx2.ConnectError, httpx2.UnsupportedProtocol]


def test_small_packets_are_not_held_back() -> None:
    async def use(client: httpx2.AsyncClient) -> int:
        told = stays_after(head() + chunk(b"Hello"))
        async with Upstream(told) as upstream, client.stream("POST", upstream.url) as response:
            raw = response.extensions["body"]._wire._transport.get_extra_info("socket")
            return int(raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    assert with_ours(use)


def test_a_reader_who_does_not_read_makes_the_server_wait_and_not_our_memory_grow() -> None:
    async def floods(call: Call) -> None:
        # The kernel's own buffers take some megabytes; all of this never.
        call.writer.write(head() + chunk(b"x" * 64_000_000))
        await call.left()

    async def use(client: httpx2.AsyncClient) -> tuple[bool, int]:
        async with Upstream(floods, keeps) as upstream, client.stream("POST", upstream.url) as response:
            body = response.aiter_raw()
            first = await anext(body)
            flooding = upstream.writers[0]
            for _ in range(50):
                await client.post(upstream.url)
            waiting_there = flooding.transport.get_write_buffer_size()
            await body.aclose()
            return len(first) < 1_000_000, waiting_there > 30_000_000

    assert with_ours(use) == (True, True)


def test_a_long_question_is_sent_whole() -> None:
    question = b"x" * 20_000_000

    async def script(call: Call) -> None:
        await call.send(plain(200, str(len(call.request.body)).encode()))

    async def use(client: httpx2.AsyncClient) -> str:
        async with Upstream(script) as upstream:
            return (await client.post(upstream.url, content=question, timeout=30)).text

    assert with_ours(use) == "20000000"
