"""R15: under cancellation storms and reconnects, nothing of one person reaches another one or a log."""

from __future__ import annotations

import contextlib
import http.client
import random
import secrets
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.people import Asked, Person
from tests.product import Product
from tests.promises.conftest import STAYING
from tests.promises.texts import say
from tests.tabs import Tab

pytestmark = pytest.mark.slow

SEED = 15
PEOPLE = 6
STORM_SECONDS = 5.0


@dataclass
class Canary:
    """Somebody whose every word can be recognised, and everything the product ever told them."""

    person: Person
    dice: random.Random
    word: str = field(default_factory=lambda: f"canary{secrets.token_hex(6)}")
    heard: list[str] = field(default_factory=list)
    conversations: list[str] = field(default_factory=list)

    def fly(self, until: float) -> None:
        while time.monotonic() < until:
            asked = self._ask()
            tab = Tab(self.person, asked.conversation)
            for _ in range(self.dice.randint(1, 4)):
                self._stir(tab, asked)
            tab.close()
            self.heard += [frame for _, frame in tab.frames]
            self.heard.append(self.person.act(asked, "stop").text)
        for conversation in self.conversations:
            self._read_all(conversation)

    def _ask(self) -> Asked:
        words = say(f"{self.word} " * self.dice.randint(5, 120))
        asked = self.person.begin(f"Say {self.word} {words} [[pace:{self.dice.randint(50, 900)}]]")
        self.conversations.append(asked.conversation)
        return asked

    def _stir(self, tab: Tab, asked: Asked) -> None:
        """Leave in the middle of something."""
        seen = len(tab.frames)
        act = self.dice.choice(
            (tab.cut, tab.connect, lambda: self._hang_up(f"/c/{asked.conversation}/"), self._hang_up)
        )
        act()
        if tab.code is None and act == tab.connect:
            tab.until(lambda _: len(tab.frames) > seen, 20)

    def _hang_up(self, path: str = "/") -> None:
        """Ask for a page, or for an answer, and go before it comes."""
        with contextlib.closing(socket.create_connection(("127.0.0.1", self.person.port))) as wire:
            form = urlencode({"question": f"Never mind {self.word}", "ask_id": str(uuid4())}) if path == "/" else ""
            head = ["POST /c/ HTTP/1.1" if form else f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{self.person.port}"]
            head += [f"Cookie: {self.person.cookies}", f"X-CSRFToken: {self.person.token}"]
            head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}"] if form else []
            wire.sendall(("\r\n".join(head) + "\r\n\r\n" + form).encode())
            if self.dice.random() < 0.5:
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _read_all(self, conversation: str) -> None:
        for path in ("", "export.json", "export.md"):
            with contextlib.suppress(http.client.HTTPException):
                self.heard.append(self.person.get(f"/c/{conversation}/{path}").text)
        self.heard += [self.person.get("/").text, self.person.get("/?q=canary").text]


def test_no_word_of_one_person_reaches_another_one_or_a_log(house: Product) -> None:
    print(f"seed {SEED}")
    flock = [Canary(Person(house, number % STAYING), random.Random(SEED + number)) for number in range(PEOPLE)]
    until = time.monotonic() + STORM_SECONDS
    with ThreadPoolExecutor(PEOPLE) as storm:
        list(storm.map(lambda canary: canary.fly(until), flock))
    for canary in flock:
        heard = "".join(canary.heard)
        assert canary.word in heard
        for other in flock:
            assert other is canary or other.word not in heard
        assert canary.word not in house.logs
    assert "Traceback" not in house.logs
