"""Code is copied exactly as it was written, whatever its colours."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.rendering import Document, Kind, code, render

SOURCES = [
    "def f(x):\n    return x < 1 and 'é' or \"\\n\"\n",
    "\n\n  leading and trailing  \n\n\n",
    "<script>alert('&amp;')</script>\n",
    "no end of line",
    "\ttabs\tand\u00a0spaces\u2028\n",
    "\ufeffbom\n",
    "",
]


def source_of(html: str) -> str:
    """What a browser copies: the text of the one `<code>`."""
    inside = re.search(r"(?s)<code>(.*)</code>", html)
    assert inside
    return unescape(re.sub(r"<[^>]*>", "", inside[1]))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("language", ["python", "js", "html", "console", "whatever", ""])
def test_the_text_of_the_code_is_its_source(language: str, source: str) -> None:
    assert source_of(code.figure(language, source, complete=True)) == source
    assert source_of(code.figure(language, source, complete=False)) == source


@given(st.sampled_from(sorted(code.COLOURED)), st.text("ab1 \n\t'\"#/*<>&(){}[]=-:;,.@$%\\`", max_size=80))
def test_no_language_changes_what_is_copied(language: str, source: str) -> None:
    assert source_of(code.figure(language, source, complete=True)) == source


def test_code_between_fences_is_exact_to_the_last_space() -> None:
    source = "if a:\n\n\tb  \n   ``\n~~~\n"
    assert source_of(render(f"````py\n{source}````\nafter", "k")[0]) == source
    assert source_of(render(f"````py\n{source}", "k")[0]) == source


def test_a_fence_that_stands_in_gives_back_what_stood_behind_it() -> None:
    assert source_of(render("  ```\n  a\n    b\n c\n  ```", "k")[0]) == "a\n  b\nc\n"


def test_code_says_its_language_and_has_a_button_without_any_script() -> None:
    html = render("```Python title=x\npass\n```", "k")[0]
    assert '<span class="language">Python</span>' in html
    assert '<button type="button" data-copy>Copy</button>' in html
    assert '<span class="k">pass</span>' in html
    assert "style=" not in html
    assert "onclick" not in html


@pytest.mark.parametrize(
    "name", ["py", "python3", "JS", "ts", "tsx", "sh", "c++", "c#", "yml", "rs", "Dockerfile", "svg", "jsonc"]
)
def test_people_call_languages_by_other_names(name: str) -> None:
    assert '<span class="' in code.colour(name, "x = 'a' # 1\n<b c='d'>\nFROM x\nif (1) return 'x'; // y\n")


def test_a_language_nobody_knows_is_plain() -> None:
    assert code.colour("klingon", "if <x>") == "if &lt;x&gt;"


def test_code_is_coloured_once_it_is_complete_and_not_before() -> None:
    document = Document("k")
    document.feed("```py\npass\n")
    assert '<span class="k">' not in document.blocks[0]
    (change,) = document.feed("```")
    assert change.kind is Kind.REPLACE
    assert '<span class="k">pass</span>' in change.html
    assert document.feed("\n") == ()
    (reopened,) = Document("k").feed("```py\npass\n```x")
    assert source_of(reopened.html) == "pass\n```x"


def test_code_in_a_list_is_coloured_when_its_fence_closes() -> None:
    text = "- a\n\n  ```py\n  pass\n"
    assert '<span class="k">' not in render(text, "k")[0]
    assert '<span class="k">pass</span>' in render(text + "  ```", "k")[0]
    assert '<span class="k">pass</span>' in render(text + "  ```\n- b", "k")[0]


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", "x = 1\n" * 2_001),
        ("ini", "a" * 501 + "=1\n"),
        ("csharp", "a\n" * 6_000),
    ],
)
def test_code_that_would_keep_everybody_waiting_stays_plain(language: str, source: str) -> None:
    assert code.colour(language, source) == source


def test_the_same_code_is_coloured_once() -> None:
    first = code.colour("py", "once = 1\n")
    assert code.colour("python", "once = " + str(1) + "\n") is first
