"""The answer of the stand-in for Claude: Markdown, every token a stamp, its events made in advance."""

import json
from dataclasses import dataclass
from typing import Any, Final

ANSWER_TOKENS: Final = 300
BRIEF: Final = "briefly"
"""A question with this word, and a title, get a few words at once instead of the long answer."""

BARE_END: Final = b"end"
"""The bare relay's last frame."""

_START: Final[dict[str, Any]] = {
    "type": "message_start",
    "message": {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            "input_tokens": 120,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 1,
        },
    },
}
_BLOCK: Final = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
_HEADERS: Final = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: text/event-stream; charset=utf-8\r\n"
    b"request-id: req_bench\r\n"
    b"anthropic-ratelimit-requests-limit: 4000\r\n"
    b"anthropic-ratelimit-requests-remaining: 3999\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


def event(body: dict[str, Any]) -> bytes:
    return f"event: {body['type']}\ndata: {json.dumps(body, separators=(',', ':'))}\n\n".encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def delta(text: str) -> bytes:
    return event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})


def ending(output_tokens: int) -> bytes:
    over = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}}
    return (
        chunk(event({"type": "content_block_stop", "index": 0}))
        + chunk(event({**over, "usage": {"output_tokens": output_tokens}}))
        + chunk(event({"type": "message_stop"}))
        + b"0\r\n\r\n"
    )


OPENING: Final = _HEADERS + chunk(event(_START)) + chunk(event({"type": "ping"})) + chunk(event(_BLOCK))
BRIEF_ANSWER: Final = OPENING + chunk(delta("In a few words.")) + ending(5)
WHOLE_MESSAGE: Final = {
    **_START["message"],
    "content": [{"type": "text", "text": "In a few words."}],
    "stop_reason": "end_turn",
}


def page(tokens: int) -> list[str]:
    """What stands before each token's stamp: heading, paragraphs with bold and code, list, fence, in turn."""
    section: list[str] = ["\n\n## ", *[" "] * 4]
    for paragraph in range(2):
        words = ["\n\n", *[" "] * 39]
        words[8 + paragraph], words[10 + paragraph] = " **", "** "
        words[20], words[21] = " `", "` "
        section += words
    section += ["\n\n- ", *[" "] * 7] + ["\n- ", *[" "] * 7] * 3
    section += ["\n\n```python\n", *[" = "] * 3] + ["\n", " = ", "(", ") + "] * 6 + ["\n```\n\n", *[" "] * 20]
    return [section[index % len(section)] for index in range(tokens)]


@dataclass(frozen=True, slots=True)
class Halves:
    """One delta event in its own HTTP chunk, cut where the stamp goes."""

    before: bytes
    after: bytes


def halves(text_before: str, stamp_bytes: int) -> Halves:
    whole = chunk(delta(text_before + "#" * stamp_bytes))
    before, after = whole.split(b"#" * stamp_bytes)
    return Halves(before, after)


FIRST: Final = halves("y", 10)
"""The first token tells when its question arrived (y, four digits), and then itself (z, four digits)."""
REST: Final = [halves(before + "z", 4) for before in page(ANSWER_TOKENS)]
ENDING: Final = ending(ANSWER_TOKENS)
