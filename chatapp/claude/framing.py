"""Where a response's body ends, and what in it is body: the three ways of HTTP/1.1."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final, Protocol

import h11
import httpx2

_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?")
_LONGEST_LINE: Final = 8192
_MOST_TRAILER_BYTES: Final = 65536


class Framing(Protocol):
    over: bool
    """The whole body has been seen."""
    spoiled: bool
    """Something followed the end that nobody asked for: the connection is not to be used again."""

    def feed(self, data: bytes) -> bytes:
        """The part of the data that is body."""

    def close(self) -> None:
        """The connection has ended; raises if the body had not."""


def of(request_method: bytes, response: h11.Response) -> Framing:
    headers = dict(response.headers)
    if request_method == b"HEAD" or response.status_code in (204, 304):
        return Sized(0)
    # h11 has already refused other codings, unlike lengths and what is no number.
    if b"transfer-encoding" in headers:
        return Chunked()
    if b"content-length" in headers:
        return Sized(int(headers[b"content-length"]))
    return UntilClose()


class Sized:
    __slots__ = ("_expected", "_left", "over", "spoiled")

    def __init__(self, length: int) -> None:
        self._expected = self._left = length
        self.over = length == 0
        self.spoiled = False

    def feed(self, data: bytes) -> bytes:
        body = data[: self._left]
        self._left -= len(body)
        self.over = not self._left
        self.spoiled = len(data) > len(body)
        return body

    def close(self) -> None:
        if not self.over:
            raise httpx2.RemoteProtocolError(
                "peer closed connection without sending complete message body "
                f"(received {self._expected - self._left} bytes, expected {self._expected})"
            )


class UntilClose:
    __slots__ = ("over", "spoiled")

    def __init__(self) -> None:
        self.over = False
        self.spoiled = True

    def feed(self, data: bytes) -> bytes:
        return data

    def close(self) -> None:
        self.over = True


class _Line(Enum):
    """What the next line of a chunked body is."""

    SIZE = auto()
    AFTER_CHUNK = auto()
    TRAILER = auto()


class Chunked:
    __slots__ = ("_left", "_line", "_tail", "_trailer_bytes", "over", "spoiled")

    def __init__(self) -> None:
        self._line = _Line.SIZE
        self._left = 0
        self._tail = b""
        self._trailer_bytes = 0
        self.over = False
        self.spoiled = False

    def feed(self, data: bytes) -> bytes:
        if self._tail:
            data = self._tail + data
            self._tail = b""
        elif self._line is _Line.SIZE and (whole := _whole(data)):
            return whole
        body: list[bytes] = []
        position, length = 0, len(data)
        while position < length and not self.over:
            if self._left:
                content = data[position : position + self._left]
                body.append(content)
                position += len(content)
                self._left -= len(content)
                continue
            end = data.find(b"\r\n", position)
            if end < 0:
                self._keep(data[position:])
                break
            self._read(data[position:end])
            position = end + 2
        self.spoiled = self.over and position < length
        return b"".join(body)

    def _keep(self, tail: bytes) -> None:
        if len(tail) > _LONGEST_LINE:
            raise httpx2.RemoteProtocolError("a line between chunks is too long")
        self._tail = tail

    def _read(self, line: bytes) -> None:
        if self._line is _Line.SIZE:
            size = _SIZE.fullmatch(line)
            if size is None:
                raise httpx2.RemoteProtocolError("illegal chunk size")
            self._left = int(size[1], 16)
            self._line = _Line.AFTER_CHUNK if self._left else _Line.TRAILER
        elif self._line is _Line.AFTER_CHUNK:
            if line:
                raise httpx2.RemoteProtocolError("a chunk does not end where it said")
            self._line = _Line.SIZE
        else:
            self._trailer_bytes += len(line)
            if self._trailer_bytes > _MOST_TRAILER_BYTES:
                raise httpx2.RemoteProtocolError("the trailers are too long")
            self.over = not line

    def close(self) -> None:
        if not self.over:
            raise httpx2.RemoteProtocolError(
                "peer closed connection without sending complete message body (incomplete chunked read)"
            )


def _whole(data: bytes) -> bytes:
    """The body in data that is whole chunks and nothing else, as nearly every read brings it; else nothing."""
    parts = data.split(b"\r\n")
    contents = parts[1::2]
    # The last chunk of all is left to those who read line by line, and so is whatever is written in another way.
    if parts[-1] or b"" in contents or parts[:-1:2] != [b"%x" % len(content) for content in contents]:
        return b""
    return b"".join(contents)
