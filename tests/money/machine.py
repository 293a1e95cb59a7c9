"""Everything that can happen to money, in any order, on the real tables; what must hold is looked at at each step."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.contrib.auth.models import Group, User
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chatapp.money import adjustments
from chatapp.money.ledger import Granted, NoRoom, Payer, Wanted
from chatapp.money.models import Budget
from chatapp.money.prices import Tokens
from tests.money import rules
from tests.money.budgeting import PERIODS, Budgets, Whose
from tests.money.claude import Request, bill
from tests.money.ledgers import Ledger
from tests.money.rules import Rows, spots

MODELS = ("claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-4-5")
CONVERSATIONS = tuple(UUID(int=number) for number in (1, 2, 3))
PEOPLE: Final = 2
CENTS: Final = 10_000_000

shares = st.sampled_from((0.0, 0.2, 0.9, 1.0))
amounts = st.integers(0, 8 * CENTS)
people = st.integers(0, PEOPLE - 1)


class LedgerMachine(RuleBasedStateMachine):
    ledger: Ledger = Ledger()

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.now = datetime(2026, 11, 29, 12, tzinfo=UTC)
        self.budgets = Budgets()
        self.requests: dict[int, Request] = {}
        self.tokens: dict[int, Tokens] = {}
        self.open: list[int] = []
        self.unsent: set[int] = set()
        self.left: list[int] = []
        self.book: dict[int, tuple[int, str]] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    @initialize()
    def begin(self) -> None:
        Budget.objects.all().delete()
        self.people = [User.objects.create(username=f"person {number}") for number in range(PEOPLE)]
        self.group = Group.objects.create(name="guests")
        self.group.user_set.add(self.people[0])
        self.budgets.put(Whose("site"), "day", 20 * CENTS, True)
        self.budgets.put(Whose("conversation"), "total", 5 * CENTS, True)

    # What people and Claude do.

    @rule(
        who=people,
        where=st.sampled_from(CONVERSATIONS),
        model=st.sampled_from(MODELS),
        prompt=st.sampled_from((50, 1000, 90_000, 130_000)),
        most=st.sampled_from((1, 100, 4000)),
        read=shares,
        written=shares,
        arrives=st.booleans(),
    )
    def ask(
        self, who: int, where: UUID, model: str, prompt: int, most: int, read: float, written: float, arrives: bool
    ) -> None:
        payer = Payer(self.people[who].pk, where, "", "answer")
        wanted = Wanted(model, prompt, most, useful_tokens=min(most, 10))
        room = self._room(payer)
        try:
            with transaction.atomic():
                granted = self.ledger.authorise(payer, wanted, self.now)
        except NoRoom:
            assert room is not None
            assert _worst(model, prompt, wanted.useful_tokens) > room
            return
        assert 1 <= granted.max_tokens <= most
        assert (granted.max_tokens < most) <= (granted.clamped_by is not None)
        held = Rows.read().holds[granted.hold_id].nanodollars
        assert _worst(model, prompt, granted.max_tokens) <= held, "B4: the hold does not cover the request"
        assert room is None or held <= room, "B1"
        self._send(model, granted, Tokens(int(prompt * read), int(granted.max_tokens * written)), arrives)

    def _send(self, model: str, granted: Granted, used: Tokens, arrives: bool) -> None:
        billed = bill(model, {"cache_write_1h_tokens": used.input, "output_tokens": used.output}) if arrives else 0
        self.requests[granted.hold_id] = Request(granted.hold_id, billed)
        self.tokens[granted.hold_id] = Tokens(cache_write_1h=used.input, output=used.output)
        self.open.append(granted.hold_id)
        if not arrives:
            self.unsent.add(granted.hold_id)

    @precondition(lambda self: self.open)
    @rule(dice=st.randoms(use_true_random=False))
    def capture(self, dice: random.Random) -> None:
        hold_id = self._take(self.open, dice)
        if hold_id in self.unsent:
            self.ledger.void(hold_id, self.now)
            return
        settled = self.ledger.settle(hold_id, self.tokens[hold_id], self.now)
        assert settled.nanodollars == self.requests[hold_id].billed

    @precondition(lambda self: self.open)
    @rule(dice=st.randoms(use_true_random=False), guessed=st.integers(0, 500))
    def estimate(self, dice: random.Random, guessed: int) -> None:
        """The stream broke: the prompt is known, of the output only a bound."""
        hold_id = self._take(self.open, dice)
        known = self.tokens[hold_id]
        most = Rows.read().holds[hold_id].max_tokens
        output = max(known.output, min(known.output + guessed, most))
        self.ledger.settle(hold_id, Tokens(cache_write_1h=known.cache_write_1h, output=output), self.now)

    @precondition(lambda self: self.open)
    @rule(dice=st.randoms(use_true_random=False))
    def crash(self, dice: random.Random) -> None:
        self.left.append(self._take(self.open, dice))

    @precondition(lambda self: self.left)
    @rule()
    def sweep(self) -> None:
        for hold_id in self.left:
            self.ledger.sweep(hold_id, self.now)
        self.left = []

    @precondition(lambda self: len(self.requests) > len(self.open) + len(self.left))
    @rule(dice=st.randoms(use_true_random=False), knows=st.booleans())
    def settle_as_a_zombie(self, dice: random.Random, knows: bool) -> None:
        """A process wakes up, or a caller tries again: what was settled stays as it is."""
        hold_id = dice.choice(sorted(self.requests.keys() - {*self.open, *self.left}))
        before = Rows.read().spent
        if knows:
            self.ledger.settle(hold_id, self.tokens[hold_id], self.now)
        else:
            self.ledger.void(hold_id, self.now)
        assert Rows.read().spent == before

    # What administrators do, and time.

    @rule(
        scope=st.sampled_from(("site", "user", "group", "conversation", "own")),
        named=st.booleans(),
        period=st.sampled_from(PERIODS),
        amount=st.one_of(st.none(), amounts),
        stops=st.sampled_from((True, True, False)),
    )
    def set_a_limit(self, scope: str, named: bool, period: str, amount: int | None, stops: bool) -> None:
        whose = self._whose(scope, named)
        if amount is None:
            self.budgets.drop(whose, period)
        else:
            self.budgets.put(whose, period, amount, stops)

    @rule(scope=st.sampled_from(("site", "user", "group", "conversation")), named=st.booleans(), amount=amounts)
    def grant(self, scope: str, named: bool, amount: int) -> None:
        self.budgets.grant(self._whose(scope, named), amount + 1, self.now + timedelta(hours=30))

    @rule(amount=st.integers(-3 * CENTS, 3 * CENTS), who=people, where=st.sampled_from((*CONVERSATIONS, None)))
    def adjust(self, amount: int, who: int, where: UUID | None) -> None:
        person = self.people[who].pk
        adjustments.adjust(
            amount, reason="an error", author_id=person, user_id=person, conversation_id=where, now=self.now
        )

    @rule(who=people, joins=st.booleans())
    def change_groups(self, who: int, joins: bool) -> None:
        (self.group.user_set.add if joins else self.group.user_set.remove)(self.people[who])

    @rule(hours=st.sampled_from((1, 13, 24)))
    def pass_time(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    # What must hold.

    @invariant()
    def the_money_adds_up(self) -> None:
        rows = Rows.read()
        rules.check(rows, self.requests.values())
        book = {entry.pk: (entry.nanodollars, str(entry.day)) for entry in rows.entries}
        assert self.book.items() <= book.items(), "B9: a line of the ledger was changed"
        self.book = book

    def _room(self, payer: Payer) -> int | None:
        """What is left of the tightest limit."""
        used = Rows.read().used
        groups = self.group.user_set.through.objects.filter(user_id=payer.user_id).values_list("group_id", flat=True)
        mine = spots(payer.user_id, payer.conversation_id, groups, self.now.date())
        return min((limit - used[spot] for spot, limit in self.budgets.stopping(mine, self.now)), default=None)

    def _whose(self, scope: str, named: bool) -> Whose:
        subjects = {"user": self.people[0].pk, "group": self.group.pk, "conversation": CONVERSATIONS[0], "site": ""}
        if scope == "own":
            return Whose("user", str(self.people[0].pk), own=True)
        return Whose(scope, str(subjects[scope]) if named else "")

    @staticmethod
    def _take(held: list[int], dice: random.Random) -> int:
        return held.pop(dice.randrange(len(held)))


def _worst(model: str, prompt: int, output: int) -> int:
    """Nothing is dearer than writing every token for an hour."""
    return bill(model, {"cache_write_1h_tokens": prompt, "output_tokens": output})
