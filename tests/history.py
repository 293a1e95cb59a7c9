"""The history checker: what the pages saw, the rows, and the simulated Claude's journal must tell one story."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from chatapp import rendering
from tests.markup import parse
from tests.money.claude import bill
from tests.page_model import FINAL, Sight
from tests.prefixes import looks_like_a_prefix
from tests.product import Product

Row = Mapping[str, Any]
# How long a killed process's connection may be seen as alive at the other end.
NOTICING = timedelta(seconds=0.5)


@dataclass(frozen=True)
class History:
    turns: Mapping[int, Row]
    attempts: Sequence[Row]
    holds: Mapping[int, Row]
    entries: Sequence[Row]
    checkpoints: Sequence[Row]
    conversations: Sequence[Row]
    journal: Sequence[Row]
    sights: Sequence[Sequence[Sight]]
    """Of each page, in the order in which they were seen."""
    accepted: Mapping[str, int]
    """Which turn each ask_id made, as the person was told."""

    @classmethod
    def collect(
        cls,
        product: Product,
        journal: Sequence[Row],
        sights: Iterable[Sequence[Sight]],
        accepted: Mapping[str, int] | None = None,
    ) -> History:
        return cls(
            turns={row["id"]: row for row in product.records("turn")},
            attempts=product.records("attempt"),
            holds={row["id"]: row for row in product.records("hold")},
            entries=product.records("entry"),
            checkpoints=product.records("checkpoint"),
            conversations=product.records("conversation"),
            journal=journal,
            sights=[list(one) for one in sights],
            accepted=accepted or {},
        )

    def answering(self, turn: int) -> list[Row]:
        return list(self._answering[turn])

    def requests(self, turn: int) -> list[Row]:
        """What the simulated Claude was asked on behalf of a turn, chores left out."""
        return self._requests[self.turns[turn]["correlation_id"]]

    def shown(self, turn: int) -> list[list[Sight]]:
        return self._shown[turn]

    @cached_property
    def _answering(self) -> dict[int, list[Row]]:
        return _grouped((row["turn_id"], row) for row in self.attempts if row["task"] == "answer")

    @cached_property
    def _requests(self) -> dict[str, list[Row]]:
        return _grouped((one["correlation_id"], one) for one in self.journal if one["kind"] == "question")

    @cached_property
    def _shown(self) -> dict[int, list[list[Sight]]]:
        pages = [_grouped((sight.turn, sight) for sight in page) for page in self.sights]
        return _grouped((turn, sights) for page in pages for turn, sights in page.items())


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> defaultdict[Any, list[Any]]:
    groups: defaultdict[Any, list[Any]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def complaints(history: History) -> list[str]:
    """Everything that cannot be, in words."""
    return [f"{rule.__name__}: {complaint}" for rule in RULES for complaint in rule(history)]


def is_put_off(turn: Row) -> bool:
    return turn["state"] == "queued" and bool(turn["later_until"]) and not turn["worker"]


def every_turn_has_one_end(history: History) -> Iterator[str]:
    for turn, row in history.turns.items():
        if is_put_off(row):
            # Somebody wished that it waits until Claude is back: it is open, and nothing of it runs or is held.
            if any(attempt["outcome"] == "running" for attempt in history.answering(turn)):
                yield f"turn {turn} waits, and is being asked"
            if row["ended_at"] or not row["lease_until"] or row["lease_until"] > row["later_until"]:
                yield f"turn {turn} waits, and nobody will ever ask it"
        elif row["state"] not in FINAL or not row["ended_at"] or row["lease_until"]:
            yield f"turn {turn} is {row['state']}"
    for page in history.sights:
        ended: dict[int, str] = {}
        for sight in page:
            if ended.setdefault(sight.turn, sight.state) not in FINAL:
                ended[sight.turn] = sight.state
            elif ended[sight.turn] != sight.state:
                yield f"turn {sight.turn} was {ended[sight.turn]} and then {sight.state}"
        for turn, state in ended.items():
            if turn in history.turns and state in FINAL and state != history.turns[turn]["state"]:
                yield f"turn {turn} was shown as {state} and is {history.turns[turn]['state']}"


def an_ask_id_makes_one_turn(history: History) -> Iterator[str]:
    made = _grouped((row["ask_id"], turn) for turn, row in history.turns.items())
    for ask_id, turn in history.accepted.items():
        if made[ask_id.replace("-", "")] != [turn]:
            yield f"{ask_id} was accepted as turn {turn} and made {made[ask_id.replace('-', '')]}"


def no_two_attempts_of_a_turn_run_together(history: History) -> Iterator[str]:
    for turn in history.turns:
        attempts = sorted(history.answering(turn), key=lambda row: row["number"])
        for row in attempts:
            if row["outcome"] == "running" or not row["ended_at"]:
                yield f"attempt {turn}.{row['number']} never ended"
        for earlier, later in pairwise(attempts):
            if later["started_at"] < (earlier["ended_at"] or "9"):
                yield f"attempts {turn}.{earlier['number']} and {turn}.{later['number']} overlap"
        # Of a request that no attempt names, its process was killed or frozen: nobody listens to it any more.
        named = {row["request_id"] for row in attempts}
        known = [one for one in history.requests(turn) if one["id"] in named]
        for earlier, later in pairwise(sorted(known, key=lambda one: one["time"])):
            if _began(later) + NOTICING < _began(earlier) + timedelta(seconds=earlier["seconds"]):
                yield f"turn {turn}: request {later['id']} began while {earlier['id']} was being answered"


def an_attempt_is_sent_at_most_once(history: History) -> Iterator[str]:
    heard = Counter(one["id"] for one in history.journal)
    named = Counter(row["request_id"] for row in history.attempts if row["request_id"])
    for request_id in {one for one in named if named[one] > 1 or heard[one] != 1}:
        yield f"{request_id} stands in {named[request_id]} attempts and {heard[request_id]} requests"
    for turn in history.turns:
        attempts = history.answering(turn)
        nameless = [row for row in attempts if not row["request_id"]]
        unknown = [one for one in history.requests(turn) if one["id"] not in named]
        if len(unknown) > len(nameless):
            yield f"turn {turn}: {len(unknown)} requests that no attempt can have sent"
        if len(unknown) > sum(row["cost_nanodollars"] > 0 for row in nameless):
            yield f"turn {turn}: a request of {len(unknown)} was sent for free"


def the_text_is_the_same_everywhere(history: History) -> Iterator[str]:
    answers = {one["id"]: one["answer"] or "" for one in history.journal}
    for turn, row in history.turns.items():
        carried = row["answer"][: row["carried"]]
        said = [carried + answers.get(attempt["request_id"], "") for attempt in history.answering(turn)]
        said += [carried + (one["answer"] or "") for one in history.requests(turn)]
        if row["kept_from"]:
            said += _answers_to_the_same(history, row)
        whole = row["state"] in ("answered", "truncated")
        if whole and row["answer"] not in said:
            yield f"turn {turn} is {row['state']} with other words than Claude's"
        if not any(one.startswith(row["answer"]) for one in [carried, *said]):
            yield f"turn {turn} holds words that Claude never said: {row['answer'][-60:]!r}, Claude said {said!r}"
        for shown in history.shown(turn):
            for sight in shown:
                if not any(looks_like_a_prefix(sight, one) for one in [carried, *said]):
                    yield f"turn {turn} ({row['state']}) showed {sight.state} {sight.text!r}, Claude said {said!r}"
            if shown[-1].state in FINAL and shown[-1].blocks != _drawn(turn, row["answer"]):
                yield f"turn {turn} showed {shown[-1].text[-40:]!r} at its end and holds {row['answer'][-40:]!r}"


def _answers_to_the_same(history: History, row: Row) -> list[str]:
    """What the same person was answered to the same question, elsewhere and before."""
    same = [other for other in history.turns.values() if other["question"].strip() == row["question"].strip()]
    own = [other for other in same if other["asker_id"] == row["asker_id"] and not other["kept_from"]]
    return [other["answer"] for other in own if other["conversation_id"] != row["conversation_id"]]


def every_hold_is_resolved_once(history: History) -> Iterator[str]:
    entries = _grouped((entry["hold_id"], entry) for entry in history.entries)
    used = [row["hold_id"] for row in history.attempts]
    if sorted(used) != sorted(history.holds):
        yield f"{len(used)} attempts have {len(history.holds)} holds"
    costs = {row["hold_id"]: row["cost_nanodollars"] for row in history.attempts}
    for number, hold in history.holds.items():
        expected = {"captured": 1, "voided": 0}.get(hold["state"])
        if expected is None or len(entries[number]) != expected:
            yield f"hold {number} is {hold['state']} with {len(entries[number])} entries"
        for entry in entries[number]:
            if not 0 <= entry["nanodollars"] <= hold["nanodollars"]:
                yield f"hold {number} of {hold['nanodollars']} became {entry['nanodollars']}"
        if sum(entry["nanodollars"] for entry in entries[number]) != costs.get(number):
            yield f"hold {number}: its attempt says {costs.get(number)}, the ledger something else"


def nothing_that_was_billed_is_missing(history: History) -> Iterator[str]:
    charged = _grouped((entry["correlation_id"], entry["nanodollars"]) for entry in history.entries)
    billed = _grouped((one["correlation_id"], cost_of(one)) for one in history.journal)
    for correlation_id, costs in billed.items():
        if sum(costs) > sum(charged[correlation_id]):
            yield f"{correlation_id}: Claude bills {sum(costs)}, the ledger has {sum(charged[correlation_id])}"


def what_was_kept_for_recovery_is_gone(history: History) -> Iterator[str]:
    left = {row["turn_id"] for row in history.checkpoints}
    if left:
        yield f"checkpoints of {sorted(left)}"


def a_conversation_counts_its_changes(history: History) -> Iterator[str]:
    known = _grouped((row["conversation_id"], row["version"]) for row in history.turns.values())
    for conversation in history.conversations:
        versions = known[conversation["id"]]
        if versions and max(versions) > conversation["version"]:
            yield f"{conversation['id']} is at {conversation['version']}, a turn of it at {max(versions)}"


RULES = (
    every_turn_has_one_end,
    an_ask_id_makes_one_turn,
    no_two_attempts_of_a_turn_run_together,
    an_attempt_is_sent_at_most_once,
    the_text_is_the_same_everywhere,
    every_hold_is_resolved_once,
    nothing_that_was_billed_is_missing,
    what_was_kept_for_recovery_is_gone,
    a_conversation_counts_its_changes,
)


def cost_of(request: Row) -> int:
    """What Claude bills for a request, in nano-dollars."""
    return bill(request["model"], request["billed"]) if request["billed"] else 0


def _drawn(turn: int, answer: str) -> tuple[str, ...]:
    return tuple(parse(block).inner for block in rendering.render(answer, str(turn)))


def _began(request: Row) -> datetime:
    return datetime.fromisoformat(request["time"])
