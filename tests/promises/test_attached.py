"""Attached files on their whole way: looked at, held for, shown to Claude, found again in its cache, and deleted."""

from __future__ import annotations

import contextlib
import http.client
import json
from typing import Any
from uuid import uuid4

import pytest

from tests.files import samples
from tests.people import Asked, Person
from tests.product import Product
from tests.promises import books
from tests.stand_in import StandIn

pytestmark = pytest.mark.slow


def upload(person: Person, data: bytes, name: str = "a file") -> tuple[int, Any]:
    mark = uuid4().hex
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = head.encode() + data + f"\r\n--{mark}--\r\n".encode()
    sent = {
        "Cookie": person.cookies,
        "X-CSRFToken": person.token,
        "Accept": "application/json",
        "Content-Type": f"multipart/form-data; boundary={mark}",
    }
    connection = http.client.HTTPConnection("127.0.0.1", person.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("POST", "/attachments/", body, sent)
        answer = connection.getresponse()
        said = answer.read()
    return answer.status, json.loads(said) if said.startswith(b"{") else said.decode()


def _ask(person: Person, question: str, *keys: str, conversation: str = "") -> Any:
    # A form with one value twice is not needed: one file at a time will do here.
    form = {"question": question, "ask_id": str(uuid4()), **({"attachments": keys[0]} if keys else {})}
    answer = person.post(f"/c/{conversation}/turns/" if conversation else "/c/", form)
    assert answer.status == 200, answer.text
    return Asked(answer.json["conversation"], answer.json["turn"])


def _answers(product: Product, turn: int) -> list[dict[str, Any]]:
    rows = product.dicts("SELECT * FROM chatapp_attempt WHERE turn_id = ? AND task = 'answer'", turn)
    assert rows
    return rows


FILES = {"picture": samples.png(1600, 1200), "pdf": samples.pdf(2), "text": b"A long text. " * 400}


@pytest.mark.parametrize("kind", FILES)
def test_what_is_attached_is_held_for_and_found_again_in_the_cache(product: Product, kind: str) -> None:
    product.start()
    person, data = Person(product), FILES[kind]
    status, said = upload(person, data)
    assert status == 200, said
    first = _ask(person, f"What is this? [[tokens:20]] {'Look closely. ' * 60}", said["key"])
    assert person.final(first)["state"] == "answered"
    second = _ask(person, "Really? [[tokens:20]]", conversation=first.conversation)
    person.final(second)
    (before,), (after,) = _answers(product, first.turn), _answers(product, second.turn)
    assert before["cache_write_5m_tokens"] > 0
    assert after["cache_read_tokens"] == before["cache_write_5m_tokens"] + before["input_tokens"]
    assert books.verify(product)["ok"]
    folder = product.folder / "attachments"
    assert [path.read_bytes() for path in folder.glob("*/*")] == [data]
    assert person.post(f"/c/{first.conversation}/delete/").status == 200
    assert list(folder.glob("*/*")) == []
    assert product.records("attachment") == []


def test_a_document_that_claude_cannot_count_is_not_asked_about(product: Product, claude: StandIn) -> None:
    product.start()
    person = Person(product)
    _, said = upload(person, samples.pdf(3))
    claude.call("POST", "/simulator/faults", {"fault": "overloaded", "match": {"kind": "count"}})
    asked = _ask(person, "What is this?", said["key"])
    turn = person.final(asked)
    assert (turn["state"], turn["attempts"]) == ("failed", [])
    assert "nothing was asked" in turn["notice"]
    claude.clear()
    answer = person.act(asked, "retry")
    assert answer.status == 200
    again = Asked(asked.conversation, answer.json["turn"])
    assert person.final(again)["state"] == "answered"
    assert person.export(asked.conversation)["turns"][-1]["files"] == ["a file"]
    assert books.verify(product)["ok"]


def test_a_bad_file_gets_a_sentence_and_costs_nothing(product: Product, claude: StandIn) -> None:
    product.start()
    person = Person(product)
    for data, sentence in (
        (b"PK\x03\x04" + bytes(100), "none of them"),
        (samples.png(9000, 1), "at most 8000"),
        (b"x" * 10_000_001, "larger than 10 MB"),
    ):
        status, said = upload(person, data)
        assert (status, sentence in said["message"]) == (415, True), said
    status, _ = upload(person, bytes(17_000_000))
    assert status == 413
    assert product.records("attachment") == []
    assert not list((product.folder / "attachments").glob("*/*"))
    assert claude.journal() == []


def test_nobody_else_sees_a_file_or_asks_with_it(product: Product) -> None:
    product.start()
    ada, eve = Person(product), Person(product, 1)
    _, said = upload(ada, samples.PNG, "../../x<y>.png")
    key = said["key"]
    assert said["name"] == "x<y>.png"
    shown = ada.get(f"/attachments/{key}/")
    assert (shown.status, shown.body) == (200, samples.PNG)
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["content-disposition"] == 'inline; filename="x_y_.png"'
    assert eve.get(f"/attachments/{key}/").status == 404
    assert eve.post("/c/", {"question": "Hm?", "ask_id": str(uuid4()), "attachments": key}).status == 409
    eve.post(f"/attachments/{key}/remove/")
    assert ada.get(f"/attachments/{key}/").status == 200
    ada.post(f"/attachments/{key}/remove/")
    assert ada.get(f"/attachments/{key}/").status == 404
    for odd in ("..%2f..%2fetc%2fpasswd", "x", "0" * 40):
        assert ada.get(f"/attachments/{odd}/").status == 404
