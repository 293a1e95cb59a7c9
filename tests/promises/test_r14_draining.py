"""R14, seen from outside: who leaves says so first, sends people on in good order, and disturbs no reader."""

from __future__ import annotations

import signal
import time
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from tests.measuring import scrape
from tests.patience import until
from tests.people import Person
from tests.product import Product
from tests.tabs import knock

pytestmark = pytest.mark.slow

LONG = "A long one. [[pace:25]] [[tokens:80]]"


def test_who_leaves_is_not_ready_refuses_kindly_and_finishes(product: Product) -> None:
    web = product.start(CHATAPP_GRACE="20")
    person = Person(product)
    asked = person.begin(LONG)
    person.sees(asked, "streaming")
    web.signal(signal.SIGTERM)
    until(lambda: person.get("/readyz").status == 503, what="red")
    assert scrape(web)["chatapp_leaving",] == 1
    refusal = person.try_to_begin("One more?")
    assert (refusal.status, refusal.json["error"], refusal.headers["retry-after"]) == (503, "restarting", "2")
    assert person.get("/healthz").status == 200
    # Without a proxy there is nobody else to show it.
    assert person.get(f"/c/{asked.conversation}/").status == 200
    assert person.get(f"/c/{asked.conversation}/", {"X-Forwarded-For": "203.0.113.7"}).status == 503
    assert person.state(asked) == "streaming"
    web.dies(20)
    assert person.state(asked) == "answered"


def test_who_reads_what_another_process_writes_is_sent_on_before_the_last_moment(product: Product) -> None:
    leaving, staying = (product.launch(CHATAPP_GRACE="30") for _ in range(2))
    here, there = Person(product, 0, web=leaving.ready()), Person(product, 1, web=staying.ready())
    mine, theirs = (person.begin("A very long one. [[pace:25]] [[tokens:300]]") for person in (here, there))
    for person, asked in ((here, mine), (there, theirs)):
        person.sees(asked, "streaming")
    reader = knock(Person(product, 1, web=leaving), theirs.conversation)
    until(lambda: scrape(leaving)["chatapp_sockets_open",] == 1, what="the reader")
    leaving.signal(signal.SIGTERM)
    assert last_words(reader)[1] == 1012
    assert (here.state(mine), there.state(theirs)) == ("streaming", "streaming")
    here.act(mine, "stop")
    leaving.dies(30)


def test_an_idle_page_is_hung_up_on_and_a_reader_reads_to_the_end(product: Product) -> None:
    web = product.start(CHATAPP_GRACE="20")
    person = Person(product)
    earlier = person.begin("Hello.")
    person.final(earlier)
    asked = person.begin(LONG)
    idle, reader = knock(person, earlier.conversation), knock(person, asked.conversation)
    until(lambda: scrape(web)["chatapp_sockets_open",] == 2, what="both")
    person.sees(asked, "streaming")
    web.signal(signal.SIGTERM)
    assert last_words(idle)[1] == 1012
    assert person.state(asked) == "streaming"
    with pytest.raises(InvalidStatus, match="403"):
        knock(person, earlier.conversation)
    heard, code = last_words(reader)
    assert code == 1012
    assert f'data-turn="{asked.turn}" data-state="answered"' in heard
    web.dies(20)


def test_a_crowd_is_not_sent_away_all_at_once(product: Product) -> None:
    web = product.start(CHATAPP_GRACE="20")
    people = [Person(product, number) for number in range(10)]
    asked = [person.begin("Hello.") for person in people]
    for person, turn in zip(people, asked, strict=True):
        person.final(turn)
    pairs = [(person, turn) for person, turn in zip(people, asked, strict=True) for _ in range(10)]
    crowd = [knock(person, turn.conversation) for person, turn in pairs]
    until(lambda: scrape(web)["chatapp_sockets_open",] == len(crowd), what="everybody")
    began = time.monotonic()
    web.signal(signal.SIGTERM)
    assert {last_words(socket)[1] for socket in crowd} == {1012}
    web.dies(20)
    # Twenty a second, each by chance.
    assert time.monotonic() - began > 2


def test_with_nothing_to_finish_it_goes_at_once(product: Product) -> None:
    web = product.start(CHATAPP_GRACE="20")
    person = Person(product)
    asked = person.begin("Hello.")
    person.final(asked)
    until(lambda: not product.rows("SELECT 1 FROM chatapp_attempt WHERE outcome = 'running'"), what="the title")
    socket = knock(person, asked.conversation)
    until(lambda: scrape(web)["chatapp_sockets_open",] == 1, what="the listener")
    web.signal(signal.SIGTERM)
    assert last_words(socket)[1] == 1012
    web.dies(5)


def last_words(socket: ClientConnection) -> tuple[str, int | None]:
    """All that a socket still hears, and the code with which it ends."""
    heard: list[str] = []
    with suppress(ConnectionClosed):
        heard.extend(str(frame) for frame in socket)
    return "".join(heard), socket.close_code
