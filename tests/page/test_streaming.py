"""What is long is sent while it is made, and never lies in memory as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import IO, Any

import pytest
from django.http import HttpResponseBase, StreamingHttpResponse

from chatapp.onethread import PIECE_BYTES, OneThreadHandler


def test_the_first_piece_is_sent_before_the_last_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    sent: list[tuple[int, int]] = []

    def lines() -> Iterator[str]:
        for number in range(10):
            made.append(number)
            yield "x" * PIECE_BYTES

    async def receive() -> dict[str, Any]:
        if sent and sent[-1][0] == 0:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append((len(message.get("body", b"")), len(made)))

    def respond(self: OneThreadHandler, scope: object, body: IO[bytes]) -> HttpResponseBase:
        body.close()
        return StreamingHttpResponse(lines())

    monkeypatch.setattr(OneThreadHandler, "_respond", respond)
    asyncio.run(OneThreadHandler()({"headers": []}, receive, send))
    pieces = [(size, count) for size, count in sent if size]
    assert pieces == [(PIECE_BYTES, number) for number in range(1, 11)]
