"""One simulated Claude, and the rehearsals whose outcome several promises are held against."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests import stores
from tests.people import Person
from tests.product import Product
from tests.promises import rehearsal
from tests.promises import wreckage as wreckages
from tests.promises.rehearsal import Story
from tests.promises.wreckage import Wreckage
from tests.stand_in import StandIn, standing_in

STAYING = 16


@pytest.fixture(scope="session")
def claude() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        yield stand_in


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    with stores.postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, StandIn]]:
    """A running product with little patience, and a simulated Claude of its own."""
    with standing_in() as own, closing(Product(own.url, tmp_path_factory.mktemp("faults"))) as product:
        product.start(**rehearsal.DEADLINES)
        yield product, own


@pytest.fixture(scope="session")
def stories(stage: tuple[Product, StandIn]) -> dict[str, Story]:
    """Every fault of Claude's end, met once."""
    return rehearsal.rehearse(*stage)


@pytest.fixture(scope="session")
def wreckage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wreckage]:
    """Every named point at which a process can die, with the leases as they are by default."""
    with standing_in() as own, closing(Product(own.url, tmp_path_factory.mktemp("wrecks"))) as product:
        yield wreckages.wreck(product, own)


@pytest.fixture(scope="session")
def house(claude: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One process for all who need nothing of their own."""
    with closing(Product(claude.url, tmp_path_factory.mktemp("house"))) as product:
        product.start()
        yield product


# The others lose their sessions.
_numbers = itertools.cycle(range(STAYING))


@pytest.fixture
def somebody(house: Product) -> Person:
    return Person(house, next(_numbers))


@pytest.fixture
def somebody_else(house: Product) -> Person:
    return Person(house, next(_numbers))


@pytest.fixture
def product(claude: StandIn, tmp_path: Path) -> Iterator[Product]:
    """A database of its own, and no process yet."""
    claude.clear()
    with closing(Product(claude.url, tmp_path)) as product:
        yield product
