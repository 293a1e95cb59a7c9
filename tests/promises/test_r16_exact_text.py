"""R16: shown = received, except NUL and lone surrogates; what looks like JSON, HTML or htmx is shown as text."""

from __future__ import annotations

import pytest

from tests.markup import Element
from tests.page_model import Page
from tests.patience import until
from tests.people import Person
from tests.promises.texts import LOOKS_LIKE, say
from tests.tabs import Tab

pytestmark = pytest.mark.slow

# What a page of ours may hold inside an answer; nothing else can be an element there.
KNOWN = {
    *(
        "article",
        "div",
        "p",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "span",
        "a",
        "code",
        "pre",
        "strong",
        "em",
        "del",
        "br",
        "hr",
    ),
    *("ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "sup", "input", "button", "details"),
    *("summary", "figure", "figcaption", "dl", "dt", "dd"),
}
LIVE = ("on", "hx-", "data-hx", "style", "src", "srcdoc", "formaction")


@pytest.mark.parametrize("name", LOOKS_LIKE)
def test_a_text_that_looks_like_something_else_is_only_text(somebody: Person, name: str) -> None:
    text = LOOKS_LIKE[name]
    asked = somebody.begin(f"{text} {say(f'Before. {text} After.')}")
    tab = Tab(somebody, asked.conversation)
    turn = somebody.final(asked)
    assert turn["answer"] == f"Before. {text} After."
    assert turn["question"].startswith(text.strip()[:10])
    tab.until_state(asked.turn, turn["state"])
    reload = tab.converges()
    for page in (tab.page, reload):
        _is_harmless(page)
    # The words of it can be read, however it is laid out.
    shown = reload.text(asked.turn)
    assert "Before." in shown
    assert "After." in shown
    assert somebody.get(f"/c/{asked.conversation}/export.md").status == 200
    assert turn["answer"] in somebody.get(f"/c/{asked.conversation}/export.md").body.decode()
    tab.close()


def _is_harmless(page: Page) -> None:
    for article in page.articles:
        assert {element.name for element in article.walk()} <= KNOWN
    for answer in [answer for article in page.articles for answer in article.having("data-answer")]:
        for element in answer.walk():
            assert not [name for name in element.attributes if name.startswith(LIVE)]
            assert element.attributes.get("href", "https:").startswith(("https:", "http:", "mailto:", "#"))
    questions = [question for article in page.articles for question in article.having("data-question")]
    assert all(isinstance(child, str) for question in questions for child in question.children)


def test_the_question_itself_is_shown_as_it_was_written(somebody: Person) -> None:
    text = "\n".join(f"{name}: {words}" for name, words in LOOKS_LIKE.items() if name != "lines")
    asked = somebody.begin(f"{text} {say('Fine.')}")
    turn = somebody.final(asked)
    assert turn["question"].startswith(text)
    article = somebody.page(asked.conversation).article(asked.turn)
    assert article is not None
    (question,) = article.having("data-question")
    assert question.text == turn["question"]


def test_nul_and_lone_surrogates_in_a_question_are_replaced(somebody: Person) -> None:
    asked = somebody.begin(f"a\x00b\ud800c {say('d')}")
    turn = somebody.final(asked)
    assert turn["question"].startswith("a\ufffdb")
    assert "\x00" not in turn["question"]
    assert turn["answer"] == "d"


def test_a_title_is_text_too(somebody: Person) -> None:
    first_words = "A name. [[tokens:3]]"
    asked = somebody.begin(first_words)
    tab = Tab(somebody, asked.conversation)
    somebody.final(asked)
    tab.until(lambda page: page.titles and page.titles[-1] != first_words, what="Claude's own title")
    tab.page.titles.clear()
    for words in (LOOKS_LIKE["partial"], LOOKS_LIKE["envelope"], LOOKS_LIKE["script"]):
        assert somebody.post(f"/c/{asked.conversation}/rename/", {"title": words}).status == 200
        until(lambda: tab.page.titles, what="a new title")
        assert tab.page.titles.pop() == words
        entry = tab.page.rail[f"rail-{asked.conversation}"]
        assert words in entry.text
        assert {element.name for element in entry.walk()} <= {"li", "a", "span", "button"}
    tab.close()


def test_words_are_the_same_in_the_frame_the_page_and_the_export(somebody: Person) -> None:
    words = "Grüße, 你好, مرحبا, \U0001f469\u200d\U0001f680, a\u0301, ﬁ, Ω, \u00a0, “quoted”, it's & so on."
    asked = somebody.begin(say(words))
    tab = Tab(somebody, asked.conversation)
    turn = somebody.final(asked)
    tab.until_state(asked.turn, "answered")
    assert turn["answer"] == tab.page.text(asked.turn) == somebody.page(asked.conversation).text(asked.turn) == words
    tab.close()


def test_the_page_has_no_element_that_nobody_knows(somebody: Person) -> None:
    """The list above is worth something only if plain answers do not need all of it."""
    asked = somebody.begin(say("Plain."))
    somebody.final(asked)
    article = somebody.page(asked.conversation).article(asked.turn)
    assert isinstance(article, Element)
    assert {element.name for element in article.walk()} < KNOWN
