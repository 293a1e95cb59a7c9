"""What a file is, is told by its content; what is none of the known, or damaged, gets a sentence."""

from __future__ import annotations

import base64
import contextlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.files import kinds
from chatapp.files.kinds import Kind, Unfit
from chatapp.simulator import pictures
from tests.files import samples

MAKERS = [samples.png, samples.jpeg, samples.gif, samples.webp, samples.webp_lossless, samples.webp_lossy]
WHOLE = [maker() for maker in MAKERS]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: str(maker.__name__))
@pytest.mark.parametrize(("width", "height"), [(3, 2), (640, 480), (8000, 1)])
def test_a_picture_is_measured_without_being_decoded(maker: object, width: int, height: int) -> None:
    found = kinds.of(maker(width, height))  # type: ignore[operator]
    assert (found.kind, found.width, found.height) == (Kind.IMAGE, width, height)
    assert found.media_type.removeprefix("image/") in str(getattr(maker, "__name__", ""))


@pytest.mark.parametrize("maker", [samples.png, samples.gif, samples.webp, samples.jpeg])
def test_a_picture_that_is_too_large_is_refused_by_its_dimensions(maker: object) -> None:
    with pytest.raises(Unfit, match="at most 8000"):
        kinds.of(maker(8001, 10))  # type: ignore[operator]


@pytest.mark.parametrize("pages", [1, 7, 100])
@pytest.mark.parametrize("packed", [False, True])
def test_the_pages_of_a_pdf_are_counted(pages: int, packed: bool) -> None:
    found = kinds.of(samples.pdf(pages, packed=packed))
    assert (found.kind, found.media_type, found.pages) == (Kind.PDF, "application/pdf", pages)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b" \n\t ", "is empty"),
        (b"x" * (kinds.MOST_BYTES + 1), "larger than 10 MB"),
        (b"x" * (kinds.MOST_TEXT_BYTES + 1), "longer than 400 kB"),
        (b"PK\x03\x04" + bytes(40), "none of them"),
        (b"\x7fELF" + bytes(40), "none of them"),
        ("naïve".encode("latin-1"), "none of them"),
        (samples.PNG[:40], "damaged"),
        (samples.png(0, 5), "no size"),
        (samples.jpeg()[:-2], "damaged"),
        (samples.pdf(101), "at most 100"),
        (samples.pdf(0), "no page"),
        (samples.PDF[:60], "end is missing"),
        (samples.pdf(more=b"/Encrypt 5 0 R"), "password"),
    ],
)
def test_what_claude_cannot_be_shown_gets_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(Unfit, match=sentence):
        kinds.of(data)


def test_a_pdf_that_unpacks_without_end_is_refused() -> None:
    bomb = samples.pdf(more=b" " * 22_000_000, packed=True)
    assert len(bomb) > kinds.MOST_BYTES
    with pytest.raises(Unfit):
        kinds.of(bomb)
    packed = zlib.compress(b" " * 25_000_000)
    small = samples.pdf(more=b"8 0 obj<</Type /ObjStm /Filter /FlateDecode>>stream\n" + packed + b"\nendstream")
    with pytest.raises(Unfit, match="unpacks"):
        kinds.of(small)


def test_text_is_text_whatever_its_language() -> None:
    for words in ("Grüße", "猫は寝る", "\ufeffwith a mark", "a\tb\r\nc\x0c"):
        assert kinds.of(words.encode()).kind is Kind.TEXT


@given(
    st.binary(max_size=200)
    | st.builds(lambda a, b, n: a[:n] + b + a[n:], st.sampled_from(WHOLE), st.binary(), st.integers(0, 40))
)
def test_no_bytes_break_it(data: bytes) -> None:
    with contextlib.suppress(Unfit):
        assert kinds.of(data).tokens > 0


@given(st.integers(1, 8000), st.integers(1, 8000))
def test_no_picture_has_more_tokens_than_its_bound(width: int, height: int) -> None:
    bound = kinds.picture_tokens(width, height)
    shrink = min(1.0, 2576 / max(width, height))
    assert bound >= width * shrink * height * shrink / 750
    assert bound >= pictures.tokens({"source": {"data": base64.b64encode(_head(width, height)).decode()}})


def _head(width: int, height: int) -> bytes:
    return samples.png(1, 1)[:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big")
