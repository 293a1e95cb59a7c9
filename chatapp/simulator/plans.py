"""Which request meets which fault: plans made at the control door, and markers in questions."""

import random
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chatapp.simulator import faults
from chatapp.simulator.faults import Fault
from chatapp.simulator.markers import Params, Wish
from chatapp.simulator.refusals import invalid

MAX_REMEMBERED = 10_000
MOST_SECONDS = 86_400
PLAN_FIELDS = ("fault", "times", "share", "match", "params", "lasts")
KINDS = ("question", "title", "summary", "any", "count")


@dataclass(slots=True)
class Plan:
    """A fault in waiting: `times` None means until it is cleared, `share` how many of those it fits it meets.

    With `lasts` it ends by itself after so many seconds, whoever made it and whether or not they are still there.
    """

    fault: Fault
    params: Params
    times: int | None = None
    share: float = 1.0
    text: str = ""
    model: str = ""
    kind: str = "question"
    lasts: float | None = None
    met: int = 0
    id: str = field(default_factory=lambda: secrets.token_hex(6))
    until: float | None = None

    def describe(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "fault": self.fault.name,
            "params": self.params,
            "times": self.times,
            "share": self.share,
            "match": {"text": self.text, "model": self.model, "kind": self.kind},
            "lasts": self.lasts,
            "met": self.met,
        }

    def fits(self, question: str, model: str, kind: str) -> bool:
        return (
            # A closed port meets everybody by itself.
            not self.fault.closes_the_port
            and (self.times is None or self.met < self.times)
            and self.text in question
            and self.model in ("", model)
            # A count is nothing that a person waits for: who wants it to fail says so.
            and (self.kind == kind if kind == "count" else self.kind in ("any", kind))
        )


@dataclass(slots=True)
class Plans:
    """All plans, oldest first, and how often each marker has been obeyed."""

    dice: random.Random
    clock: Callable[[], float] = time.monotonic
    plans: list[Plan] = field(default_factory=list)
    obeyed: "OrderedDict[tuple[str, str], int]" = field(default_factory=OrderedDict)

    def add(self, plan: Plan) -> None:
        plan.until = None if plan.lasts is None else self.clock() + plan.lasts
        self.plans.append(plan)

    def current(self) -> list[Plan]:
        """All that are not over, oldest first."""
        now = self.clock()
        self.plans[:] = [plan for plan in self.plans if plan.until is None or now < plan.until]
        return self.plans

    def withdraw(self, plan_id: str) -> Plan | None:
        """Ends one and leaves the others; None when it is over already, or never was."""
        found = next((plan for plan in self.current() if plan.id == plan_id), None)
        if found is not None:
            self.plans.remove(found)
        return found

    def clear(self) -> None:
        self.plans.clear()
        self.obeyed.clear()

    def choose(self, question: str, model: str, kind: str, asker: str, wish: Wish) -> tuple[Fault, Params] | None:
        if wish.fault is not None:
            return self.marked(question, asker, wish)
        for plan in self.current():
            if plan.fits(question, model, kind) and (plan.share >= 1 or self.dice.random() < plan.share):
                plan.met += 1
                return plan.fault, plan.params
        return None

    def marked(self, question: str, asker: str, wish: Wish) -> tuple[Fault, Params] | None:
        """A marker with `times` counts the requests of one asker for one question: a retry can succeed."""
        fault, implied = faults.find(wish.fault or "")
        check_settings(fault, wish.params)
        times = wish.params.get("times")
        if times is not None:
            key = (asker, question)
            met = self.obeyed.pop(key, 0)
            self.obeyed[key] = met + 1
            if len(self.obeyed) > MAX_REMEMBERED:
                self.obeyed.popitem(last=False)
            if not isinstance(times, int) or met >= times:
                return None
        return fault, {**implied, **wish.params}


def read(body: Any) -> Plan:
    """A plan from the control door's JSON; what is no field of a plan is a setting of its fault."""
    if not isinstance(body, dict) or not isinstance(body.get("fault"), str):
        raise invalid('simulator: a plan is JSON like {"fault": "overloaded", "times": 3}')
    fault, implied = faults.find(body["fault"])
    match = body.get("match") or {}
    if not isinstance(match, dict) or match.get("kind", "question") not in KINDS:
        raise invalid(f"simulator: match is {{text, model, kind}}, kind one of {', '.join(KINDS)}")
    own = {name: value for name, value in body.items() if name not in PLAN_FIELDS}
    params = {**implied, **own, **(body.get("params") or {})}
    check_settings(fault, params)
    times, share = body.get("times"), body.get("share", 1.0)
    if not (times is None or (isinstance(times, int) and times > 0)) or not isinstance(share, (int, float)):
        raise invalid("simulator: times is a whole number above zero, share a number from 0 to 1")
    lasts = body.get("lasts")
    if not (lasts is None or (isinstance(lasts, (int, float)) and 0 < lasts <= MOST_SECONDS)):
        raise invalid(f"simulator: lasts is a number of seconds above zero, {MOST_SECONDS} at most")
    return Plan(
        fault, params, times, float(share),
        str(match.get("text", "")), str(match.get("model", "")), str(match.get("kind", "question")),
        None if lasts is None else float(lasts),
    )  # fmt: skip


def check_settings(fault: Fault, params: Params) -> None:
    shared = STATUS_SETTINGS if fault.instead else ()
    for name, value in params.items():
        if name not in (*fault.defaults, *shared, "times"):
            known = ", ".join((*fault.defaults, *shared)) or "none"
            raise invalid(f"simulator: {fault.name} has no setting {name!r}; its settings are: {known}")
        if not isinstance(value, (str, int, float)):
            raise invalid(f"simulator: {name} is a word or a number")


STATUS_SETTINGS = ("code", "retry_after", "retry_after_ms", "should_retry", "error_code", "message")
