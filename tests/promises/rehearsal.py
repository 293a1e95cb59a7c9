"""A rehearsal: one question meets one fault while a page is open, and the next question follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.page_model import Page, Sight
from tests.people import Asked, Person
from tests.product import PEOPLE, Product
from tests.promises.faults import FAULTS, Fault
from tests.stand_in import StandIn
from tests.tabs import Tab

# Long enough for a busy machine, short enough to wait for.
DEADLINES = {
    "CHATAPP_DEADLINE_FIRST_EVENT": "4",
    "CHATAPP_DEADLINE_FIRST_WORD": "5",
    "CHATAPP_DEADLINE_SILENCE": "4",
    "CHATAPP_DEADLINE_ANSWER": "40",
    # A hundred failures at once are a hundred rehearsals here, not an outage.
    "CHATAPP_BREAKER": "0",
}
_ATTEMPTS = "SELECT * FROM chatapp_attempt WHERE turn_id = ? AND task = 'answer' ORDER BY number"
AGAIN = "And what is the next step? [[tokens:12]]"


@dataclass(frozen=True)
class Story:
    """What everybody knows of one rehearsal afterwards."""

    fault: Fault
    asked: Asked
    export: Any
    frames: Sequence[str]
    sights: Sequence[Sight]
    reload: Page
    again: Any
    requests: Sequence[Mapping[str, Any]]
    """What the simulated Claude heard of this question, chores left out."""
    follow_ups: Sequence[Mapping[str, Any]]
    holds: Sequence[Mapping[str, Any]]
    attempts: Sequence[Mapping[str, Any]]
    """The rows of what was asked for this answer, the first one first."""
    trouble: str
    """What went wrong with the open page meanwhile."""

    @property
    def turn(self) -> Any:
        return self.export["turns"][0]

    @property
    def sent_text(self) -> str:
        return "".join(request["answer"] or "" for request in self.requests)


@dataclass(frozen=True)
class _Seen:
    fault: Fault
    asked: Asked
    again: Asked
    tab: Tab
    reload: Page
    export: Any
    trouble: str


def rehearse(product: Product, claude: StandIn, faults: Sequence[Fault] = FAULTS) -> dict[str, Story]:
    """All of them, many at once, and then the heavy ones one after the other."""
    numbered = list(enumerate(faults))
    with ThreadPoolExecutor(12) as crowd:
        light = crowd.map(lambda one: _meet(product, *one), [one for one in numbered if not one[1].heavy])
        seen = list(light)
    seen += [_meet(product, *one) for one in numbered if one[1].heavy]
    journal = claude.settled_journal()
    return {str(one.fault): _story(product, one, journal) for one in seen}


def _meet(product: Product, number: int, fault: Fault) -> _Seen:
    person = Person(product, number % len(PEOPLE))
    asked = person.begin(fault.question)
    tab = Tab(person, asked.conversation)
    person.final(asked, 60)
    trouble = ""
    try:
        tab.until_state(asked.turn, person.state(asked), seconds=10)
        reload = tab.converges()
    except AssertionError as parted:
        trouble, reload = str(parted), person.page(asked.conversation)
    again = person.ask(asked.conversation, AGAIN)
    person.final(again)
    tab.close()
    return _Seen(fault, asked, again, tab, reload, person.export(asked.conversation), trouble)


def _story(product: Product, seen: _Seen, journal: Sequence[Mapping[str, Any]]) -> Story:
    holds = product.records("hold")
    ids = dict(product.rows("SELECT id, correlation_id FROM chatapp_turn"))
    heard = [entry for entry in journal if entry["kind"] not in ("title", "summary")]
    return Story(
        fault=seen.fault,
        asked=seen.asked,
        export=seen.export,
        frames=[frame for _, frame in seen.tab.frames],
        sights=[sight for sight in seen.tab.page.sights if sight.turn == seen.asked.turn],
        reload=seen.reload,
        again=seen.export["turns"][1],
        requests=[entry for entry in heard if entry["correlation_id"] == ids[seen.asked.turn]],
        follow_ups=[entry for entry in heard if entry["correlation_id"] == ids[seen.again.turn]],
        attempts=product.dicts(_ATTEMPTS, seen.asked.turn),
        holds=[hold for hold in holds if hold["correlation_id"] == ids[seen.asked.turn]],
        trouble=seen.trouble,
    )
