"""A process dies at a named point while somebody asks; another one is started at once, and time passes."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from chatapp.telemetry.points import Point
from tests.page_model import Sight
from tests.patience import until
from tests.people import Answer, Asked, Person
from tests.product import Product
from tests.stand_in import StandIn
from tests.tabs import Tab
from tests.web import Web

SILENT_TITLE = "A question whose title never comes"


@dataclass(frozen=True)
class Death:
    """How one process ends. With `after`, when it comes to the point for that time."""

    signal: str
    point: Point
    after: int = 1

    @property
    def rehearsal(self) -> str:
        return f"{self.signal} at {self.point} after {self.after}"

    def __str__(self) -> str:
        return f"{self.signal}-{self.point}"


DEATHS: tuple[Death, ...] = (
    Death("SIGKILL", Point.BEFORE_ACCEPTING),
    Death("SIGKILL", Point.INSIDE_ACCEPTING),
    Death("SIGKILL", Point.ACCEPTED),
    Death("SIGKILL", Point.BEFORE_HOLD),
    Death("SIGKILL", Point.INSIDE_HOLD),
    Death("SIGKILL", Point.HOLD_COMMITTED),
    Death("SIGKILL", Point.HEARD, 20),
    Death("SIGKILL", Point.BEFORE_FLUSH, 6),
    Death("SIGKILL", Point.FLUSHED, 6),
    Death("SIGKILL", Point.BEFORE_SETTLING),
    Death("SIGKILL", Point.INSIDE_SETTLING),
    Death("SIGKILL", Point.SETTLED),
    Death("SIGTERM", Point.HOLD_COMMITTED),
    Death("SIGTERM", Point.FLUSHED, 6),
)


@dataclass
class Wreck:
    """What one person went through, and what is left of it afterwards."""

    death: Death
    person: Person
    ask_id: str = field(default_factory=lambda: str(uuid4()))
    asked: Asked | None = None
    tab: Tab | None = None
    died_at: float = 0.0
    sights: Sequence[Sight] = ()
    """Until the process died."""
    turn: Any = None
    """When nothing was open any more."""
    again: Answer | None = None
    """The same form, sent once more because its answer never came."""
    follow_up: Any = None

    @property
    def question(self) -> str:
        return f"What happens at {self.death}? [[tokens:110]] [[pace:60]] [[think:0]]"


@dataclass(frozen=True)
class Wreckage:
    wrecks: dict[str, Wreck]
    untitled: Asked
    """An answered turn whose process died while it asked for a title."""
    recovered_in_seconds: float
    product: Product


def wreck(product: Product, claude: StandIn) -> Wreckage:
    """Everybody asks a process of their own, all of which die; then one more is started, which has to do."""
    claude.plan_fault("silence_before_headers", match={"kind": "title", "text": SILENT_TITLE})
    with ThreadPoolExecutor(len(DEATHS)) as crowd:
        last = product.launch()
        webs = list(
            crowd.map(lambda death: product.launch(CHATAPP_REHEARSE=death.rehearsal, CHATAPP_GRACE="0"), DEATHS)
        )
        # Only when all of them serve does anybody ask, so that none lives to look after another one's turn.
        wrecks = [
            Wreck(death, Person(product, number, web=webs[number].ready())) for number, death in enumerate(DEATHS)
        ]
        # Not all at one file at once: who waits for it keeps nothing. Long before a lease ends all of them are gone.
        for some in (wrecks[::2], wrecks[1::2]):
            list(crowd.map(_sink, some))
        untitled = _begin_a_title(product, last.ready())
        last.kill()
        fresh = product.start()
        started_at = time.monotonic()
        for one in wrecks:
            one.person.web = fresh
        until(lambda: not still_open(product), 60, "the end of everything that was open")
        recovered_in_seconds = time.monotonic() - started_at
        list(crowd.map(_return, wrecks))
    return Wreckage({str(one.death): one for one in wrecks}, untitled, recovered_in_seconds, product)


def still_open(product: Product) -> list[tuple[Any, ...]]:
    """Whatever is not at its end; what waits by somebody's wish until Claude is back is not left open by anybody."""
    return product.rows(
        "SELECT 'turn', id FROM chatapp_turn WHERE ended_at IS NULL "
        "AND NOT (state = 'queued' AND worker = '' AND later_until IS NOT NULL) UNION "
        "SELECT 'attempt', id FROM chatapp_attempt WHERE outcome = 'running' UNION "
        "SELECT 'hold', id FROM chatapp_hold WHERE state = 'open'"
    )


def _sink(one: Wreck) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        one.asked = one.person.begin(one.question, one.ask_id)
        one.tab = Tab(one.person, one.asked.conversation)
    assert one.person.web
    one.person.web.dies(60)
    one.died_at = time.monotonic()
    one.sights = list(one.tab.page.sights) if one.tab else []


def _begin_a_title(product: Product, web: Web) -> Asked:
    asked = Person(product, len(DEATHS), web=web).begin(f"{SILENT_TITLE} [[tokens:5]]")
    until(lambda: product.rows("SELECT 1 FROM chatapp_attempt WHERE task = 'title' AND turn_id = ?", asked.turn), 20)
    return asked


def _return(one: Wreck) -> None:
    """The person comes back: sends the form again if it was never answered, looks, and asks on."""
    if one.asked is None:
        one.again = one.person.try_to_begin(one.question, one.ask_id)
        one.asked = Asked(one.again.json["conversation"], one.again.json["turn"])
    one.turn = one.person.final(one.asked)
    if one.tab:
        one.tab.until_state(one.asked.turn, one.turn["state"])
        one.tab.converges()
        one.tab.close()
    one.follow_up = one.person.final(one.person.ask(one.asked.conversation, "And now? [[tokens:9]]"))
