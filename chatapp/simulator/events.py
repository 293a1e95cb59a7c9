"""The events of a stream, as the bytes that go over the wire."""

import json
from functools import lru_cache
from typing import Any

from chatapp.simulator.cache import Split

JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
MESSAGE_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def event(name: str, **data: Any) -> bytes:
    return named(name, JSON({"type": name, **data}).encode("utf-8", "replace"))


def named(name: str, data: bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


def name_of(payload: bytes) -> str:
    """The name of the event that these bytes are; empty when they are none."""
    first = payload.partition(b"\n")[0]
    return first.removeprefix(b"event: ").decode() if first.startswith(b"event: ") else ""


def message_start(message: dict[str, Any]) -> bytes:
    return event("message_start", message=message)


def block_start(index: int, block: dict[str, Any]) -> bytes:
    return event("content_block_start", index=index, content_block=block)


# Most tokens have been sent before: the cache turns encoding them into one lookup.
@lru_cache(maxsize=16_384)
def text_delta(index: int, text: str) -> bytes:
    return delta(index, {"type": "text_delta", "text": text})


def delta(index: int, content: dict[str, Any]) -> bytes:
    return event("content_block_delta", index=index, delta=content)


def block_stop(index: int) -> bytes:
    return event("content_block_stop", index=index)


def message_delta(stop: dict[str, Any], usage: dict[str, Any]) -> bytes:
    return event("message_delta", delta=stop, usage=usage)


def error(kind: str, message: str, request_id: str) -> bytes:
    return event("error", error={"type": kind, "message": message}, request_id=request_id)


def opening_usage(split: Split, placeholder: int, tier: str) -> dict[str, Any]:
    """What is known when an answer begins: the input exactly, the output not at all."""
    return {
        "input_tokens": split.rest,
        "cache_creation_input_tokens": split.written,
        "cache_read_input_tokens": split.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": split.write_5m,
            "ephemeral_1h_input_tokens": split.write_1h,
        },
        "output_tokens": placeholder,
        "service_tier": tier,
        "inference_geo": "global",
    }


def closing_usage(split: Split, output_tokens: int, thinking_tokens: int) -> dict[str, Any]:
    """What is known at the end: cumulative, and without the split of cache writes."""
    return {
        "input_tokens": split.rest,
        "cache_creation_input_tokens": split.written,
        "cache_read_input_tokens": split.read,
        "output_tokens": output_tokens,
        "output_tokens_details": {"thinking_tokens": thinking_tokens},
    }
