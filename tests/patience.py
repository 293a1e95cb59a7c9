"""Waiting for what will be true."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T | None], seconds: float = 15.0, what: str = "it") -> T:
    """The first truthy answer; an assertion when it never comes."""
    began = time.monotonic()
    while True:
        if found := look():
            return found
        waited = time.monotonic() - began
        assert waited < seconds, f"{what} did not happen within {seconds} s"
        # Each look costs the machine something, and whoever has waited for long may wait a little longer.
        time.sleep(min(0.02 + waited / 20, 0.1))
