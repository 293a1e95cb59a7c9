"""From steps to HTTP: the head before the first of them, then each in a chunk of its own or all as one body."""

from collections.abc import Callable, Mapping

from chatapp.simulator.connection import head
from chatapp.simulator.script import Ending, Script


def chunked(headers: Mapping[str, str], steps: Script, begin: Callable[[], None]) -> Script:
    """A body of unknown length; `begin` is called as soon as the head is out."""
    first = head(200, {**headers, "transfer-encoding": "chunked"})
    try:
        wait, payload, made = next(steps)
        yield wait, first + chunk(payload), made
        first = b""
        begin()
        while True:
            wait, payload, made = next(steps)
            yield wait, b"%x\r\n%b\r\n" % (len(payload), payload) if payload else b"", made
    except StopIteration as end:
        ending: Ending = end.value
    if ending is Ending.COMPLETE:
        yield 0.0, first + b"0\r\n\r\n", 0
    return ending


def chunk(payload: bytes) -> bytes:
    # An empty chunk would end the body.
    return b"%x\r\n%b\r\n" % (len(payload), payload) if payload else b""


def sized(headers: Mapping[str, str], steps: Script, begin: Callable[[], None]) -> Script:
    """A body that is sent when it is known."""
    try:
        while True:
            wait, payload, made = next(steps)
            if payload:
                begin()
                payload = head(200, {**headers, "content-length": str(len(payload))}) + payload
            yield wait, payload, made
    except StopIteration as end:
        ending: Ending = end.value
    return ending
