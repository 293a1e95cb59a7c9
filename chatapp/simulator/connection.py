"""HTTP/1.1 by hand: requests in, responses and streams out, one connection at a time."""

import asyncio
import http.client
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from chatapp.simulator import rules
from chatapp.simulator.journal import CONTROL
from chatapp.simulator.script import Ending
from chatapp.simulator.ticker import Stream

MAX_HEAD_BYTES = 65_536
MAX_PIPELINED_BYTES = 1_048_576
MAX_WASTED_BYTES = 1_073_741_824


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    too_large: bool = False


class BadRequest(ValueError):
    """What came is not HTTP as spoken here; carries the status to answer with."""


class Connection(asyncio.Protocol):
    """Reads one request after the other and gives each to `receive`, which answers through it."""

    def __init__(self, receive: "Callable[[Request, Connection], None]", others: "set[Connection]") -> None:
        self.receive = receive
        self.others = others
        self.inbox = bytearray()
        self.head: tuple[str, str, str, dict[str, str]] | None = None
        self.body_bytes = 0
        self.busy = self.reading = self.keep_alive = self.controls = False
        self.stream: Stream | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.write, self.is_closing = self.transport.write, self.transport.is_closing
        self.others.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.others.discard(self)
        if self.stream:
            self.stream.leave()

    def pause_writing(self) -> None:
        if self.stream:
            self.stream.park()

    def resume_writing(self) -> None:
        if self.stream:
            self.stream.unpark()

    def data_received(self, data: bytes) -> None:
        self.inbox += data
        if not self.busy:
            self.read()
        elif len(self.inbox) > MAX_PIPELINED_BYTES:
            self.transport.abort()

    def read(self) -> None:
        self.reading = True
        try:
            while not (self.busy or self.is_closing()):
                request = self.next_request()
                if request is None:
                    return
                self.busy = True
                self.controls = request.path.startswith(CONTROL)
                self.receive(request, self)
        except BadRequest as error:
            self.keep_alive = False
            self.reply(int(str(error)), {}, b"")
        finally:
            self.reading = False

    def next_request(self) -> Request | None:
        if self.head is None:
            end = self.inbox.find(b"\r\n\r\n")
            if end < 0:
                if len(self.inbox) > MAX_HEAD_BYTES:
                    raise BadRequest("431")
                return None
            self.head = parse(bytes(self.inbox[:end]))
            del self.inbox[: end + 4]
            self.expect(self.head[3])
        method, path, query, headers = self.head
        most = rules.MAX_BATCH_BYTES if path.endswith("/batches") else rules.MAX_BODY_BYTES
        length = int(headers.get("content-length", 0))
        if length > most:
            # Read to its end and thrown away: an answer sent into an unfinished upload would be lost.
            self.body_bytes += len(self.inbox)
            self.inbox.clear()
            if self.body_bytes < length:
                return None
        elif len(self.inbox) < length:
            return None
        body = bytes(self.inbox[:length])
        del self.inbox[:length]
        self.head, self.body_bytes = None, 0
        return Request(method, path, query, headers, body, too_large=length > most)

    def expect(self, headers: Mapping[str, str]) -> None:
        length = headers.get("content-length", "0")
        if not length.isdigit() or "transfer-encoding" in headers:
            raise BadRequest("411")
        if int(length) > MAX_WASTED_BYTES:
            raise BadRequest("413")
        self.keep_alive = headers.get("connection", "").lower() != "close"
        if headers.get("expect", "").lower() == "100-continue":
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def reply(self, status: int, headers: Mapping[str, str], body: bytes) -> int:
        """A whole response; returns how many bytes it has."""
        data = head(status, {**headers, "content-length": str(len(body))}) + body
        self.write(data)
        self.finish(Ending.COMPLETE if self.keep_alive else Ending.CUT)
        return len(data)

    def finish(self, ending: Ending) -> None:
        self.stream = None
        if ending is Ending.RESET:
            self.reset()
        elif ending is Ending.CUT or not self.keep_alive:
            self.transport.close()
        else:
            self.busy = False
            if self.inbox and not self.reading:
                self.read()

    def reset(self) -> None:
        sock = cast("socket.socket", self.transport.get_extra_info("socket"))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


def parse(lines: bytes) -> tuple[str, str, str, dict[str, str]]:
    first, *rest = lines.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest("400")
    headers: dict[str, str] = {}
    for line in rest:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest("400")
        headers[name.lower()] = value.strip()
    if words[2] == "HTTP/1.0":
        headers.setdefault("connection", "close")
    path, _, query = words[1].partition("?")
    return words[0], path, query, headers


def head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {http.client.responses.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
