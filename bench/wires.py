"""A browser's two wires, by hand: a connection for requests, and a websocket that mostly listens."""

import socket
from collections.abc import Callable
from typing import Final

from bench.loop import Loop

Address = tuple[str, int]
ABNORMAL: Final = 1006
_TEXT: Final = 1
_CLOSE: Final = 8
_PING: Final = 9
_PONG: Final = 10


class WireBroke(Exception):
    """The server hung up, or said what no browser would understand."""


def connect(address: Address, source: str = "") -> socket.socket:
    """From an address of this machine's own, of which it has millions: nobody has five hundred connections."""
    sock = socket.create_connection(address, timeout=20, source_address=(source, 0) if source else None)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setblocking(False)
    return sock


def lines(first: str, headers: dict[str, str]) -> bytes:
    return "\r\n".join([first, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


class Requests:
    """One kept-alive connection, one request at a time."""

    def __init__(self, loop: Loop, address: Address, source: str = "") -> None:
        self._loop = loop
        self._address = address
        self._source = source
        self._socket: socket.socket | None = None
        self._inbound = b""
        self._then: Callable[[int, bytes], None] | None = None

    def post(self, path: str, headers: dict[str, str], body: bytes, then: Callable[[int, bytes], None]) -> None:
        if self._socket is None:
            self._socket = connect(self._address, self._source)
            self._loop.watch(self._socket, self._hear)
        self._then = then
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
        self._socket.sendall(lines(f"POST {path} HTTP/1.1", headers | kind) + body)

    def close(self) -> None:
        if self._socket is not None:
            self._loop.forget(self._socket)
            self._socket.close()
            self._socket = None

    def _hear(self) -> None:
        assert self._socket is not None  # only a watched socket is heard
        try:
            data = self._socket.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            self.close()
            if self._then is not None:
                raise WireBroke("the server hung up in the middle of a request")
            return
        self._inbound += data
        head, end, rest = self._inbound.partition(b"\r\n\r\n")
        if not end or not _whole(head.lower(), rest):
            return
        then, self._then, self._inbound = self._then, None, b""
        if then is not None:
            then(int(head.split(b" ", 2)[1]), rest)


def _whole(head: bytes, rest: bytes) -> bool:
    _, said, length = head.partition(b"\r\ncontent-length:")
    if said:
        return len(rest) >= int(length.partition(b"\r\n")[0])
    return rest.endswith(b"0\r\n\r\n")


class Ear:
    """A websocket; every text frame is handed on with the bytes it took on the wire."""

    def __init__(
        self,
        loop: Loop,
        on_text: Callable[[bytes, int], None],
        on_close: Callable[[int], None],
        source: str = "",
    ) -> None:
        self._loop = loop
        self._source = source
        self._on_text = on_text
        self._on_close = on_close
        self._inbound = b""
        self._open = False
        self._socket: socket.socket | None = None
        self._opened: Callable[[], None] = lambda: None

    def open(self, address: Address, path: str, headers: dict[str, str], then: Callable[[], None]) -> None:
        upgrade = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        }
        self._opened = then
        self._socket = connect(address, self._source)
        self._socket.sendall(lines(f"GET {path} HTTP/1.1", headers | upgrade))
        self._loop.watch(self._socket, self._hear)

    def say(self, text: bytes, kind: int = _TEXT) -> None:
        """Masked with zeros, which changes nothing; only for short texts."""
        if self._socket is not None:
            self._socket.sendall(bytes((0x80 | kind, 0x80 | len(text), 0, 0, 0, 0)) + text)

    def close(self) -> None:
        if self._socket is not None:
            self._loop.forget(self._socket)
            self._socket.close()
            self._socket = None

    def refused(self, head: bytes) -> None:
        """The server did not want it."""
        raise WireBroke(head.decode(errors="replace"))

    def _hear(self) -> None:
        if self._socket is None:
            return
        try:
            data = self._socket.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            self.close()
            self._on_close(ABNORMAL)
            return
        if self._inbound:
            data = self._inbound + data
        if not self._open:
            head, end, rest = data.partition(b"\r\n\r\n")
            if not end:
                self._inbound = data
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.refused(head)
                return
            self._open, data = True, rest
            self._opened()
        self._inbound = data[self._frames(data) :]

    def _frames(self, data: bytes) -> int:
        """Hand on the whole frames; where they end."""
        start, size = 0, len(data)
        while size - start >= 2:
            length, body = data[start + 1], start + 2
            if length == 126:
                length, body = int.from_bytes(data[body : body + 2]), body + 2
            elif length == 127:
                length, body = int.from_bytes(data[body : body + 8]), body + 8
            end = body + length
            if size < body or size < end:
                break
            kind = data[start] & 15
            if kind == _TEXT:
                self._on_text(data[body:end], end - start)
            elif kind == _PING:
                self.say(data[body:end], _PONG)
            elif kind == _CLOSE:
                self.close()
                self._on_close(int.from_bytes(data[body : body + 2]))
            start = end
        return start
