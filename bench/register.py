"""A store with a million turns, as the product would have left them: rows straight into the tables."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from bench import writing

CHUNK: Final = 10_000
PEOPLE: Final = 400
TURNS_EACH: Final = 20
# Asks three questions of ten, for whoever filters by one person.
BUSY: Final = "busy"
TODAY: Final = 50_000
RUNNING: Final = 200
# Every so many-th turn has an answer of some length, with code and lists, and waits in the queue.
QUEUED: Final = 200
BEGAN: Final = datetime(2025, 1, 1, tzinfo=UTC)
_NEVER: Final = datetime(2100, 1, 1, tzinfo=UTC)
_Row = tuple[Any, ...]


def fill(turns: int) -> None:
    """Goes on where it was broken off."""
    from django.contrib.auth.models import User
    from django.db import connection, transaction

    from chatapp.review.models import Item
    from chatapp.storage import statements
    from chatapp.turns.register import index
    from chatapp.turns.register.models import Label, Progress

    names = [BUSY, *(f"person{number}" for number in range(PEOPLE))]
    if connection.vendor == "postgresql":
        # A machine that is busy with something else is no reason to give up.
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            statements.run(f"SET {name} = 0")
    User.objects.bulk_create([User(username=name, password="!") for name in names], ignore_conflicts=True)
    people = list(User.objects.filter(username__in=names).order_by("pk").values_list("pk", flat=True))
    Label.objects.get_or_create(pk=1, name="odd")
    for rows, texts in _chunks(turns, people):
        with transaction.atomic():
            for name, columns in _COLUMNS.items():
                _put(f"chatapp_{name}", columns, rows[name])
            index.add(texts)
    statements.run(
        "UPDATE chatapp_conversation SET head_id = "
        "(SELECT max(id) FROM chatapp_turn WHERE conversation_id = chatapp_conversation.id)"
    )
    _leave_running(turns, people)
    made = datetime.now(UTC)
    Item.objects.bulk_create(
        [Item(turn_id=number, why="random", made_at=made) for number in range(QUEUED, turns + 1, QUEUED)], 1_000
    )
    Progress.objects.create(pk=1, through=turns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Numbers that were given here are unknown to the sequences.
            cursor.execute("SELECT setval(pg_get_serial_sequence('chatapp_turn', 'id'), max(id)) FROM chatapp_turn")
        cursor.execute("ANALYZE")


def make_it_today(turns: int, many: int = TODAY) -> int:
    """The last turns were asked since midnight, whenever that was; how many."""
    from django.db import transaction
    from django.utils import timezone

    from chatapp.money import limits
    from chatapp.money.limits import Place
    from chatapp.money.models import Counter, Period, Scope
    from chatapp.storage import statements

    now, many = timezone.now(), min(many, turns // 2)
    today = limits.today(now)
    begins = datetime(today.year, today.month, today.day, tzinfo=limits.zone()).astimezone(UTC)
    step = (now - begins) / (many + 1)
    asked = [(begins + step * (number + 1), turns - many + number + 1) for number in range(many)]
    with transaction.atomic():
        statements.run_many("UPDATE chatapp_turn SET asked_at = %s WHERE id = %s", asked)
        statements.run_many("UPDATE chatapp_filed SET asked_at = %s WHERE turn_id = %s", asked)
        statements.run("UPDATE chatapp_turn SET asked_at = %s WHERE id > %s", now, turns)
        for period, starts in ((Period.DAY, today), (Period.MONTH, today.replace(day=1))):
            place = Place(Scope.SITE, "", period, starts)
            facts = {"scope": Scope.SITE, "period": period, "starts": starts, "spent_nanodollars": 4 * 10**10}
            Counter.objects.get_or_create(key=place.key, defaults=facts)
    return many + min(RUNNING, turns // 2)


def _chunks(turns: int, people: Sequence[int]) -> Iterator[tuple[dict[str, list[_Row]], list[tuple[int, str]]]]:
    from chatapp.storage import statements

    done = (statements.row("SELECT max(id) FROM chatapp_turn") or (0,))[0] or 0
    common = [f"word{number}" for number in range(2_000)]
    weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(len(common))))
    long = writing.answer("mixed", 4_000)
    profiles: dict[_Row, int] = {}
    for start in range(done + 1, turns + 1, CHUNK):
        dice = random.Random(start)
        rows: dict[str, list[_Row]] = {name: [] for name in _COLUMNS}
        texts = []
        for turn_id in range(start, min(start + CHUNK, turns + 1)):
            talk = UUID(int=(turn_id - 1) // TURNS_EACH + 1)
            opens = (turn_id - 1) % TURNS_EACH == 0
            owner = people[0] if talk.int % 10 < 3 else people[1 + talk.int % PEOPLE]
            asked = BEGAN + timedelta(seconds=turn_id * 25)
            if opens:
                rows["conversation"].append(_conversation(talk, owner, asked))
            text = " ".join(dice.choices(common, cum_weights=weights, k=40))
            text += " needle" if dice.random() < 1 / 5_000 else ""
            answer = text if turn_id % QUEUED else f"{text}\n\n{long}"
            profile = _profile(dice, turn_id)
            model, _, state, failure, *_ = profile[0]
            rows["turn"].append(
                _turn(turn_id, talk, owner, None if opens else turn_id - 1, asked, state, model, text[:60], answer)
            )
            if profile[0] not in profiles:
                profiles[profile[0]] = _known(profile[0])
            rows["filed"].append((turn_id, profiles[profile[0]], owner, profile[1], asked))
            rows["attempt"].append(_attempt(dice, turn_id, model, failure, profile[1], asked))
            if dice.random() < 0.001:
                rows["labelled"].append((1, turn_id, asked))
            texts.append((turn_id, f"{text[:60]}\n{answer}"))
        yield rows, texts


def _profile(dice: random.Random, turn_id: int) -> tuple[_Row, int]:
    """What it is filtered by, and its cost."""
    from chatapp.turns.register import costs

    state = dice.choices(["answered", "stopped", "failed", "refused"], [90, 6, 3, 1])[0]
    failure = "overloaded" if dice.random() < 0.02 else ""
    model = dice.choices(["claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5"], [70, 25, 5])[0]
    thumb = dice.choices([0, 1, -1], [92, 5, 3])[0]
    thumb = 0 if state == "refused" and thumb == 1 else thumb
    cost = min(int(dice.paretovariate(1.2) * 10**6) if turn_id % 20_000 else 10**9, 10**9)
    return (model, 0, state, failure, thumb, dice.random() < 0.05, costs.step(cost)), cost


def _known(profile: _Row) -> int:
    from chatapp.turns.register.models import Profile

    names = ("model", "prompt", "state", "failure", "thumb", "reviewed", "cost_step")
    return Profile.objects.get_or_create(**dict(zip(names, profile, strict=True)))[0].pk


def _leave_running(turns: int, people: Sequence[int]) -> None:
    """Some are being answered, each in a conversation of its own."""
    talks = {turns + number: UUID(int=2**64 + number) for number in range(1, RUNNING + 1)}
    rows = [_conversation(talk, people[1], BEGAN) for talk in talks.values()]
    _put("chatapp_conversation", _COLUMNS["conversation"], rows)
    made = [
        (*_turn(pk, talk, people[1], None, BEGAN, "streaming", "claude-sonnet-5-5", "Now?", "")[:10], None, _NEVER)
        for pk, talk in talks.items()
    ]
    columns = _COLUMNS["turn"]
    _put("chatapp_turn", (*columns[:11], "lease_until", *columns[11:]), [(*row, *_turn_rest(row[0])) for row in made])


def _conversation(talk: UUID, owner: int, asked: datetime) -> _Row:
    return (talk, owner, "A talk", "claude", 1, 0, "", False, False, False, asked, asked)


def _turn(
    pk: int, talk: UUID, asker: int, parent: int | None, asked: datetime, state: str, model: str, said: str, answer: str
) -> _Row:
    return (pk, talk, asker, parent, UUID(int=pk), said, answer, state, model, asked, asked, *_turn_rest(pk))


def _turn_rest(pk: int) -> _Row:
    return (f"c{pk}", 0, "", "", "", "", "", "end_turn", False, "200 40 1500 900", 1, "", 1)


def _attempt(dice: random.Random, turn_id: int, model: str, failure: str, cost: int, asked: datetime) -> _Row:
    waited = 300 + int(dice.expovariate(1 / 900))
    outcome = "failed" if failure else "done"
    numbers = (turn_id, 900, 300, 4_000, 0, 200, cost, 0)
    told = (True, waited, waited + 4_000, failure, asked)
    return (turn_id, 1, "answer", model, "", outcome, f"req_{turn_id}", "", "", "", "", *numbers, *told)


_COLUMNS: Final = {
    "conversation": (
        "id", "owner_id", "title", "titled_by", "version", "reshaped", "wish", "whole", "pinned", "archived",
        "created_at", "active_at",
    ),
    "turn": (
        "id", "conversation_id", "asker_id", "parent_id", "ask_id", "question", "answer", "state", "model", "asked_at",
        "ended_at", "correlation_id", "carried", "thinking", "notice", "warning", "asked_model", "routed",
        "stop_reason", "pinned", "pace", "version", "worker", "epoch",
    ),
    "filed": ("turn_id", "profile_id", "asker_id", "nanodollars", "asked_at"),
    "attempt": (
        "turn_id", "number", "task", "model", "provider", "outcome", "request_id", "message_id", "told", "cache_miss",
        "detail", "hold_id", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_5m_tokens",
        "cache_write_1h_tokens", "cost_nanodollars", "saved_nanodollars", "cost_exact", "ttft_ms", "total_ms",
        "failure", "started_at",
    ),
    "labelled": ("label_id", "turn_id", "at"),
}  # fmt: skip


def _put(table: str, columns: Sequence[str], rows: Sequence[_Row]) -> None:
    from django.db import connection

    from chatapp.storage import statements

    named = ", ".join(columns)
    if connection.vendor == "sqlite":
        statements.run_many(f"INSERT INTO {table} ({named}) VALUES ({statements.marks(columns)})", rows)
        return
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({named}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
