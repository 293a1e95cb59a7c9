"""Links and footnotes are defined in one place of an answer and used in another."""

import re

from chatapp.rendering import Document, Kind, labels, render
from tests.rendering.model import Page


def test_a_definition_at_the_end_makes_a_link_of_what_was_sent_before() -> None:
    document = Document("k")
    document.feed("see [Here  It][]\n\nand [nothing]\n\nor `[here it]`\n\n")
    document.feed("[here it]: https://a.b")
    changed = document.feed("/c\n")
    assert [(change.index, change.kind) for change in changed] == [(0, Kind.REPLACE)]
    assert '<a href="https://a.b/c" ' in document.blocks[0]
    assert "[nothing]" in document.blocks[1]


def test_the_first_definition_counts() -> None:
    text = "[a]\n\n[a]: https://first.example\n\n[a]: https://second.example\n\n[a]\n"
    assert "".join(render(text, "k")).count("https://first.example") == 2


def test_what_only_looks_like_a_definition_defines_nothing() -> None:
    for line in ("[a]: https://x.y two words", "[a]: <b> c", "[a]:", "text\n[a]: https://x.y", "`[a]: https://x.y`"):
        assert labels.definitions(line, 0) == {}


def test_a_definition_shows_nothing_in_other_blocks_but_its_link() -> None:
    for address in ("https://x.y/a_(b)", "<https://x.y>", "https://x.y/$a$"):
        first = render(f"[a]\n\n[a]: {address}\n", "k")[0]
        assert re.fullmatch(r'<p dir="auto"><a [^>]*>a</a></p>', first)


def test_a_footnote_and_its_marks_lead_to_each_other() -> None:
    marks, note = render("One[^n] and two[^n].\n\n[^n]: Said *so*.", "7")
    assert marks.count('href="#note-7-1"') == 2
    assert marks.count('id="ref-7-1"') == 1
    assert 'id="note-7-1"' in note
    assert 'href="#ref-7-1"' in note
    assert "Said <em>so</em>." in note


def test_footnotes_of_two_answers_on_a_page_do_not_meet() -> None:
    found = [id for key in "12" for id in re.findall(r'id="([^"]*)"', "".join(render("a[^1]\n\n[^1]: b", key)))]
    assert len(found) == len(set(found)) == 4


def test_no_id_is_given_twice_wherever_the_marks_stand() -> None:
    text = "a[^1]\n\n- b[^1]\n- c[^2]\n\n[^1]: d[^2] e[^1]\n[^2]: f\n\nlast[^1][^2]"
    document = Document("k")
    for letter in text:
        document.feed(letter)
        found = re.findall(r' id="([^"]*)"', "".join(document.blocks))
        assert len(found) == len(set(found))
    targets = re.findall(r'href="#([^"]*)"', "".join(document.blocks))
    assert set(targets) <= set(found)


def test_a_footnote_may_have_several_paragraphs_and_code() -> None:
    (note,) = render("[^1]: First.\n\n    Second.\n\n    ```py\n    x = 1\n    ```\n", "k")
    assert '<p dir="auto">Second.</p>' in note
    assert "<figure" in note


def test_a_mark_without_its_footnote_is_text() -> None:
    assert render("a pattern like [^a-z] or [^1]", "k") == ['<p dir="auto">a pattern like [^a-z] or [^1]</p>']


def test_a_footnote_within_a_list_is_not_lost() -> None:
    assert "the words of it" in "".join(render("- a[^n]\n  [^n]: the words of it\n", "k"))


def test_an_address_that_grows_does_not_redraw_a_long_answer_with_every_letter() -> None:
    document, page = Document("k"), Page()
    page.apply(document.feed("a word and [the link]\n\n" * 3_000))
    before = page.received
    for letter in "[the link]: https://example.com/" + "x" * 200:
        page.apply(document.feed(letter))
    assert page.received - before < 3_000
    page.apply(document.feed("\n"))
    assert all("<a href" in block for block in page.blocks[:3_000])
    assert page.blocks == document.blocks
