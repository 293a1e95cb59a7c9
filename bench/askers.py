"""People who ask again as soon as they have been answered, and send a question again that found nobody."""

from __future__ import annotations

import json
import time
import urllib.parse
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bench.loop import Loop
from bench.readers import Reader, Seen, words
from bench.wires import Address, Requests
from tests.people import Person
from tests.promises.texts import say

# As the page does it.
ASK_AGAIN_SECONDS: Final = (0.5, 1.0, 2.0, 4.0)
BETWEEN_SECONDS: Final = 0.2


@dataclass
class Stream:
    """A conversation in which somebody asks again as soon as the answer has ended, and its readers."""

    loop: Loop
    person: Person
    conversation: str
    pace: float
    words: int
    readers: list[Reader] = field(default_factory=list)
    asked_at: dict[int, float] = field(default_factory=dict)
    turns: dict[int, int] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    running: bool = False
    closing: bool = False

    def __post_init__(self) -> None:
        self.address: Address = ("127.0.0.1", self.person.port)
        self.path = f"/ws/c/{self.conversation}/"
        host = f"127.0.0.1:{self.person.port}"
        self.headers = {"Host": host, "Origin": f"http://{host}", "Cookie": self.person.cookies}
        self._requests = Requests(self.loop, self.address)

    def ask(self) -> None:
        self.running = True
        number = len(self.asked_at) + 1
        self.asked_at[number] = time.monotonic()
        question = f"Number {number}? [[think:0]] [[pace:{self.pace:g}]] {say(words(number, self.words))}"
        self._post(number, {"question": question, "ask_id": str(uuid.uuid4())}, 0)

    def _post(self, number: int, form: dict[str, str], tries: int) -> None:
        def answered(status: int, body: bytes) -> None:
            if status == 200:
                self.turns[number] = self.accepted[form["ask_id"]] = json.loads(body)["turn"]
                return
            self.refused.append(status)
            wait = ASK_AGAIN_SECONDS[min(tries, len(ASK_AGAIN_SECONDS) - 1)]
            self.loop.after(wait, lambda: self._post(number, form, tries + 1))

        headers = {**self.headers, "X-CSRFToken": self.person.token, "Accept": "application/json"}
        body = urllib.parse.urlencode(form).encode()
        self._requests.post(f"/c/{self.conversation}/turns/", headers, body, answered)

    def end(self, turn: int) -> None:
        """One of the readers has seen the end; the first of them asks again."""
        if self.running and turn == self.turns.get(len(self.asked_at)):
            self.running = False
            if not self.closing:
                self.loop.after(BETWEEN_SECONDS, self.ask)

    def seen(self) -> Iterator[tuple[int, Seen]]:
        """Of each reader each answer, by its number."""
        return (pair for reader in self.readers for pair in reader.seen.items())

    def longest(self, reader: Reader, since: float) -> float:
        """For how long nothing came of an answer, at most; what never came is missed until now."""
        longest = 0.0
        for number, asked_at in self.asked_at.items():
            seen = reader.seen.get(number, Seen(at=asked_at))
            if seen.words < self.words:
                longest = max(longest, time.monotonic() - seen.at)
            elif seen.at > since:
                longest = max(longest, seen.longest)
        return longest

    def lost(self) -> int:
        """How many words of all answers have not been read, by all readers together."""
        read = sum(seen.words for _, seen in self.seen())
        return self.words * len(self.asked_at) * len(self.readers) - read

    @property
    def is_over(self) -> bool:
        """Every reader has seen the last answer's end."""
        last = self.turns.get(len(self.asked_at))
        return not self.running and all(last in reader.ended for reader in self.readers)

    @property
    def stands(self) -> str:
        """Where it is, for whoever waits for its end in vain."""
        last = self.turns.get(len(self.asked_at))
        seen = [reader.seen[len(self.asked_at)].words for reader in self.readers if len(self.asked_at) in reader.seen]
        ends = [last in reader.ended for reader in self.readers]
        return f"answer {len(self.asked_at)}, turn {last}: refused {self.refused}, words {seen}, ended {ends}"
