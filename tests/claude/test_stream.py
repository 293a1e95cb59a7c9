"""However the network cuts it, a stream reads the same."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatapp.claude import sse
from chatapp.claude.framing import Chunked
from chatapp.claude.stream import Reading
from tests.claude import speech
from tests.claude.conftest import Play
from tests.claude.listening import asking
from tests.claude.speech import PING, answer, block, event, raw_event, says, start, word
from tests.claude.upstream import KEEP, Call

texts = st.text(alphabet=st.characters(exclude_categories=[]), max_size=12)
line_ends = st.sampled_from([b"\n", b"\r\n", b"\r"])


def shown(text: str) -> str:
    """What may be kept of a text: no NUL, no half of a pair."""
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in text)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[begin:end] for begin, end in pairwise(edges)]


def read(parts: list[bytes]) -> tuple[str, str, bool, str | None]:
    reading = Reading(1000)
    batches = [batch for part in parts if (batch := reading.feed(part))]
    fault = type(reading.fault).__name__ if reading.fault else None
    text, thinking = "".join(one.text for one in batches), "".join(one.thinking for one in batches)
    return text, thinking, reading.complete, fault


@given(
    words=st.lists(texts, max_size=6),
    escaped=st.booleans(),
    end=line_ends,
    cuts=st.lists(st.integers(min_value=0), max_size=20),
)
@example(words=["\ud83d", "\ude00", "a\0b", "🍲"], escaped=True, end=b"\r\n", cuts=list(range(400)))
def test_any_chopping_of_a_stream_gives_the_same_text(
    words: list[str], escaped: bool, end: bytes, cuts: list[int]
) -> None:
    # A lone half of a pair has no bytes of its own; it can only come as an escape.
    deltas = [
        raw_event(
            "content_block_delta",
            json.dumps(
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": one}},
                ensure_ascii=escaped or shown(one) != one,
            ),
        )
        for one in words
    ]
    stream = start() + block() + PING + b": comment\n\n" + b"".join(deltas) + speech.END
    whole = stream.replace(b"\n", end)
    assert read(pieces(whole, cuts)) == (shown("".join(map(shown, words))), "", True, None)
    assert read([whole[at : at + 1] for at in range(len(whole))]) == read([whole])


@given(
    body=st.lists(st.binary(min_size=1, max_size=40), max_size=8),
    extension=st.sampled_from([b"", b";name=value", b" "]),
    trailer=st.sampled_from([b"", b"x-sum: 1\r\n"]),
    cuts=st.lists(st.integers(min_value=0), max_size=30),
)
def test_any_chopping_of_a_chunked_body_gives_the_same_body(
    body: list[bytes], extension: bytes, trailer: bytes, cuts: list[int]
) -> None:
    chunks = b"".join(b"%X%b\r\n%b\r\n" % (len(one), extension, one) for one in body)
    framed = chunks + b"0\r\n" + trailer + b"\r\n"
    framing = Chunked()
    assert b"".join(framing.feed(part) for part in pieces(framed, cuts)) == b"".join(body)
    assert framing.over
    assert not framing.spoiled


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_answer_arrives_one_byte_at_a_time(play: Play, end: bytes) -> None:
    async def script(call: Call) -> str:
        await call.send(speech.head())
        stream = answer("So", "up 🍲").replace(b"\n", end)
        await call.send_each([speech.chunk(stream[at : at + 1]) for at in range(len(stream))])
        await call.send(speech.LAST_CHUNK)
        return KEEP

    heard = play(asking(), script)
    assert (heard.text, heard.failure) == ("Soup 🍲", None)


def test_an_answer_in_one_enormous_delta(play: Play) -> None:
    novel = "Noodles, \N{STEAMING BOWL} and so on. " * 100_000
    assert len(novel) > 2_000_000
    assert play(asking(), says(answer(novel))).text == novel


def test_an_answer_in_fifty_thousand_tiny_deltas(play: Play) -> None:
    heard = play(asking(), says(answer(*["é"] * 50_000)))
    assert heard.text == "é" * 50_000
    assert len(heard.batches) < 5_000


def test_half_characters_and_nul_are_replaced_before_anybody_keeps_them(play: Play) -> None:
    heard = play(asking(), says(answer("a\0b", "\ud83d", "x", "\udc00 \N{GRINNING FACE}")))
    assert heard.text == "a\ufffdb\ufffdx\ufffd \N{GRINNING FACE}"


def test_what_is_new_on_the_wire_is_passed_over(play: Play) -> None:
    stream = (
        event("something_new", index=0)
        + start()
        + b"retry: 5\nid: 7\n\n"
        + block()
        + word("So")
        + event("content_block_delta", index=0, delta={"type": "new_delta", "text": "x"})
        + event("content_block_delta", index=0, delta={"type": "citations_delta", "citation": {}})
        + b'data: {"type":"content_block_delta",\ndata: "index":0,"delta":{"type":"text_delta","text":"up"}}\n\n'
        + b"\n\n\n\n"
        + speech.END
    )
    assert read([stream]) == ("Soup", "", True, None)


def test_events_may_come_without_their_beginning_twice_or_late() -> None:
    assert read([word("Soup") + speech.END]) == ("Soup", "", True, None)
    doubled = start() + start({"input_tokens": 999_999}) + block() + block() + word("Soup") + speech.block_end()
    assert read([doubled + speech.END + speech.STOP]) == ("Soup", "", True, None)
    late = start() + block() + word("So") + speech.block_end() + word("up") + speech.finish() + speech.STOP
    assert read([late]) == ("Soup", "", True, None)


def test_the_words_before_a_fault_come_first() -> None:
    reading = Reading(1000)
    batch = reading.feed(start() + block() + word("Soup") + raw_event("content_block_delta", "{"))
    assert batch is not None
    assert batch.text == "Soup"
    assert reading.fault is not None


def test_two_halves_of_a_broken_delta_are_none() -> None:
    broken = word("Soup").removesuffix(b"\n\n").replace(b'"index"', b'"odd":[1,2],"index"').split(b"data: ")[1]
    first, second = broken.decode().split(",2]")
    stream = raw_event("content_block_delta", first) + raw_event("content_block_delta", f"2]{second}")
    assert read([start() + block(), word("Broth")]) == ("Broth", "", False, None)
    assert read([start() + block(), stream]) == ("", "", False, "Garbled")


def test_an_event_that_never_ends_does_not_fill_the_memory() -> None:
    reading = Reading(1000)
    endless = b"data: " + b"x" * (1 << 20)
    for _ in range(sse.MOST_EVENT_BYTES // len(endless) + 1):
        reading.feed(endless)
    assert read([endless])[3] is None
    assert type(reading.fault).__name__ == "Garbled"


def test_deeply_nested_json_is_a_fault_and_no_crash() -> None:
    assert read([raw_event("message_start", '{"type":' * 100_000)])[3] == "Garbled"
