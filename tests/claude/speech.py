"""What Claude says on the wire, in pieces that a test can break."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.claude.upstream import KEEP, Call, Script

USAGE = {
    "input_tokens": 11,
    "cache_creation_input_tokens": 30,
    "cache_read_input_tokens": 400,
    "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
    "output_tokens": 3,
}
PING = b'event: ping\ndata: {"type": "ping"}\n\n'


def event(kind: str, **fields: Any) -> bytes:
    return raw_event(kind, json.dumps({"type": kind, **fields}))


def raw_event(kind: str, data: str) -> bytes:
    return f"event: {kind}\ndata: {data}\n\n".encode()


def start(usage: Any = USAGE, **fields: Any) -> bytes:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5", "content": []}
    return event("message_start", message={**message, "stop_reason": None, "usage": usage, **fields})


def block(kind: str = "text", index: int = 0, **fields: Any) -> bytes:
    empty = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}}.get(kind, {})
    return event("content_block_start", index=index, content_block={"type": kind, **empty, **fields})


def word(text: str, index: int = 0) -> bytes:
    return event("content_block_delta", index=index, delta={"type": "text_delta", "text": text})


def thought(text: str, index: int = 0) -> bytes:
    return event("content_block_delta", index=index, delta={"type": "thinking_delta", "thinking": text})


def block_end(index: int = 0) -> bytes:
    return event("content_block_stop", index=index)


def finish(stop_reason: str | None = "end_turn", output_tokens: Any = 7, **fields: Any) -> bytes:
    delta = {"stop_reason": stop_reason, "stop_sequence": None, **fields}
    return event("message_delta", delta=delta, usage={"output_tokens": output_tokens})


STOP = event("message_stop")
END = block_end() + finish() + STOP


def answer(*words: str) -> bytes:
    return start() + block() + b"".join(word(one) for one in words) + END


def head(status: int = 200, *, framing: str = "transfer-encoding: chunked", **headers: str) -> bytes:
    named = {"content-type": "text/event-stream; charset=utf-8", "request_id": "req_1"} | headers
    lines = [f"HTTP/1.1 {status} Status", *(f"{name.replace('_', '-')}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, framing] if framing else lines).encode() + b"\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


def plain(status: int, body: bytes, **headers: str) -> bytes:
    named = {"content_type": "application/json", **headers}
    return head(status, framing=f"content-length: {len(body)}", **named) + body


def error_body(kind: str, message: str = "no", **details: Any) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message, **details}, "request_id": "req_e"}


def says(stream: bytes, **headers: Any) -> Script:
    """A whole, well-framed response, in one go; the connection stays."""

    async def script(call: Call) -> str:
        await call.send(head(**headers) + chunk(stream) + LAST_CHUNK)
        return KEEP

    return script


def sends(data: bytes) -> Script:
    """These bytes, and then the end of the connection."""

    async def script(call: Call) -> None:
        await call.send(data)

    return script


def stays_after(data: bytes) -> Script:
    """These bytes, and then nothing until the client leaves."""

    async def script(call: Call) -> None:
        await call.send(data)
        await call.left()

    return script


def resets_after(data: bytes, heard: asyncio.Event) -> Script:
    """These bytes, and once they were heard the connection is torn down: a reset destroys what nobody has read."""

    async def script(call: Call) -> None:
        await call.send(data)
        await heard.wait()
        call.reset()

    return script


async def keeps(call: Call) -> str:
    await call.send(plain(200, b"Hello"))
    return KEEP
