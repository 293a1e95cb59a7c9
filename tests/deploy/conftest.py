"""A simulated Claude of their own, as patient as a real one."""

from collections.abc import Iterator

import pytest

from tests.stand_in import StandIn, standing_in


@pytest.fixture(scope="session")
def claude() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        yield stand_in
