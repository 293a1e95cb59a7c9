"""The end of a soak: everything is healed, everybody comes home, and every promise is held against what is known."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psycopg

from chatapp.rendering import words
from tests import history
from tests.history import History
from tests.measuring import scrape
from tests.patience import until
from tests.people import Person
from tests.promises.books import verify
from tests.promises.wreckage import still_open
from tests.soak.ground import LIMITS, Ground
from tests.soak.wanderer import CANARY, Wanderer
from tests.web import Web

LOOK_EVERY_SECONDS = 2.0
# R10 says 30 s, of a machine that has time.
ENDS_WITHIN_SECONDS = 90
SUBJECTS = {"conversation": "conversation_id", "user": "user_id", "site": "1"}
NOTHING_LEFT = (
    *("chatapp_turns_running", "chatapp_turns_under_way", "chatapp_holds_open", "chatapp_held_nanodollars"),
    *("chatapp_claude_requests_open", "chatapp_claude_requests_waiting", "chatapp_sockets_open"),
)
# What is logged with its stack when a store is away, and nothing else may be.
EXPECTED = re.compile(
    r"django\.db\.utils\.(OperationalError|InterfaceError)|psycopg(_pool)?\.[\w.]+|redis\.exceptions\.\w+|sqlite3\.\w+"
    r"|TimeoutError|ConnectionError|ConnectionResetError"
)

# Where an error of whatever kind has nobody who takes care of it.
UNHANDLED = ("Task exception was never retrieved", "Exception inside application")


def watch_the_limits(ground: Ground, end: threading.Event) -> int:
    """B1 in one state after the other: spent and held are never more than any limit; how often that was seen."""
    looks = 0
    while not end.wait(LOOK_EVERY_SECONDS):
        with suppress(psycopg.Error, sqlite3.Error):
            for scope in LIMITS:
                for found in _beyond(ground, scope):
                    ground.complain(found)
            looks += 1
    return looks


def _beyond(ground: Ground, scope: str) -> list[str]:
    rows = "SELECT {0} AS subject, nanodollars FROM chatapp_entry UNION ALL "
    rows += "SELECT {0}, nanodollars FROM chatapp_hold WHERE state = 'open'"
    sql = (
        f"SELECT subject, sum(nanodollars) FROM ({rows.format(SUBJECTS[scope])}) used GROUP BY subject "
        "HAVING sum(nanodollars) > (SELECT limit_nanodollars FROM chatapp_budget WHERE scope = ?)"
    )
    return [f"B1: {scope} {subject} has {used} spent and held" for subject, used in ground.product.rows(sql, scope)]


def heal(ground: Ground) -> None:
    """All stores answer, Claude answers, and as many processes serve as there should be."""
    ground.steer(lambda claude: claude.call("DELETE", "/simulator/faults"))
    for web in ground.alive:
        web.signal(signal.SIGCONT)
    until(lambda: _reachable(ground), 60, "a database")
    while len(ground.alive) < ground.size:
        ground.start()
    ground.grant(100)
    for web in ground.alive:
        until(lambda web=web: _is_ready(ground, web), 90, f"readiness of {web.port}")  # type: ignore[misc]


def _reachable(ground: Ground) -> bool:
    with suppress(psycopg.Error, sqlite3.Error):
        return bool(ground.product.rows("SELECT 1"))
    return False


def _is_ready(ground: Ground, web: Web) -> bool:
    with suppress(OSError):
        return Person(ground.product, 0, web=web).get("/readyz").status == 200
    return False


def come_home(ground: Ground, people: Sequence[Wanderer]) -> float:
    """Everything ends, every page converges, and whoever asks now is answered; how long the ends took."""
    began = time.monotonic()
    until(lambda: not still_open(ground.product), ENDS_WITHIN_SECONDS, "the end of everything")
    took = time.monotonic() - began
    _cancel_what_waits(ground, people)
    for one in people:
        for tab in one.tabs:
            tab.cut()
            tab.connect()
    with ThreadPoolExecutor(len(people)) as crowd:
        list(crowd.map(lambda one: one.come_home(), people))
        list(crowd.map(_asks_on, people))
    until(lambda: not still_open(ground.product), ENDS_WITHIN_SECONDS, "the end of what was asked last")
    with ThreadPoolExecutor(2) as crowd:
        list(crowd.map(lambda one: one.read_all(), people))
    return took


def _cancel_what_waits(ground: Ground, people: Sequence[Wanderer]) -> None:
    waiting = {row[0] for row in ground.product.rows("SELECT id FROM chatapp_turn WHERE ended_at IS NULL")}
    for one in people:
        for asked in {asked for asked in one.asked if asked.turn in waiting}:
            one.person.act(asked, "stop")
    until(lambda: not ground.product.rows("SELECT 1 FROM chatapp_turn WHERE ended_at IS NULL"), 20, "nobody waiting")


def _asks_on(one: Wanderer) -> None:
    asked = one.person.begin(f"And now, {one.word}? [[tokens:5]]")
    assert one.person.final(asked)["state"] == "answered"
    one.conversations.add(asked.conversation)


def complaints(ground: Ground, people: Sequence[Wanderer]) -> Iterator[str]:
    """Everything that cannot be."""
    yield from ground.wrong
    accepted = {ask_id: turn for one in people for ask_id, turn in one.accepted.items()}
    sights = [sights for one in people for sights in one.sights]
    told = History.collect(ground.product, ground.claude.settled_journal(), sights, accepted)
    print(f"{len(told.turns)} turns, {len(told.journal)} requests, {len(accepted)} accepted, {len(sights)} pages")
    print("endings:", dict(Counter(row["state"] for row in told.turns.values())))
    print("attempts:", dict(Counter(row["outcome"] for row in told.attempts)))
    yield from history.complaints(told)
    yield from _other_questions(told, people)
    yield from _refused_requests(told)
    if not (verdict := verify(ground.product))["ok"]:
        yield f"ledger verify: {json.dumps(verdict)}"
    yield from _lines(ground)
    yield from _figures(ground)


def _other_questions(told: History, people: Sequence[Wanderer]) -> Iterator[str]:
    for one in people:
        for turn, question in one.questions.items():
            if turn not in told.turns or told.turns[turn]["question"] != words.clean(question).strip():
                yield f"R1: turn {turn} of person {one.number} is not what was asked"


def _refused_requests(told: History) -> Iterator[str]:
    """R9: whatever came before, Claude finds no fault with what it is sent."""
    for request in told.journal:
        if request["status"] in (400, 413) and not request["fault"]:
            yield f"R9: Claude refused {request['id']} with {request['status']}"


def _lines(ground: Ground) -> Iterator[str]:
    """Nobody's words, and no error but those of the stores that were taken away."""
    kinds: Counter[str] = Counter()
    for web in ground.product.webs:
        log = web.log.read_text()
        if found := set(CANARY.findall(log)):
            yield f"the log of {web.log.name} has {found} in it"
        for line in log.splitlines():
            if '"stack":' in line:
                told = json.loads(line)
                last = told["stack"].splitlines()[-1]
                kinds[f"{told['message'].split(':')[0][:60]} <- {last.split(':')[0]}"] += 1
                if not EXPECTED.match(last) or told["message"].startswith(UNHANDLED):
                    yield f"{web.log.name}: {told['time']} {told['message']}\n{told['stack']}"
            elif line.startswith("Traceback"):
                yield f"{web.log.name} has a bare traceback: …{log[log.index('Traceback') :][:2000]}"
                break
    for kind, number in kinds.most_common():
        print(f"logged {number} times: {kind}")


def _figures(ground: Ground) -> Iterator[str]:
    """What the processes say of themselves once nothing runs any more."""
    for web in ground.alive:
        print(f"process {web.port}: {web.resident_bytes // 1_000_000} MB, {web.sockets} sockets")
        with suppress(AssertionError):
            # A page that was closed just now is noticed soon.
            until(lambda web=web: not _left(web), 20)  # type: ignore[misc]
        for name, value in _left(web).items():
            yield f"process {web.port} says {name} {value}"


def _left(web: Web) -> dict[str, float]:
    said = scrape(web)
    return {name: value for name in NOTHING_LEFT if (value := sum(said.of(name).values()))}
