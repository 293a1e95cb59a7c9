"""Faults in how an answer is sent: each takes a script and makes a worse one."""

import json
import re
from collections.abc import Callable, Generator
from typing import Any

from chatapp.simulator import events
from chatapp.simulator.knobs import Knobs
from chatapp.simulator.script import Ending, Script, Step

INDEX = re.compile(rb'"index":(\d+)')
ABSURD: dict[str, Any] = {
    "huge": 10**15,
    "negative": -4_096,
    "text": "many",
    "null": None,
    "fraction": 0.5,
}


def passed(steps: Script, words: int) -> Generator[Step, None, Step | None]:
    """So many words go by; hands back the step that came next, at the latest the end of the message."""
    seen = 0
    for step in steps:
        if is_word(step):
            if seen == words:
                return step
            seen += 1
        elif step[1].startswith(b"event: message_delta") or step[1].startswith(b"{"):
            return step
        yield step
    return None


def is_word(step: Step) -> bool:
    # In a message that is not streamed, words are made but not sent one by one.
    return step[2] == 1 and (not step[1] or b'"text_delta"' in step[1])


def go_on(held: Step | None, steps: Script) -> Script:
    if held:
        yield held
    return (yield from steps)


def cut(steps: Script, knobs: Knobs) -> Script:
    yield from passed(steps, knobs.whole("after"))
    return Ending.CUT


def reset(steps: Script, knobs: Knobs) -> Script:
    """Ends with a TCP reset after so many bytes, at a random one if none is named."""
    left = knobs.whole("bytes") if knobs.given("bytes") else knobs.dice.randrange(4_000)
    for wait, payload, made in steps:
        # Cut behind an event's last byte, it was sent whole, and asking for the next one says so.
        if len(payload) > left:
            yield wait, payload[:left], made
            break
        left -= len(payload)
        yield wait, payload, made
    return Ending.RESET


def closed(steps: Script, knobs: Knobs) -> Script:
    steps.close()
    return Ending.CUT
    yield


def clean_end(steps: Script, knobs: Knobs) -> Script:
    left = max(1, knobs.whole("after"))
    for step in steps:
        yield step
        left -= events.name_of(step[1]) == knobs.name("at")
        if not left:
            # Only whoever asks for the next step knows that this one was sent.
            next(steps, None)
            break
    return Ending.COMPLETE


