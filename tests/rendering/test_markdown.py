"""What people see of each thing that Claude writes."""

import re

import pytest

from chatapp.rendering import render

LINK = ' target="_blank" rel="noopener noreferrer nofollow"'


def shown(text: str) -> str:
    return "\n".join(render(text, "k"))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Hello *you* and **me**", '<p dir="auto">Hello <em>you</em> and <strong>me</strong></p>'),
        ("~~gone~~ and `a < b`", '<p dir="auto"><del>gone</del> and <code>a &lt; b</code></p>'),
        ("one\ntwo  \nthree", '<p dir="auto">one<br>\ntwo<br>\nthree</p>'),
        ("> said", '<blockquote dir="auto">\n<p dir="auto">said</p>\n</blockquote>'),
        ("a\n\n***", '<p dir="auto">a</p>\n<hr>'),
        ("7. a", '<ol start="7">\n<li dir="auto">a</li>\n</ol>'),
        ("**これは「強調」です。**続き", '<p dir="auto"><strong>これは「強調」です。</strong>続き</p>'),
        ("שלום *עולם*", '<p dir="auto">שלום <em>עולם</em></p>'),
        ("&copy; &amp; &lt;", '<p dir="auto">© &amp; &lt;</p>'),
    ],
)
def test_a_piece_of_markdown_becomes_what_it_says(text: str, html: str) -> None:
    assert shown(text) == html


@pytest.mark.parametrize(
    ("marks", "level"), [("#", 3), ("##", 4), ("###", 5), ("####", 6), ("#####", 6), ("######", 6)]
)
def test_headings_stand_below_those_of_the_page(marks: str, level: int) -> None:
    assert shown(f"{marks} Title") == f'<h{level} dir="auto">Title</h{level}>'


def test_an_underlined_line_is_a_heading_too() -> None:
    assert shown("Title\n=====\nText") == '<h3 dir="auto">Title</h3>\n<p dir="auto">Text</p>'


def test_lists_stand_within_lists() -> None:
    html = shown("- a\n  - b\n    1. c\n- d")
    assert re.sub(r"\s*\n\s*| dir=\"auto\"", "", html) == (
        "<ul><li>a<ul><li>b<ol><li>c</li></ol></li></ul></li><li>d</li></ul>"
    )


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_task_is_a_box_with_a_name_that_nobody_can_tick(gap: str) -> None:
    html = shown(f"- [x] read{gap}- [ ] write")
    assert '<input type="checkbox" checked="" disabled="" aria-label="Done"> read' in html
    assert '<input type="checkbox" disabled="" aria-label="To do"> write' in html


def test_a_table_scrolls_in_a_frame_of_its_own() -> None:
    html = shown("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert html.startswith('<div class="table" role="group" aria-label="Table" tabindex="0"><table>')
    assert '<th dir="auto">a</th>' in html
    assert '<td align="right" dir="auto">2</td>' in html


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("[x](https://a.b/c?d=e&f)", "https://a.b/c?d=e&amp;f"),
        ("<https://a.b>", "https://a.b"),
        ("see https://a.b/c, ok", "https://a.b/c"),
        ("www.example.com", "http://www.example.com"),
        ("me@example.com", "mailto:me@example.com"),
        ("[x][y]\n\n[y]: https://a.b 'title'", "https://a.b"),
    ],
)
def test_a_link_opens_beside_the_chat_and_tells_nobody_where_it_was(text: str, address: str) -> None:
    assert f'<a href="{address}"{LINK}>' in shown(text)


@pytest.mark.parametrize(
    "address", ["/admin/", "../x", "#top", "//evil.example", "javascript:alert(1)", "ftp://a.b", "tel:1"]
)
def test_a_link_to_anything_else_is_only_its_words(address: str) -> None:
    assert shown(f"[words]({address})") == f'<p dir="auto"><a{LINK}>words</a></p>'


def test_an_image_is_a_link_to_it_because_nothing_is_fetched_from_elsewhere() -> None:
    assert shown('![a *cat*](https://a.b/c.png "t")') == (
        f'<p dir="auto"><a href="https://a.b/c.png" class="image"{LINK}>a cat</a></p>'
    )
    assert f'class="image"{LINK}>https://a.b/c.png</a>' in shown("![](https://a.b/c.png)")
    assert (
        shown("[![logo](https://a.b/c.png)](https://a.b)") == f'<p dir="auto"><a href="https://a.b"{LINK}>logo</a></p>'
    )


@pytest.mark.parametrize(
    "formula",
    [r"$x_1 * y_2 * z$", r"$$\frac{a}{b} \\ c$$", r"\(a_1 * b_1 * c\)", r"\[x < y \\ z_a_b\]", r"$\{a, b\}$", "$é_1_$"],
)
def test_a_formula_stays_as_it_was_written(formula: str) -> None:
    escaped = formula.replace("<", "&lt;")
    assert shown(f"so {formula} holds") == f'<p dir="auto">so <code class="math">{escaped}</code> holds</p>'


def test_a_formula_on_lines_of_its_own_is_not_markdown() -> None:
    for formula in ("$$\na\n+ b\n- c\n# d\n$$", "\\[\n\\begin{a} x & y \\\\\n1. z\n\\end{a}\n\\]"):
        html = shown(f"before\n{formula}\nafter")
        escaped = formula.replace("&", "&amp;")
        assert f'<pre class="math" dir="ltr" tabindex="0">{escaped}</pre>' in html
        assert html.endswith('<p dir="auto">after</p>')


def test_a_formula_that_never_ends_is_text_after_all() -> None:
    assert 'class="math"' in shown("$$\nx")
    assert shown("$$\nx\n\ny") == '<p dir="auto">$$<br>\nx</p>\n<p dir="auto">y</p>'


@pytest.mark.parametrize("text", ["$5 and $10", "it is $5", "5$ or 10$", "US$5-US$10", "a $ b $ c", r"\$x$", "`$x$`"])
def test_prices_are_not_formulas(text: str) -> None:
    assert "math" not in shown(text)


def test_prices_that_look_like_a_formula_lose_nothing() -> None:
    assert "".join(re.split(r"<[^>]*>", shown("from $10, US$ at most"))) == "from $10, US$ at most"
