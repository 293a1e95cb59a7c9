"""The cuts between blocks are where the parser itself sees them: drawn piece by piece is drawn as a whole."""

import re

from hypothesis import assume, example, given
from hypothesis import strategies as st

from chatapp.rendering import Document, markdown, render
from chatapp.rendering.document import LONG

_LINES = st.sampled_from(
    [
        *("word", "- a", "* a", "+ b", "1. a", "2. b", "1) c", "10. x", "  - n", "   - m", "    - deep", "  words"),
        *("   three", "- [ ] t", "# h", "## h", "> q", "> - x", "> 1. y", "```", "```py", "~~~", "---", "***", "==="),
        *("|a|b|\n|-|-|\n|1|2|\n", "    code", "1995 was", "**b** c", "12"),
    ]
)
_MORE = st.lists(st.sampled_from([" w", " *e*", " `c`", " 1.", " x-y", " **s**", "!"]), max_size=3).map("".join)
_ENDS = st.sampled_from(["\n", "\n", "\n\n", "\n\n\n"])


@st.composite
def ordinary_texts(draw: st.DrawFn) -> str:
    """Text as people and models write it: no line is only a marker, no fence stands within a list."""
    text = ""
    for _ in range(draw(st.integers(0, 10))):
        line = draw(_LINES)
        text += line + (draw(_MORE) if re.search(r"[a-z]$", line) else "") + draw(_ENDS)
    return text


def shape(html: str) -> str:
    """What both ways of drawing must agree on; an open fence of our own has no colours yet."""
    html = re.sub(r"(?s)<figure.*?<code>(.*?)\n*</code></pre></figure>", r"<code>\1</code>", html)
    return re.sub(r"\n+", "\n", re.sub(r"</?span[^>]*>", "", html)).strip()


@given(ordinary_texts())
@example("> q\n*** 1.\nword\n")
@example("word\n---\n2. b\n1. a\n")
@example("- a\n\n- b\n\n  c\n\nd\n")
@example("> - \n####### \n- \n")
@example("- \u3000\n\n- \n")
@example("-\n\n  ```\n\nfoo\n  ```\n")
def test_blocks_drawn_alone_are_the_whole_drawn_at_once(text: str) -> None:
    text = text.rstrip("\n")
    assume(text)
    whole = markdown.html(text, "", str, complete=True)
    assert shape("\n".join(render(text + "\n", "k"))) == shape(whole)


def test_a_list_goes_on_after_a_blank_line_and_ends_at_a_paragraph() -> None:
    blocks = render("- a\n\n- b\n\n  more of b\n\nnot a list\n", "k")
    assert len(blocks) == 2
    assert blocks[0].count("<li") == 2
    assert "more of b" in blocks[0]


def test_a_paragraph_is_let_go_as_soon_as_it_ends() -> None:
    document = Document("k")
    document.feed("one\n\ntwo")
    assert document.blocks == ['<p dir="auto">one</p>', '<p dir="auto">two</p>']


def test_a_list_is_let_go_by_the_first_letter_that_cannot_belong_to_it() -> None:
    assert len(render("- a\n\nT", "k")) == 2
    assert len(render("- a\n\n1", "k")) == 1
    assert len(render("- a\n\n1995", "k")) == 1
    assert len(render("- a\n\n1995 w", "k")) == 2


def test_a_heading_that_may_still_be_a_word_seals_nothing() -> None:
    assert len(render("para\n#", "k")) == 1
    assert len(render("para\n#tag", "k")) == 1
    assert len(render("para\n# h", "k")) == 2


def test_an_item_of_another_kind_begins_another_list_as_soon_as_it_is_one() -> None:
    assert len(render("- a\n*", "k")) == 1
    assert len(render("- a\n* b", "k")) == 2
    assert len(render("- a\n- b", "k")) == 1


def test_a_very_long_table_is_cut_between_rows_and_each_part_has_its_head() -> None:
    rows = 3 * LONG // 20
    blocks = render("| one | two |\n|-----|-----|\n" + "| some | words |\n" * rows, "k")
    assert len(blocks) > 2
    assert all("<th" in block for block in blocks)
    assert sum(block.count("<td") for block in blocks) == 2 * rows


def test_a_very_long_list_is_cut_between_items_and_goes_on_counting() -> None:
    text = "".join(f"{number}. item of a list\n" for number in range(1, LONG // 6))
    blocks = render(text, "k")
    assert len(blocks) > 2
    seen = 0
    for block in blocks:
        assert block.startswith("<ol>" if not seen else f'<ol start="{seen + 1}">')
        seen += block.count("<li")
    assert seen == LONG // 6 - 1


def test_a_paragraph_without_end_is_cut_between_words() -> None:
    blocks = render("words " * 20_000, "k")
    assert len(blocks) > 5
    assert all(re.fullmatch(r'<p dir="auto">(words ?)+</p>', block) for block in blocks)
