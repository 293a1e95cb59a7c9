"""Whatever is lost between two processes, a follower shows a prefix of the answer, and in the end all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.turns import codec, mirror, running
from chatapp.turns.codec import Again, Hello, News, Part, Unwatched, Watched, Wish, Words
from chatapp.turns.glance import Kept
from chatapp.turns.interest import GOOD_FOR_SECONDS, Interest
from chatapp.turns.mirror import QUIET_SECONDS, Gap
from chatapp.turns.outbox import Outbox
from chatapp.turns.relay import Anew, Event, Moved, Piece, Renamed
from chatapp.turns.running import Running
from chatapp.turns.states import AT_ONCE, State, Waiting

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
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
    with _runs(turn):
        outbox = Outbox(interest)
        outbox.beat()
        return outbox.batch().parts[THERE]


@contextmanager
def _runs(turn: Running) -> Iterator[None]:
    running.here[turn.turn_id] = turn
    try:
        yield
    finally:
        del running.here[turn.turn_id]


class Follower:
    """What a page shows that hears every event and nothing else."""

    def __init__(self) -> None:
        self.text = self.thinking = ""
        self.state = State.ACCEPTED
        self.shown: list[str] = []

    def hear(self, event: Event) -> None:
        match event:
            case Piece():
                assert (event.offset, event.thinking_offset) == (len(self.text), len(self.thinking))
                # Where thinking is shown it has its place.
                assert not event.thinking or self.thinking or self.state is State.THINKING
                self.text += event.text
                self.thinking += event.thinking
            case Anew():
                self.text, self.thinking = event.text, event.thinking
            case Moved():
                self.state = event.state
        self.shown.append(self.text)


class Story:
    """An answer, the rows that follow it, and a mirror behind a channel that loses what it likes."""

    def __init__(self) -> None:
        self.turn = Running(7, uuid4(), 1)
        self.beginnings = [""]
        self.kept = Kept(7, 1, SITE, State.ACCEPTED, "", None, "", "", 0, True)
        self.interest = Interest()
        self.interest.watch(THERE, [self.turn.conversation_id], 0)
        self.outbox = Outbox(self.interest)
        self.mirror = mirror.of(self.turn.conversation_id, self.kept)
        self.follower = Follower()
        self.now = 0.0

    def write(self, text: str, thinking: str) -> None:
        if thinking and self.turn.state is State.ACCEPTED:
            self.turn.state, self.turn.thinking_since = State.THINKING, NOW
        if text:
            self.turn.state = State.STREAMING
        self.turn.text += text
        self.turn.thinking += thinking
        self.beginnings[-1] = self.turn.text
        self._publish(Piece(7, 0, text, 0, thinking))

    def begin_anew(self, text: str, thinking: str) -> None:
        self.turn.begin_anew()
        self.beginnings.append("")
        self.turn.state, self.turn.thinking_since = State.RETRYING, None
        self._publish(Anew(7, "", ""))
        self.write(text, thinking)

    def keep(self) -> None:
        """The scribe has come as far as the answer."""
        turn = self.turn
        self.kept = Kept(7, 1, SITE, turn.state, "", None, turn.text, turn.thinking, 0, True)

    def look(self) -> None:
        """Its process was not heard for so long that the rows are read, which are as old as they are."""
        self.now += QUIET_SECONDS + 1
        self._tell(self.mirror.read(self.kept, self.now))

    def tick(self, fate: str) -> None:
        batch = self.outbox.batch()
        if fate == "failed":
            self.outbox.failed(batch)
            return
        self.outbox.delivered(batch)
        for frame in codec.encode(SITE, batch.parts.get(THERE, [])) if fate == "heard" else ():
            for part in codec.decode(frame)[1]:
                self._hear(part)

    def _hear(self, part: Part) -> None:
        assert isinstance(part, Words)
        try:
            self._tell(self.mirror.hear(part, self.now))
        except Gap:
            self.outbox.begin_again(THERE, 7)

    def _publish(self, event: Event) -> None:
        self.outbox.add(self.turn.conversation_id, event)

    def _tell(self, events: Iterator[Event]) -> None:
        for event in events:
            self.follower.hear(event)


words = st.text("ab", max_size=3)
acts = st.one_of(
    st.tuples(st.just("write"), words, words),
    st.tuples(st.just("begin_anew"), words, words),
    st.tuples(st.just("tick"), st.sampled_from(["heard", "heard", "lost", "failed"])),
    st.tuples(st.just("keep")),
    st.tuples(st.just("look")),
)


@given(st.lists(acts, max_size=40))
def test_whatever_is_lost_a_follower_shows_prefixes_and_in_the_end_all(history: list[tuple[str, ...]]) -> None:
    story = Story()
    with _runs(story.turn):
        for act, *arguments in history:
            getattr(story, act)(*arguments)
        for _ in range(3):
            story.outbox.beat()
            story.tick("heard")
    follower, turn = story.follower, story.turn
    assert all(any(whole.startswith(text) for whole in story.beginnings) for text in follower.shown)
    assert (follower.text, follower.thinking, follower.state) == (turn.text, turn.thinking, turn.state)


@given(st.lists(acts, max_size=40))
def test_the_rows_alone_lead_to_the_same_answer(history: list[tuple[str, ...]]) -> None:
    story = Story()
    with _runs(story.turn):
        for act, *arguments in history:
            getattr(story, act)(*arguments)
    story.keep()
    story.look()
    # Words that only the process itself could tell are told by nobody; what was kept is shown.
    assert story.turn.text.startswith(story.follower.text) or story.follower.text.startswith(story.turn.text)
    assert len(story.follower.text) >= len(story.turn.text)


def test_words_of_a_beginning_that_is_over_are_not_shown() -> None:
    story = Story()
    with _runs(story.turn):
        story.write("The first", "")
        late = story.outbox.batch()
        story.begin_anew("Another", "")
        story.tick("heard")
        for part in late.parts[THERE]:
            story._hear(part)
    assert story.follower.text == "Another"


def test_who_has_all_is_told_nothing_twice_and_who_misses_something_all_of_it() -> None:
    turn = Running(7, uuid4(), 1, State.STREAMING, text="One. Two.")
    interest = Interest()
    outbox = Outbox(interest)
    piece = Piece(7, 0, "", 0, "")
    with _runs(turn):
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
    with _runs(turn):
        outbox.beat()
        on_its_way = outbox.batch()
        outbox.begin_again(THERE, 7)
        outbox.delivered(on_its_way)
        (words,) = outbox.batch().parts[THERE]
    assert isinstance(words, Words)
    assert words.offset == 0


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


def test_the_waiting_that_is_told_is_the_waiting_that_is_shown() -> None:
    story = Story()
    until = NOW + timedelta(seconds=8)
    with _runs(story.turn):
        story.turn.state, story.turn.waiting = State.RETRYING, Waiting(until=until, attempt=2, attempts=3)
        story._publish(Moved(7, State.RETRYING))
        story.tick("heard")
    assert story.mirror.waiting == Waiting(until=until, attempt=2, attempts=3)
