"""Nothing that a model or a person writes can run, become an htmx element, or ask another host for anything."""

import re
from html import unescape

import pytest
from hypothesis import example, given

from chatapp.rendering import Document, cleaning, markdown, render
from tests.rendering.answers import pieces, sizes, texts
from tests.rendering.grammar import reads

LITERAL = [
    '<div hx-get="/admin/">click</div>',
    '<div hx-ws:connect="/ws/c/1/">x</div>',
    '<hx-partial hx-target="#turns" hx-swap="innerHTML">gone</hx-partial>',
    "<template hx type=partial hx-target=body>x</template>",
    '<img src=x onerror="alert(1)">',
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    '<svg onload="alert(1)"><use href="#x"/></svg>',
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<a href="javascript:alert(1)">x</a>',
    "<style>*{background:url(//evil.example)}</style>",
    '<link rel=stylesheet href="//evil.example">',
    '<form action="//evil.example"><input name=a></form>',
    "<!-- comment -->",
    "<![CDATA[ x ]]>",
    "<?php echo 1 ?>",
    "<!DOCTYPE html>",
    "<base href=//evil.example>",
    '<meta http-equiv=refresh content="0;url=//evil.example">',
    '<p style="position:fixed" class="simulated" id="thread" data-turn="1" tabindex="1">x</p>',
    "</div></article></main><h1>New page</h1>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    '{"content": "<b>x</b>", "target": "body", "swap": "outerHTML"}',
    '{"beat":1}',
    "{% csrf_token %} {{ settings.SECRET_KEY }}",
]
MARKED = [
    '[x](https://a.b "<img src=x onerror=alert(1)>")',
    "[x](https://a.b '\"><script>alert(1)</script>')",
    "[x](<https://a.b/<hx-partial hx-target=body>>)",
    "[x](https://a.b/%22%3E%3Cscript%3E)",
    "![<hx-partial>](https://a.b/'\"><script>)",
    '![" onload="alert(1)](https://a.b/x.png)',
    "[<div hx-get=/>](https://a.b)",
    "[x]: https://a.b '<hx-partial hx-target=body>'\n\n[x]",
    "[^<script>]: x\n\na[^<script>]",
    '[^"><img]: x\n\na[^"><img]',
    '```"><script>alert(1)</script>\ncode\n```',
    "- ```<hx-partial>\n  </code></pre><script>alert(1)</script>\n  ```",
    "$<script>alert(1)</script>$ and \\(</code><img src=x>\\)",
    "$$\n</pre><script>alert(1)</script>\n$$",
    "| <script> | b |\n|---|---|\n| </table><script> | `</td>` |",
    "# <script>alert(1)</script> {onclick=alert(1)}",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;script&#62; &#x3c;img src=x&#x3e;",
    "<https://a.b/?<script>alert(1)</script>>",
    'https://a.b/?"onmouseover=alert(1)',
    "\\<script>alert(1)\\</script>",
    "`</code><script>alert(1)</script>`",
    "> <b>\n> - <hx-partial>\n>   1. <svg>",
    "****<*a*>****<x y='**z**'>",
    "- a[^n]\n  [^n]: nested [^1]\n\n[^1]: x",
]
SCHEMES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A&#x61vascript:alert(1)",
    "\x01javascript:alert(1)",
    "java%0ascript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml;base64,PHN2Zz4=",
    "blob:https://a.b/1",
    "file:///etc/passwd",
    "filesystem:https://a.b/x",
    "feed:javascript:alert(1)",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "?x=1",
    "/accounts/logout/",
    "#note-k-1",
]


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


@given(texts, sizes)
def test_whatever_is_written_only_what_we_know_reaches_a_page(text: str, lengths: list[int]) -> None:
    document = Document("k")
    for piece in pieces(text, lengths):
        for change in document.feed(piece):
            assert reads(change.html, "k")
        for block in document.blocks:
            assert reads(block, "k")


@pytest.mark.parametrize(
    "around", ["{}", "before {} after", "- {}", "> {}", "| a |\n|---|\n| {} |", "**{}**", "[^1]: {}"]
)
@pytest.mark.parametrize("text", LITERAL)
def test_what_looks_like_a_page_is_shown_as_text(text: str, around: str) -> None:
    html = "".join(render(around.format(text), "k"))
    assert reads(html, "k")
    assert text in text_of(html)


