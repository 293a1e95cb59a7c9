"""Everything here talks to a real server on a real port, and leaves nothing open behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from pytest_django.fixtures import Settings

from chatapp.claude import client
from tests.claude.upstream import Script, Upstream

T = TypeVar("T")
Play = Callable[..., Any]


@pytest.fixture
def play(settings: Settings) -> Play:
    """Run an act against an upstream with these scripts; whatever asyncio complains about fails the test."""

    def run(act: Callable[[Upstream], Awaitable[T]], *scripts: Script, **options: Any) -> T:
        complaints: list[dict[str, Any]] = []

        async def main() -> T:
            asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
            async with Upstream(*scripts, **options) as upstream:
                settings.ANTHROPIC_BASE_URL = upstream.url
                try:
                    return await act(upstream)
                finally:
                    pace = client.line().pace
                    await client.close()
                    async with asyncio.timeout(5):
                        await upstream.everybody_left()
                    assert pace.running == 0

        result = asyncio.run(main())
        assert not complaints
        return result

    return run
