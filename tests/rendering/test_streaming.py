"""What streams is what a reload draws, at every moment and in whatever pieces it came."""

import pytest
from hypothesis import example, given

from chatapp.rendering import Document, Kind, markdown, render
from chatapp.rendering.document import LONGEST
from tests.rendering.answers import pieces, sizes, texts
from tests.rendering.model import Page

ANSWER = """# Settling an attempt

It costs **what it costs**, see [the prices][p] and the note[^1].

1. Take the *hold*
   - under a lock
   - once

   ```python
   entry = settle(attempt)
   ```
2. Write the entry

| What | Where |
|:-----|------:|
| hold | `money` |

```
$ make test
```

$$
a
+ b
$$

[p]: https://example.com/prices
[^1]: Rounded up, *against us*.
"""


@given(texts, sizes)
@example("$$\ntwo words\n", [1])
@example("- a\n\n1995 was a year\n", [1])
@example("| a | b |\n|---|---|\n| c | d |\n", [1])
@example("- [^n]\n  [^n]: \n", [1])
@example("- ```py\n  def f(): pass\n", [1])
@example("- ```py\n  def f(): pass\n\nnext", [23])
@example("- ```\n- \n- \n", [1])
@example("- ```py\n  def f(): pass\n- b\n- c\n", [1])
@example("- a\n1. \n", [1])
@example("- a\n- \n| a | b |\n- [a]\n- [a]: /u\n", [1])
@example("| a | b |\n|---|--:|\n-word\n    word\n", [1])
@example("- a\n- [a]: /u\n- [a]: /v\n", [1])
@example("[a]: /u\n\n[a]\n", [3])
@example("1|2\n-|-\n3|4\n|\n5|6\n-|-\n7|8\n9", [12, 14])
@example("[a]\n\n[a]: https://x.y\n\nz", [100])
@example("see www.example.com now", [6, 13])
@example("see http://a.bcde", [15, 2])
@example("[x](https://a.b 'ti')", [19, 2])
@example("|a|\n|-|\n|xx|xx yy", [14, 3])
@example("- bar\n\n  [a]: bar baz", [17, 4])
@example("word\rmore", [5, 4])
def test_whoever_reloads_sees_what_the_stream_shows(text: str, lengths: list[int]) -> None:
    document, page, arrived = Document("k"), Page(), ""
    for piece in pieces(text, lengths):
        page.apply(document.feed(piece))
        arrived += piece
        assert page.blocks == document.blocks == render(arrived, "k")


@pytest.mark.parametrize(
    "text",
    [
        "- a\n- b\n- | c |\n  |---|\n  |",
        "- [a\\]b]\n- c\n- [a\\]b]: https://x.y\n- d",
        f"- [{'a' * 300}]\n- b\n- [{'a' * 300}]: https://x.y\n- c",
        "- ` [a]\n- [a]: https://x.y\n- `\n- b",
        "1|2\n-|-\n3|4\n|\n5|6\n-|-\n7|8\n9",
        "1. \n1.\n!\n   - n",
    ],
)
@pytest.mark.parametrize("size", [1, 13])
def test_what_is_drawn_in_parts_is_what_drawing_the_whole_makes(text: str, size: int) -> None:
    document = Document("k")
    for piece in pieces(text, [size]):
        document.feed(piece)
    assert "\n".join(document.blocks) == markdown.html(text, "", str, complete=False)


def test_an_answer_that_arrives_letter_by_letter_is_the_answer_that_arrives_at_once() -> None:
    document, page = Document("k"), Page()
    for letter in ANSWER:
        page.apply(document.feed(letter))
        assert page.blocks == document.blocks
    assert page.blocks == render(ANSWER, "k")


def test_a_line_that_fills_a_block_to_its_last_letter_takes_nothing_of_the_next() -> None:
    text = ("- " + "w " * LONGEST)[: LONGEST - 1] + "w\n    - a"
    document = Document("k")
    for piece in (text[:LONGEST], *text[LONGEST:]):
        document.feed(piece)
    assert document.blocks == render(text, "k")


def test_the_text_is_kept_as_it_came() -> None:
    document = Document("k")
    for piece in ("a\r", "\nb", "", "\x00c"):
        document.feed(piece)
    assert document.text == "a\r\nb\ufffdc"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_ends_of_lines_do_not_matter(end: str) -> None:
    text = "# a\n\n- b\n- c\n\n```\nd\n```\n"
    document = Document("k")
    for letter in text.replace("\n", end):
        document.feed(letter)
    document.feed("e")
    assert document.blocks == render(text + "e", "k")


def test_a_block_that_is_complete_is_not_sent_again() -> None:
    document, seen, last = Document("k"), set(), 0
    for letter in ANSWER.partition("[p]:")[0]:
        for change in document.feed(letter):
            assert change.index >= last - 1
            seen.add(change.index)
            last = max(last, change.index + 1)
    assert seen == set(range(len(document.blocks)))


def test_blocks_never_become_fewer() -> None:
    document, count = Document("k"), 0
    for letter in ANSWER:
        document.feed(letter)
        assert len(document.blocks) >= count
        count = len(document.blocks)


def test_words_behind_words_are_appended_so_that_what_somebody_selected_stays_selected() -> None:
    document = Document("k")
    document.feed("It *costs* what")
    patches = [document.feed(piece) for piece in (" it", " costs", ", and", " ", "more. 日本語も。")]
    kinds = {change.kind for patch in patches for change in patch}
    assert kinds == {Kind.APPEND}
    assert document.blocks == ['<p dir="auto">It <em>costs</em> what it costs, and more. 日本語も。</p>']


def test_an_open_fence_only_ever_gets_longer() -> None:
    document = Document("k")
    document.feed("```py\n")
    patches = [document.feed(piece) for piece in ("if a", " < b:\n", "    ", "pass", "\n``", "")]
    assert [[(change.kind, change.html) for change in patch] for patch in patches] == [
        [(Kind.APPEND, "if a")],
        [(Kind.APPEND, " &lt; b:\n")],
        [(Kind.APPEND, "    ")],
        [(Kind.APPEND, "pass")],
        [(Kind.APPEND, "\n")],
        [],
    ]
    (closed,) = document.feed("`")
    assert closed.kind is Kind.REPLACE


def test_the_way_to_what_is_appended_leads_through_the_last_children() -> None:
    document = Document("k")
    document.feed("- a\n  - some words")
    (change,) = document.feed(" more")
    assert change.path == " > :last-child" * 4
    assert document.blocks[0].endswith("some words more</li>\n</ul>\n</li>\n</ul>")


def test_the_dash_of_an_item_does_not_make_a_heading_of_what_stands_above() -> None:
    document = Document("k")
    for letter in "So:\n- a\n  - b\n":
        document.feed(letter)
        assert "<h" not in "".join(document.blocks)
    assert render("Title\n---", "k") == ['<h4 dir="auto">Title</h4>']


def test_nothing_is_shown_for_an_answer_that_has_not_begun() -> None:
    assert render("", "k") == render(" \n\t\n\r\n ", "k") == []
