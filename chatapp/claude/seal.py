"""TLS as bytes to bytes, so that the connection underneath stays ours to pause."""

from __future__ import annotations

import ssl
from typing import Final

_MOST_AT_ONCE: Final = 1 << 18


class Seal:
    """asyncio's own TLS goes on reading, and waking the process, for every record while its reader rests."""

    __slots__ = ("_incoming", "_outgoing", "_tls", "ended")

    def __init__(self, context: ssl.SSLContext, server_name: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self.ended = False
        """The other side has said that it will send no more."""

    def shake_hands(self, heard: bytes) -> bool:
        """Take what the other side said; whether the two now agree."""
        self._incoming.write(heard)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def close(self, plain: bytes) -> None:
        self._tls.write(plain)

    def open(self, sealed: bytes) -> bytes:
        self._incoming.write(sealed)
        plain: list[bytes] = []
        try:
            while part := self._tls.read(_MOST_AT_ONCE):
                plain.append(part)
            self.ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        return b"".join(plain)

    def to_send(self) -> bytes:
        return self._outgoing.read() if self._outgoing.pending else b""
