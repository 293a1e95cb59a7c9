"""Real processes answer questions, and what they measure is what the rows say."""

from __future__ import annotations

import pytest

from tests.measuring import Scrape, scrape
from tests.patience import until
from tests.people import Person
from tests.product import Product
from tests.tabs import Tab

pytestmark = pytest.mark.slow


def test_the_numbers_are_those_of_the_rows(product: Product) -> None:
    web = product.start()
    person = Person(product)
    first = person.begin("Hello. [[tokens:40]] [[pace:10]]")
    person.final(first)
    person.final(person.ask(first.conversation, "And again, with more words. [[tokens:60]] [[pace:5]]"))
    stopped = person.begin("A long one. [[pace:25]] [[tokens:900]]")
    person.sees(stopped, "streaming")
    assert scrape(web)["chatapp_turns_running", "streaming"] == 1
    assert scrape(web)["chatapp_turns_under_way", "streaming"] == 1
    assert scrape(web)["chatapp_held_nanodollars",] == held(product) > 0
    person.act(stopped, "stop")
    person.final(stopped)
    assert person.try_to_begin(" ").status == 400
    # A title is paid for a moment after its answer.
    until(lambda: not product.rows("SELECT 1 FROM chatapp_attempt WHERE outcome = 'running'"), what="every bill")
    told = until(lambda: whole(scrape(web), product), what="the last count")

    assert told["chatapp_questions_accepted_total",] == 3
    assert told["chatapp_questions_refused_total", "empty"] == 1
    assert told["chatapp_turns_ended_total", "answered"] == 2
    assert told["chatapp_turns_ended_total", "stopped"] == 1
    assert told["chatapp_turns_ended_total", "failed"] == 0
    assert told["chatapp_first_word_seconds_count",] == 3
    assert 0 < told["chatapp_first_word_seconds_sum",] < 60
    assert told["chatapp_first_word_seconds_bucket", "+Inf"] == 3
    assert told["chatapp_longest_silence_seconds_count",] == 3
    assert told["chatapp_relay_lag_seconds_count", "thread"] > 0
    assert told["chatapp_turns_running", "streaming"] == told["chatapp_turns_under_way", "streaming"] == 0
    assert told["chatapp_held_nanodollars",] == told["chatapp_holds_open",] == held(product) == 0
    attempts = product.rows("SELECT model, task, outcome, count(*) FROM chatapp_attempt GROUP BY 1, 2, 3")
    assert told.of("chatapp_attempts_total") == {(m, task, outcome): n for m, task, outcome, n in attempts}
    for kind in ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h"):
        rows = product.rows(f"SELECT model, sum({kind}_tokens) FROM chatapp_entry GROUP BY 1")
        assert {model: told["chatapp_tokens_total", model, kind] for model, _ in rows} == dict(rows)
    costs = dict(product.rows("SELECT model, sum(nanodollars) FROM chatapp_entry GROUP BY 1"))
    assert told.of("chatapp_cost_nanodollars_total") == {(model,): cost for model, cost in costs.items()}
    assert told["chatapp_site_spent_nanodollars", "total"] == sum(costs.values())
    cached = product.rows("SELECT cache_read_tokens > 0, count(*) FROM chatapp_entry GROUP BY 1")
    assert told.of("chatapp_prompt_cache_total") == {("yes" if hit else "no",): number for hit, number in cached}


def test_what_is_in_the_database_is_told_by_all_alike_and_the_rest_by_each(product: Product) -> None:
    one, other = product.start(), product.start()
    person = Person(product, web=one)
    asked = person.begin("A long one. [[pace:25]] [[tokens:900]]")
    person.sees(asked, "streaming")
    tab = Tab(Person(product, web=other), asked.conversation)
    until(lambda: scrape(other)["chatapp_sockets_open",] == 1, what="the socket")
    assert scrape(one)["chatapp_sockets_open",] == 0
    assert [scrape(web)["chatapp_turns_running", "streaming"] for web in (one, other)] == [1, 0]
    assert [scrape(web)["chatapp_turns_under_way", "streaming"] for web in (one, other)] == [1, 1]
    tab.cut()
    until(lambda: scrape(other)["chatapp_sockets_open",] == 0, what="the leaving")
    tab.connect()
    until(lambda: scrape(other)["chatapp_sockets_joined_total", "running"] == 2, what="the coming back")
    tab.close()
    person.act(asked, "stop")
    person.final(asked)


def held(product: Product) -> int:
    [(held,)] = product.rows("SELECT COALESCE(sum(nanodollars), 0) FROM chatapp_hold WHERE state = 'open'")
    return int(held)


def whole(told: Scrape, product: Product) -> Scrape | None:
    [(attempts,)] = product.rows("SELECT count(*) FROM chatapp_attempt")
    return told if sum(told.of("chatapp_attempts_total").values()) == attempts else None
