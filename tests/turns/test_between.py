"""Whatever is lost between two processes, a follower shows a prefix of the answer, and in the end all of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import example, given
from hypothesis import strategies as st

from chatapp.turns import codec, mirror
from chatapp.turns.codec import Part, Words
from chatapp.turns.glance import Kept
from chatapp.turns.interest import Interest
from chatapp.turns.mirror import QUIET_SECONDS, Gap
from chatapp.turns.outbox import Outbox
from chatapp.turns.relay import Anew, Event, Moved, Piece
from chatapp.turns.running import Running
from chatapp.turns.states import State, Waiting
from tests.turns.here import runs

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
SITE, THERE = "here", "there"


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


def _history(*acts: str) -> list[tuple[str, ...]]:
    return [tuple(act.split(",")) for act in acts]


LOST_ON_THE_WAY = _history("write,aa,", "tick,heard", "write,bb,", "tick,lost", "write,aa,", "tick,heard")
ROWS_OF_AN_EARLIER_BEGINNING = _history("write,,a", "keep", "begin_anew,,", "look")

words = st.text("ab", max_size=3)
acts = st.one_of(
    st.tuples(st.just("write"), words, words),
    st.tuples(st.just("begin_anew"), words, words),
    st.tuples(st.just("tick"), st.sampled_from(["heard", "heard", "lost", "failed"])),
    st.tuples(st.just("keep")),
    st.tuples(st.just("look")),
)


@given(st.lists(acts, max_size=40))
@example(LOST_ON_THE_WAY)
@example(ROWS_OF_AN_EARLIER_BEGINNING)
def test_whatever_is_lost_a_follower_shows_prefixes_and_in_the_end_all(history: list[tuple[str, ...]]) -> None:
    story = Story()
    with runs(story.turn):
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
    with runs(story.turn):
        for act, *arguments in history:
            getattr(story, act)(*arguments)
    story.keep()
    story.look()
    # Words that only the process itself could tell are told by nobody; what was kept is shown.
    assert story.turn.text.startswith(story.follower.text) or story.follower.text.startswith(story.turn.text)
    assert len(story.follower.text) >= len(story.turn.text)


def test_words_of_a_beginning_that_is_over_are_not_shown() -> None:
    story = Story()
    with runs(story.turn):
        story.write("The first", "")
        late = story.outbox.batch()
        story.begin_anew("Another", "")
        story.tick("heard")
        for part in late.parts[THERE]:
            story._hear(part)
    assert story.follower.text == "Another"


def test_the_waiting_that_is_told_is_the_waiting_that_is_shown() -> None:
    story = Story()
    until = NOW + timedelta(seconds=8)
    with runs(story.turn):
        story.turn.state, story.turn.waiting = State.RETRYING, Waiting(until=until, attempt=2, attempts=3)
        story._publish(Moved(7, State.RETRYING))
        story.tick("heard")
    assert story.mirror.waiting == Waiting(until=until, attempt=2, attempts=3)
