"""R14 for a whole site: its processes are started anew one after the other while people read."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from uuid import uuid4

import psycopg
import pytest

from tests import history, stores
from tests.history import History
from tests.page_model import FINAL
from tests.patience import until
from tests.people import Answer, Person
from tests.product_on_postgresql import OnPostgreSQL
from tests.promises.test_r14_draining import last_words
from tests.promises.wreckage import still_open
from tests.proxy import Proxy, proxy
from tests.stand_in import StandIn, standing_in
from tests.tabs import Tab, knock

pytestmark = [pytest.mark.slow, pytest.mark.redis, pytest.mark.postgresql, pytest.mark.proxy]

WEBS = 3
STREAMS = 12
READERS = 2


@pytest.fixture(scope="module")
def claude() -> Iterator[StandIn]:
    """One of its own, whose journal has all that this product has asked, and no last request of another one."""
    with standing_in() as claude:
        yield claude


@pytest.fixture(scope="module")
def product(postgresql: str, claude: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnPostgreSQL]:
    with ExitStack() as stack:
        settings = {"REDIS_URL": stack.enter_context(stores.redis())}
        folder = tmp_path_factory.mktemp("rolling")
        product = OnPostgreSQL(claude.url, folder, settings, ("--proxy-headers",), server=postgresql)
        yield stack.enter_context(closing(product))


@pytest.fixture(scope="module")
def front(product: OnPostgreSQL) -> Iterator[Proxy]:
    for _ in range(WEBS):
        product.launch()
    with proxy(*(web.ready().port for web in product.webs)) as front:
        yield front


def test_a_rolling_restart_under_running_answers_loses_and_doubles_nothing(
    product: OnPostgreSQL, front: Proxy, claude: StandIn
) -> None:
    people = [Person(product, number, front=front.port) for number in range(STREAMS)]
    first = [person.begin(f"Before, {uuid4()}. [[tokens:5]]") for person in people]
    tabs = [
        [Tab(person, asked.conversation) for _ in range(READERS)] for person, asked in zip(people, first, strict=True)
    ]
    over = threading.Event()
    with ThreadPoolExecutor(STREAMS) as crowd:
        asking = [crowd.submit(_ask_on, person, own, over) for person, own in zip(people, tabs, strict=True)]
        try:
            until(lambda: all(any(sight.state == "streaming" for sight in own[0].page.latest) for own in tabs), 60)
            for web in product.webs:
                web.signal(signal.SIGTERM)
                web.dies(60)
                web.launch_again()
                web.ready()
        finally:
            over.set()
        accepted = {ask_id: turn for one in asking for ask_id, turn in one.result().items()}
    until(lambda: not still_open(product), 30, "the end of everything")
    for tab in [tab for own in tabs for tab in own]:
        # Each process has hung up on all who listened to it.
        assert tab.connections >= 2
        tab.until(lambda page: all(sight.state == "answered" for sight in page.latest), 20, "the end on the page")
        tab.converges(20)
        tab.close()
    told = History.collect(
        product, claude.settled_journal(), [tab.page.sights for own in tabs for tab in own], accepted
    )
    complaints = history.complaints(told)
    assert not complaints, "\n".join(complaints)
    assert {turn["state"] for turn in told.turns.values()} == {"answered"}
    # A text that could not be kept in time is told with its reason, and kept with the next beat.
    assert "Exception inside application" not in product.logs
    assert "never retrieved" not in product.logs


def test_who_is_being_let_in_as_the_process_leaves_is_asked_to_come_back(product: OnPostgreSQL, front: Proxy) -> None:
    person = Person(product, STREAMS, web=product.start())
    leaving = product.webs.pop()
    person.web = leaving
    asked = person.begin("Hello.")
    person.final(asked)
    with psycopg.connect(product.env["DATABASE_URL"]) as connection:
        # It cannot see yet who knocks.
        connection.execute("LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE")
        socket = knock(person, asked.conversation)
        # A page that hears nothing would come again, and again.
        assert socket.recv(timeout=15) == '{"beat":1}'
        leaving.signal(signal.SIGTERM)
        until(lambda: person.get("/readyz").status == 503, what="red")
    assert last_words(socket)[1] == 1012
    leaving.dies(20)


def _ask_on(person: Person, tabs: list[Tab], over: threading.Event) -> dict[str, int]:
    """Ask again as soon as everybody has seen the end."""
    accepted = {}
    while not over.is_set():
        ask_id = str(uuid4())
        accepted[ask_id] = turn = _insist(person, tabs[0].conversation, ask_id)
        for tab in tabs:
            tab.until_state(turn, *FINAL, seconds=60)
    return accepted


def _insist(person: Person, conversation: str, ask_id: str) -> int:
    """Sent until it is taken, as the page does where somebody is restarting."""
    question = f"And this, {ask_id}? [[pace:12]] [[tokens:40]] [[think:0]]"

    def send() -> Answer | None:
        answer = person.try_to_ask(conversation, question, ask_id)
        return answer if answer.status != 503 else None

    answer = until(send, 60, "somebody who takes it")
    assert answer.status == 200, answer.text
    return int(answer.json["turn"])
