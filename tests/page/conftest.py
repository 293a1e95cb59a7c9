"""One product with a simulated Claude for all tests of the page, and a person who is new to each of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, cast

import pytest
from playwright.sync_api import Browser

from tests.page.desk import Desk
from tests.page.network import Network
from tests.product import PEOPLE, Product
from tests.stand_in import StandIn, standing_in

InBrowser = Callable[[Callable[[Browser], Any]], Any]
_people = itertools.cycle(PEOPLE)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Tests that sit at a desk run in the one thread that Playwright has to itself."""
    if "desk" not in pyfuncitem.fixturenames:
        return None
    in_browser = cast("InBrowser", pyfuncitem.funcargs["in_browser"])
    values = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    in_browser(lambda browser: pyfuncitem.obj(**values))
    return True


@pytest.fixture(scope="session")
def simulated() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        yield stand_in


@pytest.fixture(scope="session")
def house(simulated: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with closing(Product(simulated.url, tmp_path_factory.mktemp("house"))) as product:
        product.start()
        yield product


@pytest.fixture(scope="session")
def steady_house(simulated: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """For whoever looks at one answer after the other: here no failure that a test ordered closes the way to Claude."""
    with closing(Product(simulated.url, tmp_path_factory.mktemp("steady"))) as product:
        product.start(CHATAPP_BREAKER="0")
        yield product


@pytest.fixture
def desk(in_browser: InBrowser, house: Product) -> Iterator[Desk]:
    desk: Desk = in_browser(lambda browser: Desk(browser, house, next(_people)))
    yield desk
    in_browser(lambda browser: desk.close())


@pytest.fixture
def network(house: Product) -> Iterator[Network]:
    with closing(Network(house.web.port)) as network:
        yield network
