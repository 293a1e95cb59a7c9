"""The characters that are shown are the characters that came."""

from hypothesis import given
from hypothesis import strategies as st

from chatapp.rendering import Document, render, words

anything = st.text(st.characters() | st.sampled_from("\x00\ud800\udfff\ud83d\ude00"))


@given(anything)
def test_only_nul_and_lone_surrogates_are_replaced(text: str) -> None:
    cleaned = words.clean(text)
    assert len(cleaned) == len(text)
    for before, after in zip(text, cleaned, strict=True):
        unfit = before == "\x00" or "\ud800" <= before <= "\udfff"
        assert after == ("\ufffd" if unfit else before)
    cleaned.encode()


@given(anything, anything)
def test_cleaning_does_not_depend_on_where_the_text_was_cut(first: str, second: str) -> None:
    assert words.clean(first) + words.clean(second) == words.clean(first + second)


@given(anything)
def test_any_text_at_all_can_be_drawn_and_encoded(text: str) -> None:
    document = Document("k")
    document.feed(text)
    "".join(document.blocks).encode()
    assert document.text == words.clean(text)
    assert document.blocks == render(words.clean(text), "k")
