"""Requests straight through our transport, without the SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from chatapp.claude.pace import Pace
from chatapp.claude.transport import Transport

Use = Callable[[httpx2.AsyncClient], Awaitable[Any]]


def ours() -> Transport:
    loop = asyncio.get_running_loop()
    return Transport(loop, Pace(loop))


def with_ours(use: Use) -> Any:
    async def main() -> Any:
        async with httpx2.AsyncClient(transport=ours(), trust_env=False) as client:
            return await use(client)

    return asyncio.run(main())


async def outcome(client: httpx2.AsyncClient, method: str, url: str, **options: Any) -> Any:
    """Everything about the response, or the type of what was raised."""
    try:
        response = await client.request(method, url, content=b"question" if method == "POST" else None, **options)
    except httpx2.HTTPError as error:
        return type(error)
    return response.status_code, response.reason_phrase, response.http_version, response.headers.raw, response.content
