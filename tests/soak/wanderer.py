"""One of the people of a soak: asks, stops, edits, reads through any process, leaves, comes back, pries."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from uuid import uuid4

import psycopg

from tests.page_model import Sight
from tests.patience import until
from tests.people import Answer, Asked, Person
from tests.promises.texts import LOOKS_LIKE, say
from tests.soak.ground import Ground
from tests.soak.roaming import Roaming, thinned
from tests.tabs import SERVER_AWAY, Tab

CANARY = re.compile(r"canary[a-z]{12}")
MOST_TABS = 3
# Somewhere a form is taken again within this time, however many processes fall and whatever else the machine does.
LONGEST_SECONDS = 600
FAULTS = (
    *("cut", "reset", "half_event", "clean_end", "error_event", "overloaded", "rate_limited", "api_error", "closed"),
    *("truncated", "refusal_midway", "empty_answer", "silence_midway", "silence_before_headers", "broken_json"),
    *("slow pace=40", "missing_event event=message_delta", "usage_missing", "usage_absurd", "doubled_event", "crlf"),
    *("cut times=1", "overloaded times=1", "silence_after_headers times=1", "pings_forever every=0.5"),
)


@dataclass
class Wanderer:
    """With a mind of their own, and a word by which everything of theirs is recognised."""

    ground: Ground
    number: int
    crowd: Sequence[Wanderer]
    asked: list[Asked] = field(default_factory=list)
    # By ask_id: the turn, and the question where it is this form's own.
    accepted: dict[str, int] = field(default_factory=dict)
    questions: dict[int, str] = field(default_factory=dict)
    conversations: set[str] = field(default_factory=set)
    tabs: list[Roaming] = field(default_factory=list)
    sights: list[list[Sight]] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = self.ground.dice(f"person {self.number}")
        self.word = "canary" + "".join(self.dice.choices("abcdefghijklmnopqrstuvwxyz", k=12))

    def wander(self, end: threading.Event) -> None:
        acts = [*3 * (self.begin, self.ask, self.look), *2 * (self.stop, self.turn_away, self.blink)]
        acts += (self.ask_twice, self.again, self.edit, self.go_on, self.later, self.reload, self.pry)
        while not end.wait(self.dice.uniform(0.2, 2.5)):
            act = self.dice.choice(acts)
            self.did[act.__name__] += 1
            act()

    def begin(self) -> None:
        self._send("/c/", self._question())

    def ask(self) -> None:
        if one := self._one():
            self._send(f"/c/{one.conversation}/turns/", self._question())

    def ask_twice(self) -> None:
        """The same form, at two doors at the same time: a proxy may do so, and an impatient hand."""
        one = self._one()
        quiet = one is not None and self._is_quiet(one.conversation)
        path = f"/c/{one.conversation}/turns/" if one and quiet else "/c/"
        question, ask_id = self._question(), str(uuid4())
        with ThreadPoolExecutor(2) as hands:
            twice = [hands.submit(self._send, path, question, ask_id) for _ in range(2)]
        told = {hand.result() for hand in twice}
        turns = {one for one in told if isinstance(one, int)}
        # Where nothing else runs, a form that is accepted is not refused because of itself.
        if len(turns) > 1 or (turns and "running" in told):
            self.ground.complain(f"one form was told {told} at {path}")

    def stop(self) -> None:
        if one := self._one():
            self._insist(f"/c/{one.conversation}/turns/{one.turn}/stop/", {})

    def again(self) -> None:
        if one := self._one():
            self._send(f"/c/{one.conversation}/turns/{one.turn}/retry/")

    def later(self) -> None:
        if one := self._one():
            self._send(f"/c/{one.conversation}/turns/{one.turn}/later/")

    def edit(self) -> None:
        if one := self._one():
            self._send(f"/c/{one.conversation}/turns/{one.turn}/edit/", self._question())

    def go_on(self) -> None:
        if one := self._one():
            self._send(f"/c/{one.conversation}/turns/{one.turn}/continue/")

    def look(self) -> None:
        if (one := self._one()) and len(self.tabs) < MOST_TABS:
            with _server_away(), suppress(AssertionError):
                # A page that could not be drawn just now is no page.
                self.tabs.append(Roaming(self.ground, self.dice, self.person, one.conversation))

    def turn_away(self) -> None:
        if self.tabs:
            self._put_away(self.tabs.pop(self.dice.randrange(len(self.tabs))))

    def blink(self) -> None:
        if self.tabs:
            tab = self.dice.choice(self.tabs)
            tab.cut()
            tab.connect()

    def reload(self) -> None:
        if one := self._one():
            with _server_away():
                self._heard(self._somewhere().get(self.dice.choice(("/", f"/c/{one.conversation}/"))))

    def pry(self) -> None:
        """What somebody else asked is not there."""
        other = self.dice.choice(self.crowd)
        if other is not self and (one := other._one()):
            place = f"/c/{one.conversation}/"
            for path in (place, f"{place}export.json"):
                with _server_away():
                    self._not_there(self._somewhere().get(path), path)
            with _server_away():
                self._not_there(self._somewhere().post(f"{place}turns/{one.turn}/stop/"), "a stranger's stop")

    @property
    def person(self) -> Person:
        return Person(self.ground.product, self.number)

    def come_home(self) -> None:
        for tab in self.tabs:
            tab.converges(20)
        for tab in self.tabs:
            self._put_away(tab)
        self.tabs.clear()

    def read_all(self) -> None:
        for conversation in sorted(self.conversations):
            self._heard(self.person.get(f"/c/{conversation}/export.json"))

    def _put_away(self, tab: Tab) -> None:
        tab.close()
        tab.check()
        self.sights.append(list(thinned(tab.page.sights)))
        self._own("".join(frame for _, frame in tab.frames), "a page")

    def _one(self) -> Asked | None:
        return self.dice.choice(self.asked[-4:]) if self.asked else None

    def _is_quiet(self, conversation: str) -> bool:
        with suppress(psycopg.Error):
            sql = "SELECT 1 FROM chatapp_turn WHERE conversation_id = ? AND ended_at IS NULL"
            return not self.ground.product.rows(sql, conversation.replace("-", ""))
        return False

    def _somewhere(self) -> Person:
        return Person(self.ground.product, self.number, web=self.ground.somewhere(self.dice))

    def _question(self) -> str:
        words = f"Number {self.dice.randrange(10**9)} of {self.word}? "
        how = self.dice.random()
        if how < 0.8:
            words += say(f"{self.word} " * self.dice.randint(1, 40))
        elif how < 0.9:
            words += say(self.dice.choice(list(LOOKS_LIKE.values())))
        else:
            words += f"[[tokens:{self.dice.randint(2, 12)}]]"
        words += f" [[pace:{self.dice.choice((5, 20, 60, 0))}]]"
        return f"{words} [[fault:{self.dice.choice(FAULTS)}]]" if self.dice.random() < 0.3 else words

    def _send(self, path: str, question: str = "", ask_id: str = "") -> int | str:
        """The turn, or the reason why there is none."""
        ask_id = ask_id or str(uuid4())
        answer = self._insist(path, {"question": question, "ask_id": ask_id})
        assert answer.status in (200, 402, 409, 429), answer.text
        if answer.status != 200:
            self.did[answer.json["error"]] += 1
            return str(answer.json["error"])
        turn = int(answer.json["turn"])
        self.accepted[ask_id] = turn
        if question:
            self.questions[turn] = question
        self.conversations.add(answer.json["conversation"])
        self.asked.append(Asked(answer.json["conversation"], turn))
        return turn

    def _insist(self, path: str, form: dict[str, str]) -> Answer:
        """Send the same form until it is answered, as a page does whose server is away."""
        answers: list[Answer] = []
        began = time.monotonic()

        def send() -> bool:
            with _server_away():
                answer = self._somewhere().post(path, form)
                if answer.status >= 500:
                    self.did[f"{answer.status}"] += 1
                    if answer.status != 503:
                        self.ground.complain(f"{path} was answered with {answer.status}")
                    time.sleep(0.2)
                else:
                    self._heard(answer)
                    answers.append(answer)
            return bool(answers)

        until(send, LONGEST_SECONDS, f"an answer to {path}")
        self.waits.append(time.monotonic() - began)
        return answers[0]

    def _heard(self, answer: Answer) -> None:
        self._own(answer.text, "an answer")

    def _own(self, text: str, where: str) -> None:
        if strange := set(CANARY.findall(text)) - {self.word}:
            self.ground.complain(f"person {self.number} was shown {strange} in {where}")

    def _not_there(self, answer: Answer, what: str) -> None:
        self._heard(answer)
        if answer.status < 500 and answer.status != 404:
            self.ground.complain(f"{what} was answered with {answer.status}")


@contextmanager
def _server_away() -> Iterator[None]:
    try:
        yield
    except (*SERVER_AWAY, http.client.HTTPException):
        time.sleep(0.1)
