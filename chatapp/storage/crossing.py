"""The one crossing between the event loop and synchronous work with the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")

# Few: SQLite writes one at a time, and PostgreSQL's pool is shared with the pages.
THREADS = 6
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="crossing")
# Fewer still for what nobody waits for: when a crowd has begun, its titles stand in a line of their own.
_aside = ThreadPoolExecutor(2, thread_name_prefix="aside")


async def in_thread(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one whole act in a thread; once begun it is finished, also when the caller is cancelled."""
    return await asyncio.get_running_loop().run_in_executor(_pool, lambda: _clean(act, *args, **kwargs))


async def aside(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for work beside the answers, which leaves the way free for them."""
    return await asyncio.get_running_loop().run_in_executor(_aside, lambda: _clean(act, *args, **kwargs))


def _clean(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return act(*args, **kwargs)
    finally:
        for connection in connections.all(initialized_only=True):
            # A pooled connection goes back to its pool; our own threads keep SQLite's open unless it broke.
            if connection.vendor != "sqlite" or connection.errors_occurred:
                connection.close()
