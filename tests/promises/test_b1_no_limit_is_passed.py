"""B1 to B6 while a crowd asks, stops and loses its servers: no limit is passed, nothing is open, all adds up."""

from __future__ import annotations

import os
import secrets
from contextlib import closing
from pathlib import Path

import pytest

from tests.patience import until
from tests.people import Person
from tests.product import Product
from tests.promises import books
from tests.promises.books import Crowd
from tests.promises.wreckage import still_open
from tests.stand_in import StandIn, standing_in

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("CROWD_SEED") or secrets.randbelow(1_000_000))
QUESTIONS = 200


def _spend_up(product: Product, claude: StandIn, crowd: Crowd, limit: int) -> None:
    """Let the crowd loose, then look at every book there is."""
    print(f"CROWD_SEED={SEED}")
    with books.watched(product) as most:
        crowd.run(QUESTIONS, kills=3)
        until(lambda: not still_open(product), 60, "the end of everything")
    print(
        crowd.statuses,
        len(crowd.asked),
        most[0],
        limit,
        product.rows("SELECT state, count(*) FROM chatapp_turn GROUP BY 1"),
    )
    assert books.verify(product)["ok"]
    assert books.uncovered(product, claude) == {}
    billed = books.billed(books.messages(claude)).total()
    assert 0 < billed <= books.booked(product) <= most[0] <= limit
    # It was a limit that ended it, and not that there was nothing to ask for.
    over = product.rows("SELECT 1 FROM chatapp_turn WHERE state = 'over_budget'")
    assert crowd.statuses[402] or over or most[0] > 0.99 * limit
    assert set(crowd.statuses) <= {200, 402, 409, 503}
    assert "Traceback" not in product.logs


def test_two_hundred_questions_at_once_do_not_pass_a_conversations_limit(tmp_path: Path) -> None:
    with standing_in(seed=SEED) as claude, closing(Product(claude.url, tmp_path, books.QUICK_LEASES)) as product:
        limit = books.limit(product, "conversation", 0.12)
        product.launch()
        product.start()
        person = Person(product)
        conversation = person.begin("Who begins? [[tokens:5]]").conversation
        crowd = Crowd(product, [person], lambda one, words: one.try_to_ask(conversation, words), SEED)
        _spend_up(product, claude, crowd, limit)


def test_two_hundred_questions_at_once_do_not_pass_a_persons_limit(tmp_path: Path) -> None:
    with standing_in(seed=SEED) as claude, closing(Product(claude.url, tmp_path, books.QUICK_LEASES)) as product:
        limit = books.limit(product, "user", 1.5)
        product.launch()
        product.start()
        crowd = Crowd(product, [Person(product)], lambda one, words: one.try_to_begin(words), SEED)
        _spend_up(product, claude, crowd, limit)
