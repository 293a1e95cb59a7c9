"""No word, name, key or password of anybody is in a log, whatever goes wrong; and every question's way is."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.files import samples
from tests.patience import until
from tests.people import Answer, Asked, Person
from tests.product import Product
from tests.promises.faults import FAULTS
from tests.promises.rehearsal import DEADLINES
from tests.promises.test_attached import upload
from tests.promises.texts import say
from tests.stand_in import StandIn, standing_in
from tests.tabs import Tab

pytestmark = pytest.mark.slow

FORMS = ("json", "lines")


def canary(kind: str) -> str:
    return f"canary{kind}{secrets.token_hex(8)}"


@dataclass
class Flock:
    """What nobody may find in a log."""

    question: str = field(default_factory=lambda: canary("question"))
    answer: str = field(default_factory=lambda: canary("answer"))
    title: str = field(default_factory=lambda: canary("title"))
    file: str = field(default_factory=lambda: canary("file"))
    key: str = field(default_factory=lambda: f"sk-ant-{canary('key')}")
    password: str = field(default_factory=lambda: canary("password"))
    invitation: str = field(default_factory=lambda: canary("invitation"))
    sessions: tuple[str, ...] = ()

    def seen_in(self, text: str) -> list[str]:
        words = {**vars(self), **{f"session{n}": key for n, key in enumerate(self.sessions)}}
        return [kind for kind, word in words.items() if isinstance(word, str) and word in text]


@dataclass
class Scene:
    product: Product
    claude: StandIn
    flock: Flock
    asked: list[Asked]

    @property
    def told(self) -> list[dict[str, Any]]:
        """The facts, where they are written for machines."""
        lines = [line for line in self.product.logs.splitlines() if line.startswith("{")]
        return [one for one in map(json.loads, lines) if one["event"] not in ("message", "request")]


def meet_everything(product: Product, claude: StandIn, form: str) -> Scene:
    """Every fault of Claude's end, a database that refuses, a process that is killed, and people at every door."""
    flock = Flock(sessions=tuple(product.sessions.values()))
    # A real key, as far as this process knows.
    settings = {**DEADLINES, "CHATAPP_LOGS": form, "CHATAPP_SIMULATED": "0", "ANTHROPIC_API_KEY": flock.key}
    product.settings |= settings
    product.start()
    faults = [fault for fault in FAULTS if not fault.heavy][:: 1 if form == "json" else 5]
    with ThreadPoolExecutor(6) as crowd:
        asked = list(crowd.map(lambda one: meet(product, one[0], one[1].wish, flock), enumerate(faults)))
    person = Person(product)
    asked.append(stroll(person, flock))
    refuse(product, person, flock)
    asked.append(vanish(product, person, flock))
    return Scene(product, claude, flock, asked)


def meet(product: Product, number: int, fault: str, flock: Flock) -> Asked:
    person = Person(product, number % 20)
    question = f"{flock.question} {say(f'{flock.answer} ' * 20)} [[fault:{fault}]]"
    # A busy machine may keep SQLite's one pen for longer than anybody waits; then people send it again.
    answer = until(lambda: ready(person.try_to_begin(question)), 60, "a question that is kept")
    asked = Asked(answer.json["conversation"], answer.json["turn"])
    person.final(asked, 90)
    return asked


def ready(answer: Answer) -> Answer | None:
    return answer if answer.status == 200 else None


def stroll(person: Person, flock: Flock) -> Asked:
    """A page, a file, a title, doors that turn somebody away, a socket that is cut and comes back."""
    _, said = upload(person, samples.PNG, f"{flock.file}.png")
    upload(person, b"PK\x03\x04" + bytes(99), f"{flock.file}.zip")
    form = {"question": f"{flock.question} {say(flock.answer * 40)}[[pace:50]]", "ask_id": "no uuid"}
    assert person.post("/c/", form).status == 400
    form |= {"ask_id": "c0ffee00-0000-4000-8000-000000000000", "attachments": said["key"]}
    answer = person.post("/c/", form)
    assert answer.status == 200, answer.text
    asked = Asked(answer.json["conversation"], answer.json["turn"])
    with contextlib.closing(Tab(person, asked.conversation)) as tab:
        # Whoever has gone before he was let in was never there.
        until(lambda: "socket_joined" in person.product.logs, 20, "what is written of coming in")
        tab.cut()
        tab.connect()
        tab.until(lambda page: page.state(asked.turn) == "streaming")
        person.act(asked, "stop")
        person.final(asked)
    person.post(f"/c/{asked.conversation}/rename/", {"title": flock.title})
    person.get(f"/?q={flock.question}")
    person.get(f"/c/{asked.conversation}/export.json?title={flock.title}")
    person.get(f"/accounts/signup/{flock.invitation}/")
    person.request("POST", "/accounts/login/", {"username": flock.question, "password": flock.password})
    person.request("POST", "/c/", {"question": flock.question}, {"X-CSRFToken": flock.password})
    person.request("GET", "/", headers={"Cookie": f"sessionid={flock.password}"})
    return asked


