"""A webhook that listens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.telemetry.hook import Hook, hook


@pytest.fixture(name="hook")
def listening() -> Iterator[Hook]:
    with hook() as mine:
        yield mine
