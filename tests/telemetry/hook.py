"""Somebody else's webhook on a port of its own, which answers as the test wishes and remembers what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Got:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Hook:
    url: str = ""
    status: int = 204
    location: str = ""
    hangs: bool = False
    got: list[Got] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    """What hangs, hangs until then."""


@contextmanager
def hook() -> Iterator[Hook]:
    mine = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            mine.got.append(Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if mine.hangs:
                mine.go_on.wait(30)
            self.send_response(mine.status)
            if mine.location:
                self.send_header("Location", mine.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    mine.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield mine
    finally:
        mine.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
