"""Several people do whatever comes to their minds while Claude fails and processes die; then everything must add up."""

from __future__ import annotations

import http.client
import os
import random
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from tests import history
from tests.history import History
from tests.page_model import FINAL, Sight
from tests.people import Answer, Asked, Person
from tests.product import Product, until
from tests.promises.wreckage import still_open
from tests.stand_in import standing_in
from tests.tabs import SERVER_AWAY, Tab

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("SOAK_SEED") or secrets.randbelow(1_000_000))
SECONDS = float(os.environ.get("SOAK_SECONDS") or 20)
PEOPLE = 5
SETTINGS = {
    "CHATAPP_LEASE_SECONDS": "2",
    "CHATAPP_DEADLINE_FIRST_EVENT": "3",
    "CHATAPP_DEADLINE_SILENCE": "3",
}
FAULTS = (
    *("cut", "reset", "half_event", "clean_end", "error_event", "overloaded", "rate_limited", "api_error", "closed"),
    *("truncated", "refusal_midway", "empty_answer", "silence_midway", "silence_before_headers", "broken_json"),
    *("slow pace=40", "missing_event event=message_delta", "usage_missing", "usage_absurd", "doubled_event", "crlf"),
)


@dataclass
class Wanderer:
    """One person, with a mind of their own."""

    person: Person
    dice: random.Random
    asked: list[Asked] = field(default_factory=list)
    accepted: dict[str, int] = field(default_factory=dict)
    tabs: list[Tab] = field(default_factory=list)
    left: list[Tab] = field(default_factory=list)
    did: list[str] = field(default_factory=list)

    def wander(self, end: threading.Event) -> None:
        acts = (self.begin, self.begin, self.ask, self.ask, self.stop, self.stop, self.again, self.edit, self.go_on)
        acts += (self.look, self.look, self.turn_away, self.blink, self.blink, self.wait)  # type: ignore[assignment]
        while not end.is_set():
            act = self.dice.choice(acts)
            self.did.append(act.__name__)
            act()

    def begin(self) -> None:
        self._send("/c/")

    def ask(self) -> None:
        if one := self._one():
            self._send(f"/c/{one.conversation}/turns/")

    def stop(self) -> None:
        if one := self._one():
            self._insist(f"/c/{one.conversation}/turns/{one.turn}/stop/", {})

    def again(self) -> None:
        if one := self._one():
            self._send(f"/c/{one.conversation}/turns/{one.turn}/retry/")

    def edit(self) -> None:
        if one := self._one():
            self._send(f"/c/{one.conversation}/turns/{one.turn}/edit/")

    def go_on(self) -> None:
        if one := self._one():
            self._send(f"/c/{one.conversation}/turns/{one.turn}/continue/")

    def look(self) -> None:
        if (one := self._one()) and len(self.tabs) < 4:
            with _server_away():
                self.tabs.append(Tab(self.person, one.conversation))

    def turn_away(self) -> None:
        if self.tabs:
            tab = self.tabs.pop(self.dice.randrange(len(self.tabs)))
            tab.close()
            self.left.append(tab)

    def blink(self) -> None:
        if self.tabs:
            tab = self.dice.choice(self.tabs)
            tab.cut()
            tab.connect()

    def wait(self) -> None:
        """Until the newest question is answered, for once."""
        if self.asked:
            with _patience_ends():
                until(lambda: self.person.state(self.asked[-1]) in FINAL, self.dice.random())

    def come_home(self) -> None:
        for tab in self.tabs:
            tab.cut()
            tab.connect()
            tab.until(lambda page: all(sight.state in FINAL for sight in page.latest), 20, "the end on the page")
            tab.converges()
            tab.close()

    @property
    def sights(self) -> Iterator[list[Sight]]:
        for tab in [*self.tabs, *self.left]:
            tab.check()
            yield tab.page.sights

    def _one(self) -> Asked | None:
        return self.dice.choice(self.asked[-4:]) if self.asked else None

    def _question(self) -> str:
        words = f"Number {self.dice.randrange(10**9)}? [[tokens:{self.dice.randint(5, 150)}]]"
        words += f" [[pace:{self.dice.choice((40, 100, 300, 0))}]]"
        return f"{words} [[fault:{self.dice.choice(FAULTS)}]]" if self.dice.random() < 0.4 else words

    def _send(self, path: str) -> None:
        ask_id = str(uuid4())
        answer = self._insist(path, {"question": self._question(), "ask_id": ask_id})
        assert answer.status in (200, 409), answer.text
        if answer.status == 200:
            self.accepted[ask_id] = answer.json["turn"]
            self.asked.append(Asked(answer.json["conversation"], answer.json["turn"]))

    def _insist(self, path: str, form: dict[str, str]) -> Answer:
        """Send the same form until it is answered, as a page does whose server is away."""
        answers: list[Answer] = []

        def send() -> bool:
            with _server_away():
                answer = self.person.post(path, form)
                # A process that is about to go says so, and the page sends its form to the next one.
                if answer.status != 503:
                    answers.append(answer)
            return bool(answers)

        until(send, 60, f"an answer to {path}")
        return answers[0]


@contextmanager
def _server_away() -> Iterator[None]:
    try:
        yield
    except (*SERVER_AWAY, http.client.HTTPException):
        time.sleep(0.05)


@contextmanager
def _patience_ends() -> Iterator[None]:
    try:
        yield
    except AssertionError:
        return


def _disturb(product: Product, dice: random.Random, end: threading.Event) -> list[str]:
    """Kill the process, freeze it for longer than its lease, or ask it to go, and start the next one."""
    done = []
    while not end.wait(dice.uniform(1, 5)):
        how = dice.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP))
        done.append(how.name)
        old = product.web
        old.signal(how)
        if how is signal.SIGSTOP:
            end.wait(dice.uniform(0.2, 4))
            old.signal(signal.SIGCONT)
        else:
            old.process.wait(20)
            product.start()
    return done


def test_whatever_people_do_and_whatever_fails_the_story_adds_up(tmp_path: Path) -> None:
    print(f"SOAK_SEED={SEED} SOAK_SECONDS={SECONDS}")
    end = threading.Event()
    with standing_in(seed=SEED) as claude, closing(Product(claude.url, tmp_path, SETTINGS)) as product:
        product.start()
        people = [Wanderer(Person(product, number), random.Random(SEED + number)) for number in range(PEOPLE)]
        with ThreadPoolExecutor(PEOPLE + 1) as crowd:
            disturbing = crowd.submit(_disturb, product, random.Random(SEED - 1), end)
            wandering = [crowd.submit(one.wander, end) for one in people]
            end.wait(SECONDS)
            end.set()
            print(disturbing.result(), [one.result() for one in wandering])
        until(lambda: not still_open(product), 30, "the end of everything")
        for one in people:
            one.come_home()
        accepted = {ask_id: turn for one in people for ask_id, turn in one.accepted.items()}
        sights = [sights for one in people for sights in one.sights]
        told = History.collect(product, claude.settled_journal(), sights, accepted)
        print(f"{len(told.turns)} turns, {len(told.journal)} requests, {sum(map(len, sights))} sights")
        complaints = history.complaints(told)
        assert not complaints, "\n".join(complaints)
        assert "Traceback" not in product.logs
