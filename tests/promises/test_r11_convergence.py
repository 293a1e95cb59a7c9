"""R11: two seconds after the network is back the page equals a reload; what it shows is a prefix of the answer."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Event
from uuid import uuid4

import pytest

from tests.people import Asked, Person
from tests.prefixes import strayed
from tests.product import Product
from tests.promises.faults import FAULTS, Fault
from tests.promises.rehearsal import Story
from tests.promises.texts import say
from tests.tabs import Tab

pytestmark = pytest.mark.slow
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=str)

RICH = """# A heading with `code` and *words*

First a paragraph with a [link](https://example.org) and **bold text that goes
over a line**, and a footnote[^1].

| Name | What it is |
| --- | ---: |
| one | **1** |
| two | `2` |

- a list
  1. nested, with ~~a struck word~~
  2. and *another*
- [x] a task that is done

```python
def greet(name: str) -> str:
    return f"<b>Hello, {name} & co</b>"
```

> A quotation, مرحبا بالعالم and 你好世界。

The formula $a^2 + b^2 = c^2$ ends it.

[^1]: The note, after all.
"""


@each_fault
def test_an_open_page_ends_as_a_reload_draws_it(stories: dict[str, Story], fault: Fault) -> None:
    assert stories[str(fault)].trouble == ""


def _never_strays(tab: Tab, asked: Asked, answer: str) -> None:
    """At every moment the page showed what a prefix of the answer looks like, and never a shorter one than before."""
    sights = [sight for sight in tab.page.sights if sight.turn == asked.turn]
    assert strayed(sights, asked.turn, answer) is None


def _await_frames(tab: Tab, asked: Asked, more: int) -> None:
    before = len(tab.page.sights)
    tab.until(lambda page: len(page.sights) >= before + more or page.state(asked.turn) == "answered", 3)


def test_an_answer_with_everything_in_it_is_a_prefix_at_every_frame(somebody: Person) -> None:
    asked = somebody.begin(f"Show me all. {say(RICH)} [[pace:120]] [[think:0]]")
    tab = Tab(somebody, asked.conversation)
    turn = somebody.final(asked)
    assert turn["answer"] == RICH
    tab.until_state(asked.turn, "answered")
    tab.converges()
    _never_strays(tab, asked, RICH)
    assert len(tab.page.sights) > 15
    tab.close()


def test_a_page_whose_network_comes_and_goes_converges(somebody: Person) -> None:
    asked = somebody.begin(f"Show me all, slowly. {say(RICH * 2)} [[pace:90]] [[think:0]]")
    dice = random.Random(11)
    tab = Tab(somebody, asked.conversation)
    while tab.page.state(asked.turn) != "answered":
        _await_frames(tab, asked, dice.randint(1, 6))
        tab.cut()
        tab.connect()
    tab.until_state(asked.turn, "answered", seconds=2)
    tab.converges()
    _never_strays(tab, asked, somebody.turn(asked)["answer"])
    assert tab.connections > 5
    tab.close()


def test_a_page_that_slept_through_it_all_is_brought_up_to_date(somebody: Person) -> None:
    first = somebody.begin("One. [[tokens:40]]")
    somebody.final(first)
    sleeper = Tab(somebody, first.conversation)
    sleeper.cut()
    second = somebody.ask(first.conversation, "Two. [[tokens:40]]")
    somebody.final(second)
    somebody.act(second, "retry")
    running = Asked(first.conversation, max(turn["id"] for turn in somebody.export(first.conversation)["turns"]))
    somebody.final(running)
    somebody.act(first, "edit", question="Another one. [[tokens:600]] [[pace:60]] [[think:0]]", ask_id=str(uuid4()))
    edited = max(turn["id"] for turn in somebody.export(first.conversation)["turns"])
    sleeper.connect()
    sleeper.until(lambda page: len(page.text(edited)) > 40)
    assert [article.id for article in sleeper.page.articles] == [f"turn-{edited}"]
    somebody.act(Asked(first.conversation, edited), "stop")
    sleeper.until_state(edited, "stopped", seconds=3)
    sleeper.converges()
    sleeper.close()


def test_an_answer_that_is_asked_for_anew_is_shown_once(house: Product) -> None:
    """Several people at once, so that reading the rows takes a while in which an answer goes on."""

    def ask_anew(number: int) -> None:
        person = Person(house, number)
        first = person.begin("Again and again. [[tokens:100]] [[pace:900]] [[think:0]]")
        person.final(first)
        tab = Tab(person, first.conversation)
        for _ in range(8):
            asked = Asked(first.conversation, person.act(first, "retry").json["turn"])
            person.sees(asked, "answered")
            tab.until_state(asked.turn, "answered", seconds=5)
            answer = person.turn(asked)["answer"]
            shown = [sight.text for sight in tab.page.sights if sight.turn == asked.turn]
            assert all(answer.startswith(text) for text in shown)
        tab.converges()
        tab.close()

    with ThreadPoolExecutor() as crowd:
        list(crowd.map(ask_anew, range(8)))


def test_what_is_asked_again_looks_the_same_on_a_reload_while_it_waits_and_when_it_begins_anew(
    somebody: Person,
) -> None:
    asked = somebody.begin(f"Break off once. {say(RICH)} [[fault:cut times=1]] [[pace:120]] [[think:1]]")
    tab = Tab(somebody, asked.conversation)
    tab.until_state(asked.turn, "retrying")
    assert "data-again" in tab.converges().transcript
    late = Tab(somebody, asked.conversation)
    for page in (tab, late):
        page.until_state(asked.turn, "answered")
        page.converges()
        assert "data-again" not in page.page.transcript
        page.close()
    assert somebody.turn(asked)["answer"] == RICH


def test_several_pages_of_one_conversation_show_the_same(somebody: Person) -> None:
    phone = Person(somebody.product, somebody.number, "-phone")
    first = somebody.begin(f"To be seen everywhere. {say(RICH)} [[pace:400]]")
    tabs = [Tab(person, first.conversation) for person in (somebody, somebody, phone)]
    second = None
    somebody.final(first)
    for act in ("retry", "retry"):
        assert somebody.act(first, act).status == 200
        newest = max(turn["id"] for turn in phone.export(first.conversation)["turns"])
        second = Asked(first.conversation, newest)
        somebody.final(second)
    assert second is not None
    assert phone.act(first, "select").status == 200
    third = phone.ask(first.conversation, f"And one more. {say(RICH)} [[pace:400]]")
    phone.final(third)
    for tab in tabs:
        tab.until_state(third.turn, "answered")
        tab.converges()
        assert [article.id for article in tab.page.articles] == [f"turn-{first.turn}", f"turn-{third.turn}"]
        tab.close()


def test_a_tab_that_joins_while_another_one_leaves_hears_everything(somebody: Person) -> None:
    asked = somebody.begin("A long one. [[tokens:3000]] [[pace:60]] [[think:0]]")
    dice = random.Random(7)
    here, coming = Tab(somebody, asked.conversation), Tab(somebody, asked.conversation)
    coming.cut()
    for _ in range(40):
        with ThreadPoolExecutor(1) as hand:
            connecting = hand.submit(coming.connect)
            # Somewhere between its knock and its first frame.
            Event().wait(dice.uniform(0, 0.02))
            here.cut()
            connecting.result()
        _await_frames(coming, asked, 2)
        here, coming = coming, here
    # Each of them knocked only when it was told to: nobody had to be woken by silence.
    assert here.connections + coming.connections == 42
    somebody.act(asked, "stop")
    here.close()


def test_an_idle_page_hears_a_beat_and_a_running_one_hears_something_every_second(somebody: Person) -> None:
    asked = somebody.begin("Silence, please. [[fault:silence_before_headers]]")
    tab = Tab(somebody, asked.conversation)
    tab.until(lambda page: page.beats >= 3, 6, "three beats")
    times = [at for at, _ in tab.frames]
    assert max(later - earlier for earlier, later in pairwise(times)) < 2.4
    somebody.act(asked, "stop")
    tab.close()
