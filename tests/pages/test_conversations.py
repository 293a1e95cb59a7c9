"""What a person does with questions and whole conversations, over the wire of the real product."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import uuid4

import pytest

from tests.patience import until
from tests.people import Asked, Person
from tests.product import Product
from tests.stand_in import StandIn, standing_in

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def claude() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def product(claude: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with closing(Product(claude.url, tmp_path_factory.mktemp("conversations"))) as product:
        product.start(CHATAPP_QUESTIONS_PER_MINUTE="20", CHATAPP_RUNNING_PER_USER="2")
        yield product


def answered(person: Person, question: str = "How do lighthouses work? [[tokens:8]]") -> Asked:
    asked = person.begin(question)
    person.final(asked)
    return asked


def test_a_question_over_32_kb_is_refused_with_a_kind_sentence(product: Product) -> None:
    refusal = Person(product, 0).try_to_begin("ä" * 16_001)
    assert refusal.status == 413
    assert "shorten" in refusal.json["message"]


def test_a_question_of_exactly_32_kb_is_accepted(product: Product) -> None:
    person = Person(product, 0)
    assert person.final(person.begin("ä" * 15_990 + "[[tokens:3]]" + "b" * 8))["state"] == "answered"


def test_an_empty_question_is_refused(product: Product) -> None:
    refusal = Person(product, 0).try_to_begin(" \n\t ")
    assert (refusal.status, refusal.json["error"]) == (400, "empty")


@pytest.mark.parametrize("ask_id", ["", "no uuid", "0" * 400])
def test_a_form_without_a_proper_ask_id_is_refused(product: Product, ask_id: str) -> None:
    refusal = Person(product, 0).post("/c/", {"question": "Hello", "ask_id": ask_id})
    assert (refusal.status, refusal.json["error"]) == (400, "bad_ask_id")


@pytest.mark.parametrize("ask_id", ["used", "no uuid"])
def test_a_form_from_the_page_before_is_given_another_id_so_that_sending_it_again_works(
    product: Product, ask_id: str
) -> None:
    person = Person(product, 0)
    if ask_id == "used":
        person.final(person.begin("The first one. [[tokens:3]]", ask_id := str(uuid4())))
    form = {"question": "Another one. [[tokens:3]]", "ask_id": ask_id}
    page = person.request("POST", "/c/", form).text
    found = re.search(r'name="ask_id" value="([^"]*)"', page)
    assert found
    assert person.request("POST", "/c/", {**form, "ask_id": found[1]}).status == 302
    until(lambda: not product.rows("SELECT 1 FROM chatapp_turn WHERE ended_at IS NULL"), 10, "the answer's end")


def test_one_answer_at_a_time_in_a_conversation(product: Product) -> None:
    person = Person(product, 1)
    asked = person.begin("Slowly please [[pace:20]] [[tokens:400]]")
    refusal = person.try_to_ask(asked.conversation, "And this?")
    assert (refusal.status, refusal.json["error"]) == (409, "running")
    person.act(asked, "stop")


def test_two_running_answers_per_person_and_no_more(product: Product) -> None:
    person = Person(product, 2)
    running = [person.begin("Slowly please [[pace:20]] [[tokens:400]]") for _ in range(2)]
    refusal = person.try_to_begin("A third one")
    assert (refusal.status, refusal.json["error"]) == (429, "too_many_running")
    assert Person(product, 3).try_to_begin("Somebody else's first [[tokens:3]]").status == 200
    for asked in running:
        person.act(asked, "stop")


def test_twenty_questions_a_minute_and_no_more(product: Product) -> None:
    person = Person(product, 4)
    first = answered(person)
    for _ in range(19):
        person.final(person.ask(first.conversation, "And then? [[tokens:2]]"))
    refusal = person.try_to_ask(first.conversation, "One too many")
    assert (refusal.status, refusal.json["error"]) == (429, "too_fast")


def test_without_scripts_a_question_leads_to_its_page_and_a_reload_shows_the_answer(product: Product) -> None:
    person = Person(product, 5)
    sent = person.request("POST", "/c/", {"question": "No scripts here [[tokens:5]]", "ask_id": str(uuid4())})
    assert sent.status == 302
    conversation = sent.headers["location"].split("/")[2]
    turn = person.export(conversation)["turns"][0]["id"]
    person.final(Asked(conversation, turn))
    assert person.page(conversation).state(turn) == "answered"


def test_without_scripts_a_refusal_is_a_page_with_the_sentence_and_the_text(product: Product) -> None:
    long = "x" * 33_000
    page = Person(product, 5).request("POST", "/c/", {"question": long, "ask_id": str(uuid4())})
    assert page.status == 413
    assert long in page.text
    assert 'role="alert"' in page.text


def test_a_new_conversation_gets_a_title_of_the_cheap_model_that_is_paid_for(product: Product) -> None:
    person = Person(product, 6)
    asked = answered(person)
    turn = person.final(asked)

    def attempts() -> list[dict[str, object]]:
        return [a for a in person.turn(asked)["attempts"] if a["task"] == "title" and a["outcome"] == "done"]

    title = until(attempts, 15, "the title")[0]
    assert title["model"] == "claude-haiku-5-5"
    assert float(str(title["cost_usd"])) > 0
    export = person.export(asked.conversation)
    assert export["title"] != turn["question"][:60]
    assert float(export["spent_usd"]) == pytest.approx(sum(float(t["cost_usd"]) for t in export["turns"]), abs=1e-12)


def test_rename_pin_archive_and_search(product: Product) -> None:
    person = Person(product, 7)
    asked = answered(person, "Tell me about quokkas [[tokens:6]]")
    path = f"/c/{asked.conversation}"
    assert person.post(f"{path}/rename/", {"title": "  Small \x00 marsupials "}).json["title"] == "Small marsupials"
    assert person.post(f"{path}/rename/", {"title": " "}).status == 400
    rail = person.get("/rail/?q=marsupials").text
    assert f"rail-{asked.conversation}" in rail
    assert f"rail-{asked.conversation}" in person.get("/rail/?q=QUOKKAS").text
    assert f"rail-{asked.conversation}" not in person.get("/rail/?q=wombats").text
    assert person.post(f"{path}/pin/").status == 200
    assert "Pinned" in person.get("/rail/").text
    assert person.post(f"{path}/archive/").status == 200
    assert f"rail-{asked.conversation}" not in person.get("/rail/").text
    assert f"rail-{asked.conversation}" in person.get("/rail/?archived=1").text


def test_a_search_for_percent_signs_and_quotes_finds_nothing_and_breaks_nothing(product: Product) -> None:
    for words in ("%25", "%27%22", "_", "%00", "a" * 5000):
        assert Person(product, 8).get(f"/rail/?q={words}").status == 200


def test_a_deleted_conversation_is_in_no_file_any_more(product: Product) -> None:
    person = Person(product, 8)
    asked = answered(person, "The secret word is xyzzyplugh [[tokens:5]]")
    assert person.post(f"/c/{asked.conversation}/delete/").status == 200
    assert person.get(f"/c/{asked.conversation}/").status == 404
    assert product.rows("SELECT count(*) FROM chatapp_turn WHERE id = ?", asked.turn) == [(0,)]
    left = [f.name for f in product.folder.glob("chat.sqlite3*") if b"xyzzyplugh" in f.read_bytes()]
    assert left == []


def test_deleting_it_from_several_pages_at_once_breaks_none_of_them(product: Product) -> None:
    path = f"/c/{answered(Person(product, 10), 'Gone in a moment [[tokens:3]]').conversation}/delete/"
    with ThreadPoolExecutor(4) as pages:
        answers = set(pages.map(lambda _: Person(product, 10).post(path).status, range(4)))
    assert {200} <= answers <= {200, 404}


def test_deleting_while_an_answer_runs_stops_it_and_keeps_what_it_cost(product: Product) -> None:
    person = Person(product, 9)
    asked = person.begin("Slowly [[pace:20]] [[tokens:400]]")
    person.sees(asked, "streaming")
    assert person.post(f"/c/{asked.conversation}/delete/").status == 200
    conversation = asked.conversation.replace("-", "")
    entries = product.rows("SELECT nanodollars FROM chatapp_entry WHERE conversation_id = ?", conversation)
    holds = product.rows("SELECT state FROM chatapp_hold WHERE conversation_id = ?", conversation)
    assert {state for (state,) in holds} == {"captured"}
    assert all(nanodollars > 0 for (nanodollars,) in entries)


def test_edit_makes_a_branch_and_both_can_be_shown(product: Product) -> None:
    person = Person(product, 10)
    first = answered(person, "The first wording [[tokens:4]]")
    follow_up = person.ask(first.conversation, "A follow-up [[tokens:4]]")
    person.final(follow_up)
    changed = person.act(first, "edit", question="The second wording [[tokens:4]]", ask_id=str(uuid4())).json["turn"]
    edited = Asked(first.conversation, changed)
    person.final(edited)
    shown = [int(article.attributes["data-turn"]) for article in person.page(first.conversation).articles]
    assert shown == [edited.turn]
    assert "2/2" in person.get(f"/c/{first.conversation}/").text
    assert person.act(first, "select").status == 200
    shown = [int(article.attributes["data-turn"]) for article in person.page(first.conversation).articles]
    assert shown == [first.turn, follow_up.turn]


def test_continue_joins_what_was_cut_off(product: Product) -> None:
    person = Person(product, 11)
    asked = person.begin("Count for me [[fault:truncated]]")
    cut = person.final(asked)
    assert cut["state"] == "truncated"
    more = Asked(asked.conversation, person.act(asked, "continue").json["turn"])
    whole = person.final(more)
    assert whole["state"] == "answered"
    assert whole["answer"].startswith(cut["answer"])
    assert len(whole["answer"]) > len(cut["answer"])


def test_the_exports_hold_every_turn(product: Product) -> None:
    person = Person(product, 11)
    asked = answered(person, "For the record [[tokens:4]]")
    export = person.export(asked.conversation)
    assert [turn["question"] for turn in export["turns"]] == ["For the record [[tokens:4]]"]
    text = person.get(f"/c/{asked.conversation}/export.md").text
    assert "For the record" in text and export["turns"][0]["answer"] in text  # noqa: PT018
    copied = person.get(f"/c/{asked.conversation}/turns/{asked.turn}/answer.md")
    assert copied.text == export["turns"][0]["answer"]


@pytest.mark.small
def test_a_conversation_of_a_thousand_turns_opens_as_fast_as_a_short_one(product: Product) -> None:
    person = Person(product, 3)
    asked = answered(person)
    with closing(sqlite3.connect(product.database, timeout=10)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(chatapp_turn)") if row[1] != "id"]
        template = connection.execute(f"SELECT {', '.join(columns)} FROM chatapp_turn WHERE id = ?", (asked.turn,))
        values = dict(zip(columns, template.fetchone(), strict=True))
        parent = asked.turn
        for _ in range(999):
            values |= {"parent_id": parent, "ask_id": uuid4().hex, "asked_at": "2026-01-01 12:00:00"}
            marks = ", ".join("?" * len(values))
            sql = f"INSERT INTO chatapp_turn ({', '.join(values)}) VALUES ({marks})"
            parent = connection.execute(sql, tuple(values.values())).lastrowid or 0
        connection.execute("UPDATE chatapp_conversation SET head_id = ? WHERE head_id = ?", (parent, asked.turn))
    page = person.get(f"/c/{asked.conversation}/")
    shown = person.page(asked.conversation).articles
    assert page.status == 200
    assert len(shown) == 30
    oldest = shown[0].attributes["data-turn"]
    older = person.get(f"/c/{asked.conversation}/?before={oldest}", {"HX-Request": "true"})
    assert older.text.count("<article") == 30
