"""What the exports say of an answer that is still being written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.patience import until
from tests.people import Person
from tests.product import Product
from tests.stand_in import standing_in

pytestmark = pytest.mark.slow


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    with standing_in() as claude, closing(Product(claude.url, tmp_path)) as product:
        product.start()
        yield product


def test_an_export_holds_the_words_so_far_of_an_answer_that_still_runs_here_or_elsewhere(product: Product) -> None:
    person = Person(product)
    asked = person.begin("Write on and on. [[tokens:2000]] [[pace:50]] [[think:0]]")
    path = f"/c/{asked.conversation}"

    def shown(somebody: Person) -> str:
        return somebody.page(asked.conversation).text(asked.turn)

    until(lambda: len(shown(person)) > 100, 20, "a hundred characters on the page")
    for somebody in (person, Person(product, web=product.start())):
        words = shown(somebody).split()[:10]
        assert somebody.turn(asked)["answer"].split()[:10] == words
        assert " ".join(words) in " ".join(somebody.get(f"{path}/export.md").text.split())
        assert somebody.get(f"{path}/turns/{asked.turn}/answer.md").text.split()[:10] == words
    person.act(asked, "stop")
