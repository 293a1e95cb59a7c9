"""R12: Redis is disposable: emptied, killed or frozen in the middle of an answer it changes latency, nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from redis import Redis

from chatapp.turns import codec
from chatapp.turns.codec import Words
from tests import stores
from tests.measuring import scrape
from tests.patience import until
from tests.people import Asked, Person
from tests.prefixes import strayed
from tests.product import Product
from tests.stand_in import StandIn
from tests.stores import RedisServer
from tests.tabs import Tab
from tests.web import Web

pytestmark = [pytest.mark.slow, pytest.mark.redis]

ANSWER = "[[tokens:420]] [[pace:60]] [[think:0]]"
# Its own process tells the page of every word; a dead Redis is not even asked.
FIRST_WORD_SECONDS = 1.0


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with stores.redis_server() as server:
        yield server


@pytest.fixture(scope="module")
def pair(
    claude: StandIn, redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Product, Web, Web]]:
    folder = tmp_path_factory.mktemp("redis")
    with closing(Product(claude.url, folder, {"REDIS_URL": redis.url})) as product:
        yield product, product.start(), product.start()


def _flush(redis: RedisServer) -> Callable[[], None]:
    redis.flush()
    return lambda: None


def _kill(redis: RedisServer) -> Callable[[], None]:
    redis.kill()
    return redis.start


def _freeze(redis: RedisServer) -> Callable[[], None]:
    redis.freeze()
    return redis.thaw


@pytest.mark.parametrize("trouble", [_flush, _kill, _freeze], ids=["flushed", "killed", "frozen"])
def test_a_reader_elsewhere_misses_nothing(
    pair: tuple[Product, Web, Web], redis: RedisServer, trouble: Callable[[RedisServer], Callable[[], None]]
) -> None:
    product, *webs = pair
    here, there = (Person(product, 1, web=web) for web in webs)
    asked = here.begin(f"Tell me all of it. {ANSWER}")
    beside, elsewhere = Tab(here, asked.conversation), Tab(there, asked.conversation)
    _hears(elsewhere, asked, 100)
    until(lambda: scrape(webs[1]).get(("chatapp_relay_lag_seconds_count", "redis")), what="words through Redis")
    end = trouble(redis)
    try:
        # The rows go on to tell it, if less often.
        _hears(elsewhere, asked, len(elsewhere.page.text(asked.turn)) + 200)
    finally:
        end()
    shown = beside.page.text(asked.turn)
    elsewhere.until(lambda page: len(page.text(asked.turn)) >= len(shown), 2, "what was shown beside the answer")
    turn = here.final(asked)
    assert (turn["state"], len(turn["answer"].split())) == ("answered", 420)
    for tab in (beside, elsewhere):
        tab.until_state(asked.turn, "answered", seconds=2)
        tab.converges()
        assert strayed([one for one in tab.page.sights if one.turn == asked.turn], asked.turn, turn["answer"]) is None
        tab.close()


@pytest.mark.parametrize("trouble", [_kill, _freeze], ids=["killed", "frozen"])
def test_a_dead_redis_delays_no_first_word_and_no_stop(
    pair: tuple[Product, Web, Web], redis: RedisServer, trouble: Callable[[RedisServer], Callable[[], None]]
) -> None:
    product, *webs = pair
    here, there = (Person(product, 2, web=web) for web in webs)
    first = here.begin("Before. [[tokens:5]]")
    here.final(first)
    beside, elsewhere = Tab(here, first.conversation), Tab(there, first.conversation)
    until(lambda: {scrape(web)["chatapp_redis_reached",] for web in webs} == {1}, what="a Redis that is heard")
    end = trouble(redis)
    try:
        until(lambda: {scrape(web)["chatapp_redis_reached",] for web in webs} == {0}, what="a Redis that is missed")
        asked_at = time.monotonic()
        asked = here.ask(first.conversation, f"And without it? {ANSWER}")
        beside.until(lambda page: page.text(asked.turn), FIRST_WORD_SECONDS, "the first word")
        assert time.monotonic() - asked_at < FIRST_WORD_SECONDS + 1
        _hears(elsewhere, asked, 30)
        pressed_at = time.monotonic()
        assert there.act(asked, "stop").json["state"] == "stopped"
        assert time.monotonic() - pressed_at < 1.2
        for tab in (beside, elsewhere):
            tab.until_state(asked.turn, "stopped", seconds=2)
            tab.converges()
            tab.close()
    finally:
        end()


def test_nothing_is_told_where_nobody_watches_and_nothing_stays(
    pair: tuple[Product, Web, Web], redis: RedisServer
) -> None:
    product, *webs = pair
    here, there = (Person(product, 3, web=web) for web in webs)
    redis.flush()
    asked = here.begin("Only for me. [[tokens:60]] [[pace:120]] [[think:0]]")
    tab = Tab(here, asked.conversation)
    here.final(asked)
    tab.until_state(asked.turn, "answered")
    secret = there.turn(asked)["answer"].split()[0]
    with redis.client() as operator:
        keys = list(operator.scan_iter())
        told = b"".join(_words(operator, key) for key in keys if b":relay:" in key)
        assert secret.encode() not in told
        assert asked.conversation.replace("-", "").encode() in told
        assert all(0 < operator.ttl(key) <= 120 for key in keys)
        assert all(key.startswith(b"chatapp:") for key in keys)
    tab.close()


def _words(operator: Redis, key: bytes) -> bytes:
    """All that is in a stream; as Redis dumps it, it would be packed."""
    return str(operator.xrange(key)).encode()


def test_what_was_read_leaves_redis_at_once(pair: tuple[Product, Web, Web], redis: RedisServer) -> None:
    product, *webs = pair
    here, there = (Person(product, 4, web=web) for web in webs)
    first = here.begin("Before. [[tokens:5]]")
    here.final(first)
    tab = Tab(there, first.conversation)
    asked = here.ask(first.conversation, "For my other page. [[tokens:60]] [[pace:120]] [[think:0]]")
    with redis.client() as operator:
        until(lambda: _told(operator, asked), 5, "a word on its way")
        tab.until_state(asked.turn, "answered")
        until(lambda: not _told(operator, asked), 4, "the end of every word in Redis")
    tab.close()


def _told(operator: Redis, asked: Asked) -> bool:
    """Whether any words of an answer are in Redis."""
    found: list[Any] = [entry for key in operator.scan_iter(b"*:relay:*") for entry in operator.xrange(key) or ()]
    parts = [part for _, fields in found for part in codec.decode(fields[b"f"])[1]]
    return any(isinstance(part, Words) and part.turn_id == asked.turn and part.text for part in parts)


def _hears(tab: Tab, asked: Asked, characters: int) -> None:
    tab.until(lambda page: len(page.text(asked.turn)) >= characters, 10, f"{characters} characters elsewhere")
