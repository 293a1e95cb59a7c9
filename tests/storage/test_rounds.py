"""What a process looks after again and again."""

from __future__ import annotations

import asyncio
import logging

import pytest

from chatapp.storage.rounds import Round


def test_a_look_that_fails_is_told_and_is_not_the_last(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> int:
        looks = 0
        enough = asyncio.Event()

        async def look() -> None:
            nonlocal looks
            looks += 1
            if looks == 3:
                enough.set()
            if looks == 1:
                raise LookupError

        one = Round(look, lambda: 0.001, "nothing could be seen")
        loop = asyncio.get_running_loop()
        one.begin(loop)
        one.begin(loop)
        assert len(asyncio.all_tasks()) == 2
        await asyncio.wait_for(enough.wait(), 20)
        return looks

    with caplog.at_level(logging.ERROR):
        assert asyncio.run(scene()) >= 3
    assert [record.getMessage() for record in caplog.records] == ["nothing could be seen; trying again"]
    assert caplog.records[0].exc_info is not None
