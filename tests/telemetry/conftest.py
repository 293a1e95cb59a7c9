"""A webhook that listens, and one simulated Claude for the room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stand_in import claude, claude_process
from tests.telemetry.hook import Hook, hook

__all__ = ["claude", "claude_process"]


@pytest.fixture(name="hook")
def listening() -> Iterator[Hook]:
    with hook() as mine:
        yield mine
