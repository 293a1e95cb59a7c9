"""The money seen from outside: the rows, what Claude would bill, and a crowd that spends it."""

from __future__ import annotations

import http.client
import json
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests import history
from tests.people import Asked, Person
from tests.product import Product
from tests.stand_in import StandIn
from tests.tabs import SERVER_AWAY
from tests.web import Web

DOLLAR = 1_000_000_000
QUICK_LEASES = {"CHATAPP_LEASE_SECONDS": "2", "CHATAPP_DEADLINE_SILENCE": "3", "CHATAPP_DEADLINE_FIRST_EVENT": "3"}
SPENT = "(SELECT coalesce(sum(nanodollars), 0) FROM chatapp_entry)"
HELD = "(SELECT coalesce(sum(nanodollars), 0) FROM chatapp_hold WHERE state = 'open')"


def limit(product: Product, scope: str, dollars: float) -> int:
    """Set everybody's limit of a scope; in nano-dollars."""
    nanodollars = int(dollars * DOLLAR)
    product.change("UPDATE chatapp_budget SET limit_nanodollars = ? WHERE scope = ?", nanodollars, scope)
    return nanodollars


def verify(product: Product) -> Any:
    """What `ledger verify` says; it fails if anything differs."""
    return json.loads(product.manage("ledger", "verify", "--json"))


def booked(product: Product) -> int:
    return int(product.rows(f"SELECT {SPENT}")[0][0])


def used(product: Product) -> int:
    """Spent and held, at one moment."""
    return int(product.rows(f"SELECT {SPENT} + {HELD}")[0][0])


def messages(claude: StandIn) -> list[dict[str, Any]]:
    """The requests for an answer or a title that reached Claude; counting tokens is free."""
    return [one for one in claude.settled_journal() if one["path"] == "/v1/messages"]


def billed(requests: Sequence[dict[str, Any]]) -> Counter[str]:
    """What Claude has each turn cost, by correlation id."""
    costs: Counter[str] = Counter()
    for request in requests:
        costs[request["correlation_id"]] += history.cost_of(request)
    return costs


def covered(product: Product) -> Counter[str]:
    """What is spent or held for each turn."""
    sql = (
        "SELECT correlation_id, sum(nanodollars) FROM (SELECT correlation_id, nanodollars FROM chatapp_entry "
        "UNION ALL SELECT correlation_id, nanodollars FROM chatapp_hold WHERE state = 'open') covered GROUP BY 1"
    )
    return Counter(dict(product.rows(sql)))


def uncovered(product: Product, claude: StandIn) -> dict[str, tuple[int, int]]:
    """The turns of which Claude bills more than is spent and held."""
    there = covered(product)
    return {turn: (cost, there[turn]) for turn, cost in billed(messages(claude)).items() if cost > there[turn]}


@contextmanager
def watched(product: Product) -> Iterator[list[int]]:
    """The most that was ever spent and held together, looked at all the time."""
    most, end = [0], threading.Event()

    def watch() -> None:
        while not end.wait(0.01):
            most[0] = max(most[0], used(product))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        end.set()
        watcher.join()


@dataclass
class Crowd:
    """Many questions at once, some of which are stopped, while processes are killed."""

    product: Product
    people: Sequence[Person]
    ask: Callable[[Person, str], Any]
    seed: int
    statuses: Counter[int] = field(default_factory=Counter)
    asked: list[Asked] = field(default_factory=list)

    def run(self, questions: int, kills: int) -> None:
        with ThreadPoolExecutor(26) as crowd:
            killing = crowd.submit(self._kill, kills)
            list(crowd.map(self._question, range(questions)))
            killing.result()
        # Where most came upon an answer that was running, the limit may not be reached yet.
        for number in range(questions, 3 * questions):
            if self.statuses[402]:
                break
            self._question(number)

    def _question(self, number: int) -> None:
        dice = random.Random(self.seed * 1000 + number)
        fault = dice.choice(
            ("", "", "", "[[fault:cut]]", "[[fault:reset]]", "[[fault:overloaded]]", "[[fault:api_error]]")
        )
        words = f"Number {number}? [[tokens:{dice.randint(5, 60)}]] [[pace:{dice.choice((50, 200))}]] {fault}"
        for _ in range(6):
            person = self._somewhere(dice)
            with suppress(*SERVER_AWAY, http.client.HTTPException):
                answer = self.ask(person, words)
                self.statuses[answer.status] += 1
                if answer.status == 200:
                    asked = Asked(answer.json["conversation"], answer.json["turn"])
                    self.asked.append(asked)
                    self._perhaps_stop(person, asked, dice)
                if answer.status in (200, 402):
                    return
            time.sleep(dice.random())

    def _perhaps_stop(self, person: Person, asked: Asked, dice: random.Random) -> None:
        if dice.random() < 0.3:
            time.sleep(dice.random() / 2)
            person.act(asked, "stop")

    def _somewhere(self, dice: random.Random) -> Person:
        person = dice.choice(self.people)
        return Person(person.product, person.number, web=dice.choice(self._alive))

    @property
    def _alive(self) -> list[Web]:
        return [web for web in self.product.webs if web.process.poll() is None] or self.product.webs[-1:]

    def _kill(self, times: int) -> None:
        for _ in range(times):
            time.sleep(1.5)
            victim = self._alive[0]
            fresh = self.product.launch()
            victim.signal(signal.SIGKILL)
            # Also while they run and fall, for every other question.
            assert verify(self.product)["ok"]
            fresh.ready()
