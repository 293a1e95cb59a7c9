"""Somebody with a signed-in browser, seen from the wire."""

from __future__ import annotations

import contextlib
import http.client
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from tests.page_model import FINAL, Page
from tests.patience import until
from tests.product import PEOPLE, Product
from tests.web import Web


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Asked:
    """An accepted question."""

    conversation: str
    turn: int


@dataclass
class Person:
    """One of the people, in one of the places where they are signed in."""

    product: Product
    number: int = 0
    place: str = ""
    web: Web | None = None
    # Of the proxy, where they come through one.
    front: int | None = None
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    timeout: float = 30.0

    @property
    def name(self) -> str:
        return PEOPLE[self.number]

    @property
    def session(self) -> str:
        return self.product.sessions[self.name + self.place]

    @property
    def cookies(self) -> str:
        return f"sessionid={self.session}; csrftoken={self.token}"

    @property
    def port(self) -> int:
        return self.front or (self.web or self.product.web).port

    def request(
        self, method: str, path: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        sent = {"Cookie": self.cookies, "X-CSRFToken": self.token, **(headers or {})}
        body = urlencode(form, errors="surrogatepass") if form is not None else None
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        with contextlib.closing(connection):
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, form: Mapping[str, str] | None = None) -> Answer:
        return self.request("POST", path, form or {}, {"Accept": "application/json"})

    def try_to_begin(self, question: str, ask_id: str = "") -> Answer:
        return self.post("/c/", {"question": question, "ask_id": ask_id or str(uuid4())})

    def begin(self, question: str, ask_id: str = "") -> Asked:
        return _asked(self.try_to_begin(question, ask_id))

    def insist(self, question: str, ask_id: str) -> Asked:
        """As a page does: what could not be kept, because the database was busy for too long, is sent again."""
        return _asked(until(lambda: None if (one := self.try_to_begin(question, ask_id)).status == 503 else one))

    def try_to_ask(self, conversation: str, question: str, ask_id: str = "") -> Answer:
        return self.post(f"/c/{conversation}/turns/", {"question": question, "ask_id": ask_id or str(uuid4())})

    def ask(self, conversation: str, question: str, ask_id: str = "") -> Asked:
        return _asked(self.try_to_ask(conversation, question, ask_id))

    def act(self, asked: Asked, act: str, **form: str) -> Answer:
        return self.post(f"/c/{asked.conversation}/turns/{asked.turn}/{act}/", form)

    def export(self, conversation: str) -> Any:
        return self.get(f"/c/{conversation}/export.json").json

    def turn(self, asked: Asked) -> Any:
        return next(row for row in self.export(asked.conversation)["turns"] if row["id"] == asked.turn)

    def final(self, asked: Asked, seconds: float = 30.0) -> Any:
        """The turn once it has ended."""
        self.sees(asked, *FINAL, seconds=seconds)
        return self.turn(asked)

    def sees(self, asked: Asked, *states: str, seconds: float = 30.0) -> None:
        """Wait for a state in the rows, which costs the product nothing."""
        until(lambda: self.state(asked) in states, seconds, f"{states} of turn {asked.turn}")

    def state(self, asked: Asked) -> str:
        return str(self.product.rows("SELECT state FROM chatapp_turn WHERE id = ?", asked.turn)[0][0])

    def page(self, conversation: str) -> Page:
        """What a reload draws."""
        answer = self.get(f"/c/{conversation}/")
        assert answer.status == 200, answer.text
        return Page.load(answer.text)


def _asked(answer: Answer) -> Asked:
    assert answer.status == 200, answer.text
    return Asked(answer.json["conversation"], answer.json["turn"])
