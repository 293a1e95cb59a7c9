"""What the other processes are told, and how it is written."""

from __future__ import annotations

from datetime import UTC
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.turns import codec
from chatapp.turns.codec import Again, Hello, News, Part, Unwatched, Watched, Wish, Words
from chatapp.turns.interest import GOOD_FOR_SECONDS, Interest
from chatapp.turns.outbox import Outbox
from chatapp.turns.relay import Moved, Piece, Renamed
from chatapp.turns.running import Running
from chatapp.turns.states import AT_ONCE, State, Waiting
from tests.turns.here import runs

SITE, THERE = "here", "there"

counts = st.integers(0, 2**40)
texts = st.text(st.characters(), max_size=200)
moments = st.none() | st.datetimes(timezones=st.just(UTC))
waitings = st.just(AT_ONCE) | st.builds(Waiting, st.integers(0, 99), moments, st.integers(0, 9), st.integers(0, 9))
several = st.lists(st.uuids(), max_size=5).map(tuple)
parts = st.one_of(
    st.builds(
        Words,
        *(counts, st.uuids(), counts, counts, st.sampled_from(State), waitings, moments, st.none() | counts),
        *(counts, counts, texts, counts, texts, counts, counts),
    ),
    st.builds(News, st.uuids(), st.text(max_size=20), counts),
    st.builds(Again, st.uuids(), counts),
    st.builds(Watched, several),
    st.builds(Unwatched, several),
    st.sampled_from([Hello(), Wish()]),
)


@given(st.lists(parts, max_size=12))
def test_what_is_written_is_what_is_read(told: list[Part]) -> None:
    frames = list(codec.encode(SITE, told))
    assert all(len(frame) <= codec.MOST_BYTES for frame in frames)
    read = [codec.decode(frame) for frame in frames]
    assert all(sender == SITE for sender, _ in read)
    assert [part for _, some in read for part in some] == told


def test_the_longest_words_fit_into_a_frame_whatever_they_are() -> None:
    for character in ("\x01", '"', "\ud800", "\U0001f600", "a"):
        turn = Running(2**40, uuid4(), 1, text=character * 35_000)
        frames = list(codec.encode("f" * 32, _told(turn)))
        assert all(len(frame) <= codec.MOST_BYTES for frame in frames)
        words = [part for frame in frames for part in codec.decode(frame)[1]]
        assert "".join(one.text for one in words if isinstance(one, Words)) == turn.text


@given(
    st.binary(max_size=60)
    | st.sampled_from([b"[1]", b'["a",["w",1]]', b'["a",["x"]]', b'["a",[]]', b'["a",["+",[1]]]'])
)
def test_what_is_not_ours_is_refused_in_one_way(frame: bytes) -> None:
    with pytest.raises(ValueError, match="not a frame of ours"):
        codec.decode(frame)


def _told(turn: Running) -> list[Part]:
    interest = Interest()
    interest.watch(THERE, [turn.conversation_id], 0)
    with runs(turn):
        outbox = Outbox(interest)
        outbox.beat()
        return outbox.batch().parts[THERE]


def test_who_has_all_is_told_nothing_twice_and_who_misses_something_all_of_it() -> None:
    turn = Running(7, uuid4(), 1, State.STREAMING, text="One. Two.")
    interest = Interest()
    outbox = Outbox(interest)
    piece = Piece(7, 0, "", 0, "")
    with runs(turn):
        outbox.add(turn.conversation_id, piece)
        assert outbox.batch().parts == {}
        interest.watch(THERE, [turn.conversation_id], 0)
        told = []
        for again in (False, False, True):
            if again:
                outbox.begin_again(THERE, 7)
            outbox.add(turn.conversation_id, piece)
            batch = outbox.batch()
            told += batch.parts[THERE]
            outbox.delivered(batch)
    assert [(one.offset, one.text) for one in told if isinstance(one, Words)] == [
        (0, "One. Two."),
        (9, ""),
        (0, "One. Two."),
    ]


def test_who_asks_for_all_while_something_is_on_its_way_gets_all() -> None:
    turn = Running(7, uuid4(), 1, State.STREAMING, text="One. ")
    interest = Interest()
    interest.watch(THERE, [turn.conversation_id], 0)
    outbox = Outbox(interest)
    with runs(turn):
        outbox.beat()
        on_its_way = outbox.batch()
        outbox.begin_again(THERE, 7)
        outbox.delivered(on_its_way)
        (words,) = outbox.batch().parts[THERE]
    assert isinstance(words, Words)
    assert words.offset == 0


def test_what_could_not_be_told_is_told_with_the_next_tick() -> None:
    turn = Running(7, uuid4(), 1, State.STREAMING, text="One. ")
    interest = Interest()
    interest.watch(THERE, [turn.conversation_id], 0)
    outbox = Outbox(interest)
    with runs(turn):
        outbox.beat()
        outbox.failed(outbox.batch())
        (words,) = outbox.batch().parts[THERE]
    assert isinstance(words, Words)
    assert words.text == "One. "


def test_interest_ends_when_nobody_renews_it() -> None:
    interest, conversations = Interest(), [UUID(int=1), UUID(int=2)]
    interest.watch("one", conversations, 0)
    interest.watch("other", conversations[:1], 30)
    interest.unwatch("one", conversations[1:])
    interest.unwatch("one", [UUID(int=3)])
    assert list(interest.processes) == conversations[:1]
    interest.expire(GOOD_FOR_SECONDS + 1)
    assert interest.processes == {conversations[0]: {"other": 30 + GOOD_FOR_SECONDS}}
    interest.expire(GOOD_FOR_SECONDS + 31)
    assert interest.processes == {}


def test_news_is_for_whoever_watches_and_says_nothing_but_where_to_look() -> None:
    interest, conversation = Interest(), uuid4()
    outbox = Outbox(interest)
    outbox.add(conversation, Renamed())
    assert outbox.batch().parts == {}
    interest.watch(THERE, [conversation], 0)
    outbox.add(conversation, Renamed())
    outbox.add(conversation, Moved(7, State.ACCEPTED))
    assert outbox.batch().parts == {THERE: [News(conversation, "Renamed"), News(conversation, "Moved", 7)]}
