"""Server-sent events: bytes in any pieces to the data of whole events."""

from __future__ import annotations

from typing import Final

MOST_EVENT_BYTES: Final = 16 << 20
_EVENT: Final = b"event:"
DELTA: Final = b"event: content_block_delta\ndata: "
_NEXT_DELTA: Final = b"\n\n" + DELTA
_DATA: Final = b"\ndata: "
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class EventTooLong(ValueError):
    """An event outgrew every answer that Claude could give."""


class Events:
    """Claude's JSON has no raw line breaks, so line ends can be made alike before anything is looked at."""

    __slots__ = ("_after_return", "_tail")

    def __init__(self) -> None:
        self._tail = bytearray()
        self._after_return = False

    def deltas(self, data: bytes) -> bytes | None:
        """These bytes as one JSON list where they are whole deltas and nothing else, as nearly every look brings them.

        None, or what is no such list, leaves them to `feed`: nothing of them was taken.
        """
        if self._tail or self._after_return or not (data.startswith(DELTA) and data.endswith(b"\n\n")):
            return None
        return b"[%b]" % data[len(DELTA) :].replace(_NEXT_DELTA, b",")

    def feed(self, data: bytes) -> list[bytes]:
        """The data of each event that these bytes complete."""
        if self._after_return or b"\r" in data:
            data = self._with_plain_breaks(data)
        if self._tail:
            # Long events arrive in many pieces: join them once, not with each piece.
            seam = self._tail.endswith(b"\n") and data.startswith(b"\n")
            if not seam and b"\n\n" not in data:
                self._keep(data)
                return []
            data = bytes(self._tail) + data
            self._tail.clear()
        blocks = data.split(b"\n\n")
        self._keep(blocks.pop())
        return [found for block in blocks if (found := self._data(block))]

    def _keep(self, rest: bytes) -> None:
        self._tail += rest
        if len(self._tail) > MOST_EVENT_BYTES:
            raise EventTooLong

    def _with_plain_breaks(self, data: bytes) -> bytes:
        if self._after_return:
            # The other half of a line end whose first half has already counted.
            data = data.removeprefix(b"\n")
        self._after_return = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _data(self, block: bytes) -> bytes:
        start = block.find(_DATA)
        if start > 0 and block.startswith(_EVENT) and block.count(b"\n") == 1:
            return block[start + len(_DATA) :]
        lines = (line.partition(b":") for line in block.removeprefix(_BYTE_ORDER_MARK).split(b"\n"))
        return b"\n".join(value.removeprefix(b" ") for name, _, value in lines if name == b"data")