@pytest.mark.parametrize("text", [*LITERAL, *MARKED])
def test_nothing_gets_through_at_any_moment(text: str) -> None:
    document = Document("k")
    for letter in f"{text}\n\n{text} {text}":
        for change in document.feed(letter):
            assert reads(change.html, "k")
    assert all(reads(block, "k") for block in document.blocks)


@pytest.mark.parametrize("address", SCHEMES)
@pytest.mark.parametrize(
    "link", ["[x]({})", "[x](<{}>)", "![x]({})", "[x]\n\n[x]: {}", "[x]\n\n[x]: <{}>", "<{}>", "{}"]
)
def test_no_link_leads_anywhere_but_to_the_web_and_to_mail(link: str, address: str) -> None:
    html = "".join(render(link.format(address), "k"))
    assert reads(html, "k")
    assert not re.search(r'href="(?!https?://a\.b)', html)


@pytest.mark.parametrize("raw", [*LITERAL, *(f'<a href="{address}">x</a>' for address in SCHEMES)])
def test_the_sanitiser_holds_even_if_the_parser_lets_html_through(raw: str) -> None:
    html = cleaning.sanitise(raw)
    box = '(?:type="checkbox" disabled=""|disabled="" type="checkbox")'
    assert reads(re.sub(rf' class=""|<input {box}>', "", html), "k")


PLAIN_ANSWER = """# Two *things*

He said "so" & left, [twice](https://example.com/a?b=1#c) or `more` < **3**
and ~~less~~.

1. > one
2. two

- loose

- ones

| a | b | c |
|:--|--:|---|
| [d](https://example.com) | e | "f" |

***
"""


@given(texts)
@example(PLAIN_ANSWER)
def test_what_needs_no_sanitiser_is_written_as_it_would_write_it(text: str) -> None:
    raw = markdown._rewrite(text.replace("\ud83d", "?"), "")
    if cleaning._is_sparing(raw):
        assert cleaning._written(raw) == cleaning._CLEANER.clean(raw)
    assert cleaning._is_sparing(raw) or text != PLAIN_ANSWER


@pytest.mark.parametrize("raw", [*LITERAL, *(f'<a href="{address}">x</a>' for address in SCHEMES)])
def test_only_the_sanitiser_lets_anything_else_through(raw: str) -> None:
    for around in ("{}", "<p>x {} y</p>", '<a href="https://a.bc">{}</a>'):
        assert not cleaning._is_sparing(around.format(raw)) or "<" not in raw


@pytest.mark.parametrize(
    "words", ["a > b", "a\xa0b", "a\x00b", "a\rb", "&#160;", "&copy", "&#106;", "&lt&gt;", "</div>", "<b>"]
)
def test_what_would_be_written_otherwise_than_it_came_is_the_sanitisers(words: str) -> None:
    raw = f"<p>{words}</p>"
    assert cleaning.sanitise(raw) == cleaning._CLEANER.clean(raw) != cleaning._written(raw)


def test_the_check_itself_sees_every_kind_of_hole() -> None:
    for hole in (
        "<script>",
        "<p>",
        '<p dir="auto" onclick="x">',
        '<p class="simulated" dir="auto">',
        '<a href="javascript:x" target="_blank" rel="noopener noreferrer nofollow">',
        '<a href="https://a.b/<x>" target="_blank" rel="noopener noreferrer nofollow">',
        '<a href="https://a.b">',
        '<img src="https://a.b">',
        '<span class="k" style="x">',
        '<a href="#note-other-1" role="doc-noteref">',
        "a < b",
        "a > b",
    ):
        assert not reads(hole, "k")


def test_a_key_cannot_break_out_of_an_id() -> None:
    html = "".join(render("a[^1]\n\n[^1]: b", '"><script>'))
    assert "<script>" not in html


def test_deeper_than_anybody_writes_is_shown_as_it_stands() -> None:
    for line in (">" * 5_000, "- " * 2_000 + "x", "1. " * 2_000 + "x", "> - " * 1_000 + "x"):
        html = "".join(render(line, "k"))
        assert reads(html, "k")
        assert html.count("<blockquote") + html.count("<li") < 40
        assert text_of(html) == line
