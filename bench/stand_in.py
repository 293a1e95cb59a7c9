"""A stand-in for Claude, so lean that hundreds of streams leave room on its core for the load generator.

One ticker serves all streams, their phases spread evenly over the time between two tokens. Every token is one
event in one HTTP chunk, sent by itself, and carries the time at which it was sent.
"""

import argparse
import gc
import json
import select
import socket
import time
from typing import Any, Final

from bench import answers, stamps

SLOTS: Final = 20
ENOUGH_FOR_A_TITLE: Final = 256


class Connection:
    """A connection of the server under test, and the answer that streams on it, if any."""

    __slots__ = ("birth", "inbound", "last", "outbound", "slot", "socket", "told")

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.inbound = b""
        self.outbound = b""
        self.told = 0
        self.birth = 0
        self.last = 0
        self.slot: int | None = None

    def send(self, data: bytes) -> None:
        """What a slow reader leaves behind waits for the next token, as it would on any network."""
        waiting = self.outbound + data if self.outbound else data
        try:
            sent = self.socket.send(waiting)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.outbound = b""
            return
        self.outbound = waiting[sent:]

    def tell(self) -> bool:
        """Send one more token; False when that was the end."""
        if self.told == answers.ANSWER_TOKENS:
            self.send(answers.ENDING)
            return False
        self.last = max(stamps.now(), self.last + 1)
        written = stamps.written(self.last)
        if self.told:
            cut = answers.REST[self.told]
        else:
            cut = answers.FIRST
            written = stamps.written(self.birth) + b" z" + written
        self.told += 1
        self.send(cut.before + written + cut.after)
        return True


class StandIn:
    def __init__(self, port: int, tokens_per_second: float) -> None:
        self.listener = socket.create_server(("127.0.0.1", port), backlog=4096)
        self.listener.setblocking(False)
        self.poll = select.epoll()
        self.poll.register(self.listener, select.EPOLLIN)
        self.connections: dict[int, Connection] = {}
        self.slots: list[dict[Connection, None]] = [{} for _ in range(SLOTS)]
        self.next_slot = 0
        self.running = 0
        self.slot_ns = int(1e9 / tokens_per_second / SLOTS)

    def serve(self) -> None:
        due = time.monotonic_ns()
        turn = 0
        while True:
            wait = (due - time.monotonic_ns()) / 1e9 if self.running else 1.0
            for descriptor, _ in self.poll.poll(max(wait, 0.0)):
                if descriptor == self.listener.fileno():
                    self.welcome()
                else:
                    self.hear(self.connections[descriptor])
            now = time.monotonic_ns()
            if not self.running:
                due = now
            while due <= now:
                self.tick(turn % SLOTS)
                turn += 1
                due += self.slot_ns

    def tick(self, number: int) -> None:
        slot = self.slots[number]
        for connection in [one for one in slot if not one.tell()]:
            self.finish(connection)

    def finish(self, connection: Connection) -> None:
        if connection.slot is not None:
            del self.slots[connection.slot][connection]
            connection.slot = None
            self.running -= 1

    def welcome(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except BlockingIOError:
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections[sock.fileno()] = Connection(sock)
            self.poll.register(sock, select.EPOLLIN)

    def hear(self, connection: Connection) -> None:
        try:
            data = connection.socket.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            self.finish(connection)
            self.poll.unregister(connection.socket)
            del self.connections[connection.socket.fileno()]
            connection.socket.close()
            return
        connection.inbound += data
        head, end, rest = connection.inbound.partition(b"\r\n\r\n")
        length = _content_length(head)
        if end and len(rest) >= length:
            connection.inbound = rest[length:]
            self.answer(connection, head, rest[:length])

    def answer(self, connection: Connection, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1].partition(b"?")[0]
        if path == b"/v1/messages":
            asked = json.loads(body)
            if not asked.get("stream"):
                connection.send(_plain(answers.WHOLE_MESSAGE))
            elif _wants_few_words(asked):
                connection.send(answers.BRIEF_ANSWER)
            else:
                self.begin(connection)
        elif path == b"/v1/messages/count_tokens":
            connection.send(_plain({"input_tokens": 120}))
        else:
            connection.send(_plain({"data": [], "has_more": False, "first_id": None, "last_id": None}))

    def begin(self, connection: Connection) -> None:
        connection.told = 0
        connection.birth = connection.last = stamps.now()
        connection.send(answers.OPENING)
        connection.slot = self.next_slot
        self.slots[self.next_slot][connection] = None
        self.next_slot = (self.next_slot + 7) % SLOTS
        self.running += 1


def _content_length(head: bytes) -> int:
    _, _, after = head.lower().partition(b"\r\ncontent-length:")
    return int(after.partition(b"\r\n")[0] or 0)


def _plain(body: dict[str, Any]) -> bytes:
    data = json.dumps(body).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_bench\r\n"
    return head + b"content-length: %d\r\n\r\n" % len(data) + data


def _wants_few_words(asked: dict[str, Any]) -> bool:
    if asked["max_tokens"] <= ENOUGH_FOR_A_TITLE or "title" in json.dumps(asked.get("system", "")).lower():
        return True
    return answers.BRIEF in json.dumps(asked["messages"][-1])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--tokens-per-second", type=float, default=50.0)
    chosen = options.parse_args()
    gc.disable()
    StandIn(chosen.port, chosen.tokens_per_second).serve()


if __name__ == "__main__":
    main()
