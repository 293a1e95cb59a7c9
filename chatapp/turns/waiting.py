"""To wait with a turn: until somebody asks to stop, or until it changes hands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from chatapp.turns.listening import move
from chatapp.turns.running import Running
from chatapp.turns.states import State, Waiting


class LeaseLost(Exception):
    """The turn changed hands while this process was away; whoever has it now ends it."""


async def unless_stopped(turn: Running, act: Callable[..., Awaitable[Any]], *arguments: Any) -> bool:
    """Do it until somebody asks to stop or the turn changes hands; whether it came to its end."""
    task = turn.reader = cast("asyncio.Task[None]", asyncio.current_task())
    try:
        if turn.stop_asked or turn.lost:
            return False
        await act(*arguments)
        return True
    except asyncio.CancelledError:
        if not (turn.stop_asked or turn.lost) or task.uncancel():
            raise
        return False
    finally:
        turn.reader = None


async def pause(turn: Running, seconds: float, waiting: Waiting) -> bool:
    move(turn, State.RETRYING, waiting)
    wanted = await unless_stopped(turn, asyncio.sleep, seconds)
    if turn.lost:
        raise LeaseLost
    return wanted