def half_event(steps: Script, knobs: Knobs) -> Script:
    held = yield from passed(steps, knobs.whole("after"))
    if held:
        yield held[0], held[1][: len(held[1]) // 2], held[2]
    return Ending.COMPLETE


def silence_before_headers(steps: Script, knobs: Knobs) -> Script:
    if not knobs.seconds("seconds"):
        return Ending.HANG
    wait, payload, made = next(steps)
    yield wait + knobs.seconds("seconds"), payload, made
    return (yield from steps)


def silence_after_headers(steps: Script, knobs: Knobs) -> Script:
    yield 0.0, b"", 0
    return (yield from silence_before_headers(steps, knobs))


def silence_midway(steps: Script, knobs: Knobs) -> Script:
    held = yield from passed(steps, knobs.whole("after"))
    if not knobs.seconds("seconds"):
        return Ending.HANG
    yield knobs.seconds("seconds"), b"", 0
    return (yield from go_on(held, steps))


def pings(steps: Script, knobs: Knobs) -> Script:
    held = yield from passed(steps, knobs.whole("after"))
    every = max(0.01, knobs.seconds("every"))
    left = round(knobs.seconds("seconds") / every) or -1
    while left:
        yield every, events.PING, 0
        left -= 1
    return (yield from go_on(held, steps))


def error_event(steps: Script, knobs: Knobs) -> Script:
    yield from passed(steps, knobs.whole("after"))
    kind = knobs.name("type")
    message = knobs.text("message") or kind.removesuffix("_error").replace("_", " ").capitalize()
    yield 0.0, events.error(kind, message, knobs.request_id), 0
    return Ending.COMPLETE


def inserting(make: Callable[[int, Knobs], bytes]) -> Callable[[Script, Knobs], Script]:
    """A fault that puts something between two words; `make` is told the index of the text's block."""

    def insert(steps: Script, knobs: Knobs) -> Script:
        held = yield from passed(steps, knobs.whole("after"))
        yield 0.0, make(index_of(held), knobs), 0
        return (yield from go_on(held, steps))

    return insert


def index_of(step: Step | None) -> int:
    found = INDEX.search(step[1]) if step else None
    return int(found[1]) if found else 0


def raw_delta(index: int, text: bytes) -> bytes:
    data = b'{"type":"content_block_delta","index":%d,"delta":{"type":"text_delta","text":"%b"}}'
    return events.named("content_block_delta", data % (index, text))


def broken_json(index: int, knobs: Knobs) -> bytes:
    return raw_delta(index, b"unclosed")[:-6] + b"\n\n"


def unknown_block(index: int, knobs: Knobs) -> bytes:
    start = events.block_start(index + 1, {"type": "hologram", "hologram": ""})
    middle = events.delta(index + 1, {"type": "hologram_delta", "hologram": "~"})
    return start + middle + events.block_stop(index + 1)


def tiny_deltas(steps: Script, knobs: Knobs) -> Script:
    held = yield from passed(steps, knobs.whole("after"))
    index = index_of(held)
    for number in range(knobs.whole("count")):
        yield 0.0, events.text_delta(index, "tick "[number % 5]), 0
    return (yield from go_on(held, steps))


def missing_event(steps: Script, knobs: Knobs) -> Script:
    for wait, payload, made in steps:
        yield wait, b"" if events.name_of(payload) == knobs.name("event") else payload, made
    return Ending.COMPLETE


def doubled_event(steps: Script, knobs: Knobs) -> Script:
    left = 1
    for step in steps:
        yield step
        if left and events.name_of(step[1]) == knobs.name("event"):
            yield 0.0, step[1], 0
            left = 0
    return Ending.COMPLETE


def late_event(steps: Script, knobs: Knobs) -> Script:
    """Holds the first event of a kind back until everything else has been sent."""
    late = b""
    for wait, payload, made in steps:
        if not late and events.name_of(payload) == knobs.name("event"):
            late, payload = payload, b""
        yield wait, payload, made
    yield 0.0, late, 0
    return Ending.COMPLETE


def one_byte_chunks(steps: Script, knobs: Knobs) -> Script:
    for wait, payload, made in steps:
        yield wait, payload[:1], made
        for at in range(1, len(payload)):
            yield knobs.seconds("pause"), payload[at : at + 1], 0
    return Ending.COMPLETE


def crlf(steps: Script, knobs: Knobs) -> Script:
    for wait, payload, made in steps:
        yield wait, payload.replace(b"\n", b"\r\n"), made
    return Ending.COMPLETE


def usage_missing(steps: Script, knobs: Knobs) -> Script:
    def remove(holder: dict[str, Any]) -> None:
        holder.pop("usage", None)

    return rewritten(steps, knobs, remove)


def usage_absurd(steps: Script, knobs: Knobs) -> Script:
    value = ABSURD.get(knobs.name("kind"), ABSURD["huge"])

    def spoil(holder: dict[str, Any]) -> None:
        for name, known in holder.get("usage", {}).items():
            if isinstance(known, int):
                holder["usage"][name] = value

    return rewritten(steps, knobs, spoil)


def rewritten(steps: Script, knobs: Knobs, change: Callable[[dict[str, Any]], None]) -> Script:
    """Changes what holds the usage: in the first event, in the last, or in a message that is not streamed."""
    where = knobs.name("where")
    for wait, payload, made in steps:
        name = events.name_of(payload)
        if name == "message_start" and where != "end":
            data = json.loads(payload.partition(b"data: ")[2])
            change(data["message"])
            payload = events.event(**{"name": data.pop("type"), **data})
        elif name == "message_delta" and where != "start":
            data = json.loads(payload.partition(b"data: ")[2])
            change(data)
            payload = events.event(**{"name": data.pop("type"), **data})
        elif payload.startswith(b"{"):
            data = json.loads(payload)
            change(data)
            payload = events.JSON(data).encode()
        yield wait, payload, made
    return Ending.COMPLETE
