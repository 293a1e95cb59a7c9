"""Drawing a stream costs what the stream is long, and a small part of drawing everything with every frame."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from bench import writing
from chatapp.rendering import Document, Kind, code, render
from tests.rendering.model import Page

LONG_BLOCKS = {
    "a paragraph without end": "words and words " * 40_000,
    "a paragraph full of marks": "some **bold** words " * 15_000,
    "a fence of ten thousand lines": "```py\n" + "value = call(argument)\n" * 10_000,
    "a fence of one line": "```\n" + "x" * 300_000,
    "a table of three thousand rows": "| a | b |\n|---|---|\n" + "| one cell | another |\n" * 3_000,
    "a list of ten thousand items": "- an item of a list\n" * 10_000,
    "an item without end": "- " + "words and `code` " * 15_000,
    "a quotation without end": "> quoted words\n" * 10_000,
    "a formula without end": "$$\n" + "a + b\n" * 20_000,
    "blank lines": "- a\n" + "\n" * 200_000,
}


@pytest.mark.parametrize("name", LONG_BLOCKS)
def test_a_block_without_end_is_sent_in_proportion_to_its_length(name: str) -> None:
    text, document, page = LONG_BLOCKS[name], Document("k"), Page()
    for piece in writing.pieces(text, 500):
        page.apply(document.feed(piece))
    # Half of the longest open block with every piece of 500 characters, and the weight of its tags.
    assert page.received < 80 * len(text)
    assert len(page.blocks) == len(document.blocks)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("|" * 5_000 + "\n" + "x\n" * 500, id="bars above lines that are no table"),
        pytest.param("[a]" + "`" * 6_000 + "a" * 5_000, id="ticks that open no code"),
    ],
)
def test_no_expression_goes_through_a_line_once_for_each_of_its_letters(text: str) -> None:
    def stream() -> None:
        _stream(list(writing.pieces(text, 500)))

    assert _seconds(stream) < 1


def test_an_open_fence_sends_each_character_once() -> None:
    document, page = Document("k"), Page()
    text = "```py\n" + "value = 1\n" * 5_000
    for piece in writing.pieces(text, 7):
        page.apply(document.feed(piece))
    assert page.received < len(text) + 500


def test_items_that_only_look_as_if_they_defined_something_are_sent_once() -> None:
    document, page, text = Document("k"), Page(), "- `item[i]: int`\n" * 300
    for piece in writing.pieces(text, 7):
        page.apply(document.feed(piece))
    assert page.received < 40 * len(text)


def test_most_of_what_arrives_in_a_paragraph_is_only_appended() -> None:
    document = Document("k")
    patches = [document.feed(piece) for piece in writing.pieces(writing.answer("prose", 10_000), 10)]
    appended = [patch for patch in patches if all(change.kind is Kind.APPEND for change in patch)]
    assert len(appended) > len(patches) / 2


@pytest.mark.parametrize("kind", writing.KINDS)
def test_frame_by_frame_costs_a_small_part_of_everything_with_every_frame(kind: str) -> None:
    """The benchmark has the true figures, around a hundredth; this is wide enough for a busy machine."""
    pieces = list(writing.pieces(writing.answer(kind, 20_000), 20))
    ours = min(_seconds(partial(_stream, pieces)) for _ in range(2))
    frames = range(50, len(pieces), len(pieces) // 10)
    whole = sum(_seconds(partial(_draw_anew, "".join(pieces[:frame]))) for frame in frames)
    assert ours < whole * len(pieces) / len(frames) / 20


def _stream(pieces: list[str]) -> None:
    code.forget()
    document = Document("k")
    for piece in pieces:
        document.feed(piece)


def _draw_anew(text: str) -> None:
    code.forget()
    render(text, "k")


def _seconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
