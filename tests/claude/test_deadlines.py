"""Nobody waits for ever: each wait has its end and its own name."""

from __future__ import annotations

import asyncio

import pytest

from chatapp.claude import gateway
from tests.claude import speech
from tests.claude.conftest import Play
from tests.claude.listening import ASK, Heard, asking, impatient, listen
from tests.claude.speech import PING, block, chunk, head, start, stays_after, thought, word
from tests.claude.upstream import KEEP, Call, Script, Upstream

SOON = 0.2
# For what must not happen meanwhile, on a machine that is busy with other things.
LATER = 0.5


def keeps_sending(opening: bytes, again: bytes) -> Script:
    async def script(call: Call) -> None:
        leaving = asyncio.create_task(call.left())
        await call.send(head() + (chunk(opening) if opening else b""))
        while not leaving.done():
            await call.send(chunk(again))
            await asyncio.wait({leaving}, timeout=SOON / 8)

    return script


BEGUN = start() + block()


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200", head(), head() + chunk(PING), head() + chunk(BEGUN[:40])])
def test_silence_from_the_beginning(play: Play, sent: bytes) -> None:
    heard = play(asking(impatient(first_event=SOON)), stays_after(sent))
    assert (heard.kind, heard.text) == ("first_event_deadline", "")
    assert heard.exchange.sent


@pytest.mark.parametrize("sent", [start(), BEGUN, BEGUN + word("Stock"), BEGUN + word("Stock") + word("x")[:30]])
def test_silence_in_the_middle(play: Play, sent: bytes) -> None:
    heard = play(asking(impatient(silence=SOON)), stays_after(head() + chunk(sent)))
    assert heard.kind == "silence_deadline"
    assert heard.text in ("", "Stock")


def test_pings_for_ever_are_silence(play: Play) -> None:
    assert play(asking(impatient(first_event=SOON)), keeps_sending(b"", PING)).kind == "first_event_deadline"
    assert play(asking(impatient(silence=SOON)), keeps_sending(BEGUN, PING)).kind == "silence_deadline"


def test_pings_are_a_sign_of_life_while_claude_thinks_in_private(play: Play) -> None:
    opening = start() + block("thinking")
    deadlines = impatient(silence=LATER, first_word=LATER, answer=SOON, turn=LATER * 2)
    assert play(asking(deadlines), keeps_sending(opening, PING)).kind == "answer_deadline"


def test_thinking_is_progress_toward_the_first_word(play: Play) -> None:
    opening = start() + block("thinking")
    deadlines = impatient(first_word=LATER, answer=SOON, turn=LATER * 2)
    heard = play(asking(deadlines), keeps_sending(opening, thought("hm ")))
    assert heard.kind == "answer_deadline"
    assert heard.thinking.startswith("hm hm ")


def test_what_claude_spends_on_thinking_is_not_taken_from_the_writing(play: Play) -> None:
    async def script(call: Call) -> str:
        await call.send(head() + chunk(start() + block("thinking")))
        for _ in range(4):
            await asyncio.sleep(LATER / 2)
            await call.send(chunk(thought("hm ")))
        words = block(index=1) + word("Stock", index=1) + speech.END
        await call.send(chunk(words) + speech.LAST_CHUNK)
        return KEEP

    heard = play(asking(impatient(answer=LATER)), script)
    assert (heard.failure, heard.text) == (None, "Stock")


def test_events_without_any_word_are_not_progress(play: Play) -> None:
    other = speech.event("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": "{"})
    heard = play(asking(impatient(first_word=SOON)), keeps_sending(start() + block("tool_use"), other))
    assert heard.kind == "first_word_deadline"


def test_an_answer_without_end_is_ended(play: Play) -> None:
    heard = play(asking(impatient(answer=SOON * 2)), keeps_sending(BEGUN, word("la ")))
    assert heard.kind == "answer_deadline"
    assert heard.text.startswith("la la ")


def test_silence_may_be_due_before_the_first_event_would_have_been(play: Play) -> None:
    async def act(upstream: Upstream) -> tuple[Heard, float]:
        began = asyncio.get_running_loop().time()
        heard = await listen(gateway.open(ASK, impatient(first_event=5, silence=SOON)))
        return heard, asyncio.get_running_loop().time() - began

    heard, seconds = play(act, stays_after(head() + chunk(start())))
    assert heard.kind == "silence_deadline"
    assert SOON <= seconds < 1


def test_a_reader_who_comes_late_still_gets_what_had_arrived(play: Play) -> None:
    async def act(upstream: Upstream) -> Heard:
        exchange = gateway.open(ASK, impatient(silence=SOON))
        first = await anext(exchange)
        # The database was away, say, for longer than Claude may be silent.
        away = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(SOON * 2, away.set_result, None)
        await away
        heard = await listen(exchange)
        heard.batches.insert(0, first)
        return heard

    async def script(call: Call) -> str:
        await call.send(head() + chunk(BEGUN + word("Stock")))
        await call.send(chunk(word(" and patience.") + speech.END) + speech.LAST_CHUNK)
        return KEEP

    heard = play(act, script)
    assert (heard.failure, heard.text) == (None, "Stock and patience.")
