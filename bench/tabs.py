"""Browsers' tabs: one talks to the product as its page does, one to the bare relay."""

import json
import random
import re
import urllib.parse
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bench import answers, stamps
from bench.loop import Loop
from bench.tally import Reading, Tally
from bench.wires import Address, Ear, Requests

_ARTICLE: Final = re.compile(rb'data-turn="(\d+)" data-state="([a-z_]+)"')
_UNDER_WAY: Final = {b"accepted", b"queued", b"thinking", b"streaming", b"retrying"}
_QUESTION: Final = "How does a tide come about, and why twice a day?"
_TOKEN: Final = "b" * 32


@dataclass(frozen=True, slots=True)
class Person:
    """Someone already signed in: the names of two cookies and the value of one."""

    session_cookie: str
    session: str
    csrf_cookie: str
    # The address of this machine from which he comes; the system's choice if there is none.
    source: str = ""


class Tab(Protocol):
    ready: bool
    frames: int
    reading: Reading
    closing: bool

    def prepare(self, then: Callable[[], None]) -> None: ...
    def open(self, then: Callable[[], None]) -> None: ...
    def ask(self) -> None: ...
    def close(self) -> None: ...


class ProductTab:
    """A page on a conversation: the socket listens, questions travel by POST."""

    def __init__(
        self,
        loop: Loop,
        tally: Tally,
        address: Address,
        person: Person,
        conversation: str | None = None,
        heard_at: Address | None = None,
    ) -> None:
        self._loop = loop
        self._tally = tally
        self._heard_at = heard_at or address
        self._requests = Requests(loop, address, person.source)
        self._ear = Ear(loop, self._hear, self._cut, person.source)
        self._headers = _headers(person, address)
        self._heard_headers = _headers(person, self._heard_at)
        self.conversation = conversation
        self.frames = 0
        self._heard: Callable[[], None] = lambda: None
        # Which version of it the page shows; nobody's guess where it has just been begun.
        self._seen = 0 if conversation is not None else None
        self._ended = 0
        self.reading = Reading(tally)
        self.ready = False
        self.closing = False

    def prepare(self, then: Callable[[], None]) -> None:
        """Begin the conversation with a question that gets a few words at once."""
        if self.conversation is not None:
            self.ready = True
            then()
            return

        def begun(status: int, body: bytes) -> None:
            if status >= 400:
                raise RuntimeError(f"begin answered {status}: {body[:300]!r}")
            self.conversation = json.loads(body)["conversation"]
            self._requests.close()
            then()

        self._post("/c/", f"Answer {answers.BRIEF}, please", {"Accept": "application/json"}, begun)

    def open(self, then: Callable[[], None]) -> None:
        """Open once it hears: only then has the server done what a new page costs. It was drawn a moment ago."""
        self._heard = then
        seen = "" if self._seen is None else f"?seen={self._seen}"
        self._ear.open(self._heard_at, f"/ws/c/{self.conversation}/{seen}", self._heard_headers, lambda: None)

    def ask(self) -> None:
        def answered(status: int, body: bytes) -> None:
            if self._tally.measuring:
                self._tally.acceptances.append(stamps.now() - self.reading.asked)
            if status >= 400:
                self._tally.refusals += 1
                self.reading.running = False
                self._ask_again(0.2)

        self.reading.ask()
        self._post(f"/c/{self.conversation}/turns/", _QUESTION, {"HX-Request": "true"}, answered)

    def close(self) -> None:
        self._ear.close()
        self._requests.close()

    def _post(self, path: str, question: str, headers: dict[str, str], then: Callable[[int, bytes], None]) -> None:
        body = urllib.parse.urlencode({"question": question, "ask_id": str(uuid.uuid4())}).encode()
        self._requests.post(path, self._headers | {"X-CSRFToken": _TOKEN} | headers, body, then)

    def _ask_again(self, wait_seconds: float) -> None:
        self._loop.after(wait_seconds, lambda: None if self.closing else self.ask())

    def _hear(self, frame: bytes, frame_bytes: int) -> None:
        self.frames += 1
        if self.frames == 1:
            self._heard()
        words = self.reading.see(frame, frame_bytes)
        # An earlier turn may be drawn once more beside the one that is asked about.
        turn, state = max(((int(turn), state) for turn, state in _ARTICLE.findall(frame)), default=(0, b""))
        if turn <= self._ended or state in _UNDER_WAY:
            return
        if not self.reading.running:
            self.ready = True
            return
        if not words and state == b"answered":
            return  # the brief answer once more, not the one that was asked for
        if state != b"answered":
            self._tally.broken[state.decode()] += 1
        self._ended = turn
        self.reading.end(words)
        self._ask_again(random.uniform(0.02, 0.06))  # so that tabs do not fall into step

    def _cut(self, code: int) -> None:
        self.reading.running = False
        self._tally.broken[f"closed with {code}"] += 1


def _headers(person: Person, address: Address) -> dict[str, str]:
    host = f"{address[0]}:{address[1]}"
    return {
        "Host": host,
        "Origin": f"http://{host}",
        "Cookie": f"{person.session_cookie}={person.session}; {person.csrf_cookie}={_TOKEN}",
    }


class BareTab:
    """A page of the bare relay: the question goes up the socket, one frame per delta comes down."""

    def __init__(self, loop: Loop, tally: Tally, address: Address) -> None:
        self._loop = loop
        self._tally = tally
        self._address = address
        self._ear = Ear(loop, self._hear, self._cut)
        self.reading = Reading(tally)
        self.frames = 0
        self.ready = True
        self.closing = False

    def prepare(self, then: Callable[[], None]) -> None:
        then()

    def open(self, then: Callable[[], None]) -> None:
        self._ear.open(self._address, "/", {"Host": "127.0.0.1"}, then)

    def ask(self) -> None:
        if not self.closing:
            self.reading.ask()
            self._ear.say(_QUESTION.encode())

    def close(self) -> None:
        self._ear.close()

    def _hear(self, frame: bytes, frame_bytes: int) -> None:
        self.frames += 1
        if frame == answers.BARE_END:
            self.reading.end()
            self._loop.after(random.uniform(0.02, 0.06), self.ask)  # as above
        else:
            self.reading.see(frame, frame_bytes)

    def _cut(self, code: int) -> None:
        self.reading.running = False
        self._tally.broken[f"closed with {code}"] += 1