def refuse(product: Product, person: Person, flock: Flock) -> None:
    """The database says no, in the middle of an answer and to a new question; its words are somebody's."""
    asked = person.begin(f"{flock.question} {say(f'{flock.answer} ' * 40)}[[pace:60]]")
    person.sees(asked, "streaming")
    with product.refusing_answers():
        until(lambda: "could not be closed" in product.logs, 30, "an end that cannot be kept")
    product.change("ALTER TABLE chatapp_counter RENAME TO chatapp_hidden")
    assert person.try_to_begin(flock.question).status >= 500
    product.change("ALTER TABLE chatapp_hidden RENAME TO chatapp_counter")
    person.final(asked, 60)


def vanish(product: Product, person: Person, flock: Flock) -> Asked:
    """A process dies, and another one takes its question over."""
    asked = person.begin(f"{flock.question} {say(f'{flock.answer} ' * 30)}[[fault:silence_before_headers]]")
    # What is told in its last blink dies with a process.
    until(lambda: product.web.log.read_text().count(asked.conversation) >= 4, 20, "what is written of the question")
    product.web.kill()
    product.start(CHATAPP_LEASE_SECONDS="1")
    person.final(asked, 60)
    return asked


@pytest.fixture(scope="module", params=FORMS)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    with standing_in() as claude, contextlib.closing(Product(claude.url, folder)) as product:
        scene = meet_everything(product, claude, request.param)
        until(lambda: product.logs.count("socket_left") >= 2, 30, "what is written of the sockets")
        yield scene


def test_nothing_of_anybody_is_in_a_log(scene: Scene) -> None:
    rows = json.dumps([scene.product.records(table) for table in ("turn", "conversation", "attachment")], default=str)
    assert set(scene.flock.seen_in(rows)) == {"question", "answer", "title", "file"}
    assert "could not be closed" in scene.product.logs
    assert "Traceback" in scene.product.logs
    assert scene.flock.seen_in(scene.product.logs) == []


@pytest.mark.parametrize("scene", ["json"], indirect=True)
def test_every_question_can_be_followed_from_the_form_to_the_ledger(scene: Scene) -> None:
    by_question = defaultdict(list)
    for fact in scene.told:
        by_question[fact.get("correlation_id")].append(fact)
    journal = {entry["correlation_id"] for entry in scene.claude.journal()}
    for asked in scene.asked:
        ((name,),) = scene.product.rows("SELECT correlation_id FROM chatapp_turn WHERE id = ?", asked.turn)
        facts = by_question[name]
        events = [fact["event"] for fact in facts]
        for event in ("accepted", "held", "settled", "ended"):
            assert event in events, (asked, events)
        assert {fact["turn"] for fact in facts if "turn" in fact} == {asked.turn}
        (end,) = [fact for fact in facts if fact["event"] == "ended"]
        assert (end["outcome"],) == scene.product.rows("SELECT state FROM chatapp_turn WHERE id = ?", asked.turn)[0]
        charged = sum(fact["nanodollars"] for fact in facts if fact["event"] == "settled")
        booked = scene.product.rows("SELECT sum(nanodollars) FROM chatapp_entry WHERE correlation_id = ?", name)
        assert charged == (booked[0][0] or 0)
        attempts = {fact["attempt"]: fact.get("request_id", "") for fact in facts if fact["event"] == "settled"}
        rows = scene.product.rows("SELECT id, request_id FROM chatapp_attempt WHERE turn_id = ?", asked.turn)
        assert dict(rows) == attempts
        assert name in journal or not any(request_id for _, request_id in rows)


@pytest.mark.parametrize("scene", ["json"], indirect=True)
def test_the_sockets_and_the_forms_are_part_of_it(scene: Scene) -> None:
    kinds = {fact["event"] for fact in scene.told}
    assert kinds >= {"posted", "sent", "first_word", "retried", "taken_over", "socket_joined", "socket_resumed"}
    assert {400, 200} <= {fact["status"] for fact in scene.told if fact["event"] == "posted"}
    watched = [fact for fact in scene.told if fact["event"] == "socket_resumed"]
    stopped = [fact for fact in scene.told if fact["event"] == "ended" and fact["outcome"] == "stopped"]
    assert {fact["correlation_id"] for fact in watched} <= {fact["correlation_id"] for fact in stopped}
    left = [fact for fact in scene.told if fact["event"] == "socket_left"]
    assert all(fact["milliseconds"] >= 0 and len(fact["socket"]) == 8 for fact in left)


@pytest.mark.parametrize("scene", ["json"], indirect=True)
def test_no_fact_is_told_for_every_word(scene: Scene) -> None:
    assert len(scene.told) < 20 * len(scene.asked)


@pytest.mark.parametrize("scene", ["json"], indirect=True)
def test_every_line_is_json_once_the_process_runs(scene: Scene) -> None:
    odd = [line for line in scene.product.logs.splitlines() if not line.startswith('{"level"')]
    assert all("daphne" in line.lower() for line in odd), odd[:5]
    asked = [json.loads(line) for line in scene.product.logs.splitlines() if '"event":"request"' in line]
    assert {"GET", "POST", "WSCONNECTED"} <= {one["method"] for one in asked}
    assert not [one for one in asked if "?" in one["path"]]
