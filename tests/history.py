"""The history checker: what the pages saw, the rows, and the simulated Claude's journal must tell one story."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
        return [row for row in self.attempts if row["turn_id"] == turn and row["task"] == "answer"]

    def requests(self, turn: int) -> list[Row]:
        """What the simulated Claude was asked on behalf of a turn, chores left out."""
        correlation_id = self.turns[turn]["correlation_id"]
        return [one for one in self.journal if one["correlation_id"] == correlation_id and one["kind"] == "question"]


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
    made: defaultdict[str, list[int]] = defaultdict(list)
    for turn, row in history.turns.items():
        # One of the databases knows what a UUID is.
        made[str(row["ask_id"]).replace("-", "")].append(turn)
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
        for earlier, later in pairwise(sorted(history.requests(turn), key=lambda one: one["time"])):
            if _began(later) + NOTICING < _began(earlier) + timedelta(seconds=earlier["seconds"]):
                yield f"turn {turn}: request {later['id']} began while {earlier['id']} was being answered"


def an_attempt_is_sent_at_most_once(history: History) -> Iterator[str]:
    heard = [one["id"] for one in history.journal]
    named = [row["request_id"] for row in history.attempts if row["request_id"]]
    for request_id in {one for one in named if named.count(one) > 1 or heard.count(one) != 1}:
        yield f"{request_id} stands in {named.count(request_id)} attempts and {heard.count(request_id)} requests"
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
        for page in history.sights:
            shown = [sight for sight in page if sight.turn == turn]
            for sight in shown:
                if not any(looks_like_a_prefix(sight, one) for one in [carried, *said]):
                    yield f"turn {turn} ({row['state']}) showed {sight.state} {sight.text!r}, Claude said {said!r}"
            if shown and shown[-1].state in FINAL and shown[-1].blocks != _drawn(turn, row["answer"]):
                yield f"turn {turn} showed {shown[-1].text[-40:]!r} at its end and holds {row['answer'][-40:]!r}"


def _answers_to_the_same(history: History, row: Row) -> list[str]:
    """What the same person was answered to the same question, elsewhere and before."""
    same = [other for other in history.turns.values() if other["question"].strip() == row["question"].strip()]
    own = [other for other in same if other["asker_id"] == row["asker_id"] and not other["kept_from"]]
    return [other["answer"] for other in own if other["conversation_id"] != row["conversation_id"]]


def every_hold_is_resolved_once(history: History) -> Iterator[str]:
    entries: defaultdict[int, list[Row]] = defaultdict(list)
    for entry in history.entries:
        entries[entry["hold_id"]].append(entry)
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
    charged: defaultdict[str, int] = defaultdict(int)
    for entry in history.entries:
        charged[entry["correlation_id"]] += entry["nanodollars"]
    billed: defaultdict[str, int] = defaultdict(int)
    for one in history.journal:
        billed[one["correlation_id"]] += cost_of(one)
    for correlation_id, nanodollars in billed.items():
        if nanodollars > charged[correlation_id]:
            yield f"{correlation_id}: Claude bills {nanodollars}, the ledger has {charged[correlation_id]}"


def what_was_kept_for_recovery_is_gone(history: History) -> Iterator[str]:
    left = {row["turn_id"] for row in history.checkpoints}
    if left:
        yield f"checkpoints of {sorted(left)}"


def a_conversation_counts_its_changes(history: History) -> Iterator[str]:
    for conversation in history.conversations:
        versions = [row["version"] for row in history.turns.values() if row["conversation_id"] == conversation["id"]]
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
