"""The deployment's proxy in front of three real web processes, by its very own configuration."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.measuring import scrape
from tests.patience import until
from tests.people import Answer, Person
from tests.product import Product
from tests.proxy import Proxy, proxy
from tests.stand_in import StandIn
from tests.tabs import Tab, knock
from tests.web import Web

pytestmark = [pytest.mark.slow, pytest.mark.proxy]

ROOT = Path(__file__).resolve().parents[2]
WEBS = 3


@pytest.fixture
def product(claude: StandIn, tmp_path: Path) -> Iterator[Product]:
    with closing(Product(claude.url, tmp_path, {"CHATAPP_LEASE_SECONDS": "2"}, ("--proxy-headers",))) as product:
        yield product


@pytest.fixture
def front(product: Product) -> Iterator[Proxy]:
    for _ in range(WEBS):
        product.launch()
    with proxy(*(web.ready().port for web in product.webs)) as front:
        yield front


def test_a_page_a_question_and_an_answer_that_streams(product: Product, front: Proxy) -> None:
    person = Person(product, front=front.port)
    assert person.get("/").status == 200
    asked = person.begin("A long one. [[pace:25]] [[tokens:60]]")
    tabs = [Tab(person, asked.conversation) for _ in range(WEBS)]
    # Where somebody's pages are, there he is answered.
    here = running(product)
    until(lambda: listeners(product) == [WEBS if web is here else 0 for web in product.webs], what="all listeners")
    until(lambda: any(len(texts(tab, asked.turn)) > 3 for tab in tabs), what="an answer that grows")
    person.sees(asked, "streaming")
    assert person.final(asked)["state"] == "answered"
    until(lambda: any(tab.page.state(asked.turn) == "answered" for tab in tabs), what="the end")
    for tab in tabs:
        tab.close()


def test_when_a_process_dies_the_page_goes_on_through_another(product: Product, front: Proxy) -> None:
    person = Person(product, front=front.port)
    asked = person.begin("A very long one. [[pace:25]] [[tokens:900]]")
    tabs = [Tab(person, asked.conversation) for _ in range(WEBS)]
    person.sees(asked, "streaming")
    running(product).kill()
    for _ in range(2 * WEBS):
        assert person.get("/").status == 200
    until(lambda: all(tab.connections == 2 for tab in tabs), what="the coming back")
    assert [tab.code for tab in tabs] == [None] * WEBS
    turn = person.final(asked)
    assert turn["state"] == "interrupted"
    assert turn["answer"]
    for tab in tabs:
        # Whoever missed the news is shown it with the next hello.
        tab.cut()
        tab.connect()
        tab.converges(5)
        tab.close()
    assert person.final(person.ask(asked.conversation, "And now?"))["state"] == "answered"


def test_a_process_that_leaves_is_passed_over_while_it_finishes_its_answer(product: Product) -> None:
    leaving, staying = product.start(CHATAPP_GRACE="30"), product.start()
    asked = Person(product, web=leaving).begin("A long one. [[pace:25]] [[tokens:120]]")
    with proxy(leaving.port, staying.port) as front:
        person = Person(product, front=front.port)
        person.sees(asked, "streaming")
        leaving.signal(signal.SIGTERM)
        until(lambda: Person(product, web=leaving).get("/readyz").status == 503, what="red")
        # The sockets first, before a refused page has taught the proxy to stay away.
        for listener in [knock(person, asked.conversation) for _ in range(4)]:
            listener.close()
        for _ in range(6):
            assert person.get("/").status == 200
        others = [person.begin("And this one?") for _ in range(3)]
        assert person.state(asked) == "streaming"
        assert scrape(leaving)["chatapp_questions_accepted_total",] == 1
        assert scrape(staying)["chatapp_questions_accepted_total",] == len(others)
        for other in others:
            assert person.final(other)["state"] == "answered"
        leaving.dies(30)
        assert person.turn(asked)["state"] == "answered"


def test_who_asks_from_where_is_the_proxys_to_say(product: Product) -> None:
    web = product.start()
    form = {"username": "nobody", "password": "a guess"}
    with proxy(web.port) as front:
        guesses = [sign_in(Person(product, front=front.port), form, f"203.0.113.{number}") for number in range(11)]
    assert [guess.status for guess in guesses] == [200] * 10 + [429]
    # Where no proxy stands, the process believes what it was told to believe: so it is the proxy who guards it.
    form["username"] = "nobody else"
    guesses = [sign_in(Person(product, web=web), form, f"203.0.113.{number}") for number in range(11)]
    assert [guess.status for guess in guesses] == [200] * 11


def test_that_it_came_by_https_is_the_proxys_to_say(product: Product) -> None:
    web = product.start(CHATAPP_BEHIND_HTTPS="1")
    forged = {"X-Forwarded-Proto": "https"}
    assert Person(product, web=web).get("/accounts/login/", forged).status != 301
    with proxy(web.port) as front:
        sent_away = Person(product, front=front.port).get("/accounts/login/", forged)
    assert sent_away.status == 301
    assert sent_away.headers["location"].startswith("https://")


def test_nothing_that_a_stranger_says_of_itself_is_passed_on() -> None:
    names = ("For", "Host", "Port", "Prefix", "Server")
    said = {f"X-Forwarded-{name}": "forged" for name in names} | {"X-Forwarded-Proto": "https", "X-Mine": "kept"}
    said |= {"X-Real-IP": "forged", "Forwarded": "for=forged", "Daphne-Root-Path": "/forged"}
    with echo() as behind, proxy(behind) as front:
        heard = headers_behind(front, said)
    assert "forged" not in str(heard)
    assert heard.pop("x-mine") == "kept"
    assert heard["x-forwarded-for"] == "127.0.0.1"
    assert heard["x-forwarded-proto"] == "http"
    assert heard["x-forwarded-host"] == heard["host"] == f"127.0.0.1:{front.port}"


def test_a_balancer_in_front_is_believed_where_an_operator_has_named_it() -> None:
    paragraphs = (ROOT / "deploy" / "tls" / "README").read_text().split("\n\n")
    [named] = [one for one in paragraphs if "set_real_ip_from" in one]
    said = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http"}
    with echo() as behind, proxy(behind, beside=named.replace("10.0.0.0/8", "127.0.0.1")) as front:
        heard = headers_behind(front, said)
    assert (heard["x-forwarded-for"], heard["x-forwarded-proto"]) == ("203.0.113.7", "https")
    with echo() as behind, proxy(behind, beside=named) as front:
        assert headers_behind(front, said)["x-forwarded-for"] == "127.0.0.1"


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "/./metrics", "/x/../metrics", "/%6detrics", "/metrics?x=1"])
def test_the_figures_are_not_for_those_outside(path: str) -> None:
    with echo() as behind, proxy(behind) as front:
        assert status_of(front, f"GET {path} HTTP/1.1\r\nHost: chat\r\nConnection: close\r\n\r\n") == 404
        assert status_of(front, "GET /healthz HTTP/1.1\r\nHost: chat\r\nConnection: close\r\n\r\n") == 200


def test_a_red_light_that_somebody_looks_at_keeps_nobody_away_from_the_pages() -> None:
    with echo() as one, echo() as other, proxy(one, other) as front:
        for path, status in (*4 * [("/readyz", 503)], ("/", 200)):
            assert status_of(front, f"GET {path} HTTP/1.1\r\nHost: chat\r\nConnection: close\r\n\r\n") == status


@pytest.mark.parametrize(
    ("path", "most"), [("/accounts/login/", 1_000_000), ("/c/", 16_000_000), ("/attachments/", 10_100_000)]
)
def test_what_is_too_large_for_the_product_does_not_reach_it(path: str, most: int) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: chat\r\nConnection: close\r\nContent-Length: "
    with echo() as behind, proxy(behind) as front:
        assert status_of(front, f"{head}{most + 1}\r\n\r\n") == 413
        assert status_of(front, f"{head}{most}\r\n\r\n" + "x" * most) == 200


def test_a_question_that_is_too_long_is_told_so_by_the_product(product: Product) -> None:
    with proxy(product.start().port) as front:
        answer = Person(product, front=front.port).try_to_begin("x" * 33_000)
    assert (answer.status, answer.json["error"]) == (413, "too_long")


def test_when_nobody_is_there_people_are_told_kindly_and_when_to_come_back(product: Product) -> None:
    with proxy(product.start().port) as front:
        product.web.kill()
        answer = Person(product, front=front.port).get("/")
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")
    assert "restarting" in answer.text


def running(product: Product) -> Web:
    """The process that is answering."""
    return until(
        lambda: next((web for web in product.webs if scrape(web)["chatapp_turns_running", "streaming"]), None),
        what="the answer",
    )


def listeners(product: Product) -> list[float]:
    return [scrape(web)["chatapp_sockets_open",] for web in product.webs]


def texts(tab: Tab, turn: int) -> set[str]:
    return {sight.text for sight in tab.page.sights if sight.turn == turn}


def sign_in(person: Person, form: dict[str, str], claims: str) -> Answer:
    headers = {"X-Forwarded-For": claims, "Cookie": f"csrftoken={person.token}"}
    return person.request("POST", "/accounts/login/", form, headers)


def headers_behind(front: Proxy, said: dict[str, str]) -> dict[str, str]:
    """What arrives of what a stranger says of itself."""
    with closing(http.client.HTTPConnection("127.0.0.1", front.port, timeout=10)) as connection:
        connection.request("GET", "/", headers=said)
        heard: dict[str, str] = json.loads(connection.getresponse().read())
        return heard


def status_of(front: Proxy, request: str) -> int:
    """Of a request as it stands, which no library has put in order."""
    with socket.create_connection(("127.0.0.1", front.port), timeout=20) as connection:
        with suppress(OSError):
            connection.sendall(request.encode())
        return int(connection.makefile("rb").readline().split()[1])


class _Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        heard = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(503 if self.path == "/readyz" else 200)
        self.send_header("Content-Length", str(len(heard)))
        self.end_headers()
        self.wfile.write(heard)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def echo() -> Iterator[int]:
    """A server that answers with the headers it was sent; its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
