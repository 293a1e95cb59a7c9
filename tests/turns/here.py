"""A running answer of this process, without anybody who runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chatapp.turns import running
from chatapp.turns.running import Running


@contextmanager
def runs(turn: Running) -> Iterator[None]:
    running.here[turn.turn_id] = turn
    try:
        yield
    finally:
        del running.here[turn.turn_id]
