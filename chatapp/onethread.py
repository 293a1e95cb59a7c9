"""Django in one thread per request: one crossing from the event loop instead of one per middleware."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, cast

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import set_script_prefix

from chatapp.pages.policy import POLICY

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

THREADS = 8
BODY_LIMIT_BYTES = 1_000_000
# What may go with one question, and the form around it.
FILES_LIMIT_BYTES = 16_000_000
PIECE_BYTES = 65_536
TOO_LARGE = (
    "<p class=refusal role=alert>That is more than a message can hold. Please shorten it or send it in parts.</p>"
)
# No middleware sees a request whose body is not even read.
POLICY_HEADER = {"Content-Security-Policy": POLICY}


class BodyTooLarge(Exception):
    """The client sends more than any form of ours can hold."""


def _limit(scope: Scope) -> int:
    """Only whoever has been here before may bring files."""
    headers = dict(scope["headers"])
    brings_files = headers.get(b"content-type", b"").startswith(b"multipart/form-data")
    known = b"sessionid=" in headers.get(b"cookie", b"")
    return FILES_LIMIT_BYTES if brings_files and known else BODY_LIMIT_BYTES


def _next(parts: Iterator[bytes]) -> bytes:
    """So many of them that a crossing pays; b"" at the end."""
    try:
        piece = b""
        for part in parts:
            piece += part
            if len(piece) >= PIECE_BYTES:
                break
        return piece
    finally:
        close_old_connections()


class OneThreadHandler(ASGIHandler):
    """A request that was begun is finished, whether or not its client is still there."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        # Requests that are being answered just now.
        self.under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        try:
            body = await self._body(receive, _limit(scope))
        except RequestAborted:
            return
        except BodyTooLarge:
            await self.send_response(HttpResponse(TOO_LARGE, status=413, headers=POLICY_HEADER), send)
            return
        self.under_way += 1
        try:
            await self._answer(scope, body, send)
        finally:
            self.under_way -= 1

    async def _answer(self, scope: Scope, body: IO[bytes], send: Send) -> None:
        loop = asyncio.get_running_loop()
        response = await loop.run_in_executor(self._pool, self._respond, scope, body)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            # Django would first collect all of it, in a thread that everybody shares.
            response.streaming_content = self._pieces(iter(response))
        await self.send_response(response, send)
        if response.streaming:
            await loop.run_in_executor(self._pool, response.close)

    async def _pieces(self, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
        """Made while they are sent, some at a time: what is long is never in memory as a whole."""
        loop = asyncio.get_running_loop()
        while piece := await loop.run_in_executor(self._pool, _next, parts):
            yield piece

    def _respond(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response = cast("HttpResponseBase", refusal) if request is None else self.get_response(request)
        if isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.close()
        return response

    async def _body(self, receive: Receive, limit_bytes: int) -> IO[bytes]:
        body: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=BODY_LIMIT_BYTES + 1, mode="w+b")  # noqa: SIM115
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                body.close()
                raise RequestAborted
            size += len(message.get("body", b""))
            if size > limit_bytes:
                body.close()
                raise BodyTooLarge
            body.write(message.get("body", b""))
            if not message.get("more_body", False):
                body.seek(0)
                return body
