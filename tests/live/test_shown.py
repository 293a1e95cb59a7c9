"""Whatever happens to a running turn, an open page shows what a reload would draw."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from chatapp import rendering
from chatapp.live.shown import Shown
from chatapp.turns import drawing, frames
from chatapp.turns.drawing import TurnView
from chatapp.turns.relay import Anew, Moved, Piece
from chatapp.turns.states import AT_ONCE, State, Waiting
from tests.markup import Element
from tests.page_model import Page

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
IN_LINE = Waiting(place=3)
AGAIN = Waiting(until=NOW + timedelta(seconds=8), attempt=2, attempts=3)
ANEW = Waiting(until=NOW + timedelta(seconds=2))
WORDS = "# Light\n\nA *tower* with a `lamp`:\n\n- one\n- two\n- three\n\n| a | b |\n|---|---|\n| c | d |\n| e | f |\n\n"


class Story:
    """A running turn as memory has it, and a page that hears of everything that happens to it."""

    def __init__(self, carried: str = "") -> None:
        fresh = drawing.new(7, uuid4(), 1, "How do lighthouses work?", "claude-sonnet-5-5", NOW)
        self.turn = replace(fresh, text=carried, carried=len(carried))
        self.shown = Shown(self.turn)
        self.page = Page(Element("div", {"id": "turns"}))
        self.page.apply(frames.turn(self.shown.article()))

    def move(self, state: State, waiting: Waiting = AT_ONCE) -> None:
        since = NOW if state is State.THINKING else self.turn.thinking_since
        ms = 1200 if state is State.STREAMING and since else self.turn.thinking_ms
        self.turn = replace(self.turn, state=state, waiting=waiting, thinking_since=since, thinking_ms=ms)
        self._hear(self.shown.move(Moved(7, state, since, ms, waiting)))

    def add(self, text: str = "", thinking: str = "") -> None:
        piece = Piece(7, len(self.turn.text), text, len(self.turn.thinking), thinking)
        self.turn = replace(self.turn, text=self.turn.text + text, thinking=self.turn.thinking + thinking)
        self._hear(self.shown.take(piece))

    def begin_anew(self, thinking: str = "") -> None:
        kept = self.turn.text[: self.turn.carried]
        self.turn = replace(self.turn, text=kept, thinking=thinking, thinking_since=None, thinking_ms=None)
        self._hear(self.shown.begin_anew(Anew(7, kept, thinking)))

    @property
    def reloaded(self) -> TurnView:
        return replace(self.turn, blocks=drawing.numbered(rendering.render(self.turn.text, "7")))

    @property
    def article(self) -> Element:
        found = self.page.article(7)
        assert found is not None
        return found

    def converges(self) -> None:
        fresh = Page(Element("div", {"id": "turns"}))
        fresh.apply(frames.turn(drawing.article(self.reloaded)))
        assert self.page.transcript == fresh.transcript

    def _hear(self, frame: str) -> None:
        if frame:
            self.page.apply(frame)


WAITS = st.sampled_from([(State.QUEUED, IN_LINE), (State.RETRYING, AGAIN), (State.RETRYING, ANEW)])
ATTEMPTS = st.tuples(
    st.lists(WAITS, max_size=2), st.sampled_from(["", "Hm."]), st.integers(0, len(WORDS)), st.booleans()
)


@given(st.sampled_from(["", "Carried over. "]), st.lists(ATTEMPTS, min_size=1, max_size=3))
def test_an_open_page_shows_what_a_reload_draws(
    carried: str, attempts: list[tuple[list[tuple[State, Waiting]], str, int, bool]]
) -> None:
    story = Story(carried)
    for waits, thought, length, anew in attempts:
        for state, waiting in waits:
            story.move(state, waiting)
            story.converges()
        if anew or len(story.turn.text) > len(carried):
            story.begin_anew(thought)
            story.converges()
        elif thought:
            story.move(State.THINKING)
            story.add(thinking=thought)
            story.converges()
        if length:
            story.move(State.STREAMING)
            for start in range(0, length, 5):
                story.add(WORDS[start : min(start + 5, length)])
            story.converges()


def test_what_is_asked_anew_stays_and_is_marked_until_the_first_words_of_the_other_answer() -> None:
    story = Story()
    story.move(State.STREAMING)
    story.add("A tower with a")
    assert "data-again" not in story.article.attributes
    story.move(State.RETRYING, ANEW)
    assert "data-again" in story.article.attributes
    assert "A tower with a" in story.article.text
    assert "Asking again" in story.article.text
    story.begin_anew()
    story.move(State.STREAMING)
    story.add("Light")
    assert "data-again" not in story.article.attributes
    assert story.page.text(7) == "Light"


def test_what_was_carried_over_is_not_asked_for_again() -> None:
    story = Story(carried="A tower with a ")
    story.move(State.RETRYING, AGAIN)
    assert "data-again" not in story.article.attributes
    story.move(State.STREAMING)
    story.add("lamp.")
    story.move(State.RETRYING, ANEW)
    assert "data-again" in story.article.attributes


def test_the_rest_of_an_answer_that_has_begun_anew_is_not_shown_any_more() -> None:
    story = Story()
    story.move(State.STREAMING)
    story.add("Light")
    assert story.shown.take(Piece(7, 50, "of another answer", 0, "")) == ""
    assert story.shown.take(Piece(7, 5, "", 9, "of another thought")) == ""
    story.converges()
