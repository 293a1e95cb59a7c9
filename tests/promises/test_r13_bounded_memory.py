"""R13: a reader that stops reading cannot make the server's memory grow; it is let go and resumes later."""

from __future__ import annotations

import base64
import secrets
import select
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from tests.patience import until
from tests.people import Asked, Person
from tests.product import Product
from tests.tabs import Tab

pytestmark = pytest.mark.slow

# Each may keep what it had not read when it fell behind, and a busy allocator some more: what is kept of every
# answer has to stand out from that.
DEAF = 8
ANSWER_BYTES = 400_000
# With the others no more than a page shows.
ANSWERS = 24
PATIENCE_SECONDS = 10.0
# A close frame with the code 1012.
COME_BACK = b"\x88\x02\x03\xf4"


class DeafReader:
    """A socket that is opened, hears its first frame, and is never read again."""

    def __init__(self, person: Person, conversation: str, seen: int) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", person.port))
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        lines = (
            f"GET /ws/c/{conversation}/?seen={seen} HTTP/1.1",
            f"Host: 127.0.0.1:{person.port}",
            f"Origin: http://127.0.0.1:{person.port}",
            f"Cookie: {person.cookies}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        )
        self.socket.sendall("\r\n".join((*lines, "", "")).encode())
        heard = b""
        while b'"beat"' not in heard:
            heard += self.socket.recv(256)

    def reads_on(self) -> bytes:
        """What ends the stream, when it is read after all."""
        end = b""
        self.socket.settimeout(PATIENCE_SECONDS)
        with closing(self.socket):
            while not end.endswith(COME_BACK) and (heard := self.socket.recv(1 << 20)):
                end = (end + heard)[-len(COME_BACK) :]
        return end

    def is_let_go(self) -> bool:
        """Whether the connection was cut; nothing is read to find out."""
        poll = select.poll()
        poll.register(self.socket, 0)
        return bool(poll.poll(0))


def test_readers_that_stop_reading_cost_nothing_and_are_let_go(product: Product) -> None:
    # What is condensed meanwhile has its own memory, once and not for every reader.
    product.change(
        "INSERT INTO chatapp_contextsettings (prompt_cache, digest_above_tokens, digest_share_percent, tail_tokens) "
        "VALUES ('1h', 900000, 95, 6000)"
    )
    web = product.start()
    person = Person(product)
    first = person.begin("Hello. [[tokens:3]]")
    person.final(first)
    tab = Tab(person, first.conversation)
    _long_answers(person, first, 3)
    # So has what files them.
    until(lambda: len(product.rows("SELECT turn_id FROM chatapp_filed")) == 4, PATIENCE_SECONDS, "the filing")
    usual = web.resident_bytes
    with ExitStack() as sockets:
        deaf = [DeafReader(person, first.conversation, tab.page.seen) for _ in range(DEAF)]
        for reader in deaf:
            sockets.enter_context(closing(reader.socket))
        _long_answers(person, first)
        # Kept for them, be it once for all, it would be more than two frames of each answer.
        assert web.resident_bytes - usual < 2 * ANSWERS * ANSWER_BYTES
        for reader in deaf:
            until(reader.is_let_go, PATIENCE_SECONDS + 5, "the goodbye to a deaf reader")
    last = person.ask(first.conversation, "And now? [[tokens:30]]")
    back = Tab(person, first.conversation)
    for one in (tab, back):
        one.until_state(last.turn, "answered")
        one.converges()
        one.close()


def _long_answers(person: Person, first: Asked, number: int = ANSWERS) -> None:
    for _ in range(number):
        asked = person.ask(first.conversation, f"A lot. [[tokens:30]] [[fault:huge_delta bytes={ANSWER_BYTES}]]")
        person.sees(asked, "answered")


def test_connections_that_are_reset_in_the_middle_leave_nothing_behind(house: Product, somebody: Person) -> None:
    first = somebody.begin("Hello. [[tokens:3]]")
    somebody.final(first)
    lines = (
        f"GET /c/{first.conversation}/ HTTP/1.1",
        f"Host: 127.0.0.1:{somebody.port}",
        f"Cookie: {somebody.cookies}",
    )
    head = "\r\n".join((*lines, "", ""))
    before = house.web.sockets
    with ThreadPoolExecutor(20) as crowd:
        list(crowd.map(lambda _: _ask_and_reset(somebody.port, head), range(100)))
    until(lambda: house.web.sockets <= before + 15, what="the end of the connections")
    assert "handler is closed" not in house.logs


def _ask_and_reset(port: int, head: str) -> None:
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(head.encode())
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_reader_that_was_behind_and_reads_again_is_told_to_come_back(somebody: Person) -> None:
    first = somebody.begin("Hello. [[tokens:3]]")
    somebody.final(first)
    slow = DeafReader(somebody, first.conversation, somebody.page(first.conversation).seen)
    _long_answers(somebody, first, 12)
    assert slow.reads_on().endswith(COME_BACK)
