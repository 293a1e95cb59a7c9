"""The review desk over a million turns: the first page of any filter, as a reviewer's browser asks for it.

`python -m bench.review [--turns N] [--store sqlite|postgresql]` fills a store and prints the median and the slowest of
several rounds for each filter, the rounds in turn.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from bench import report, stage
from bench.report import Verdict
from tests import stores

ROUNDS: Final = 7
MOST_MS: Final = 150.0
CHUNK: Final = 10_000
PEOPLE: Final = 400
TURNS_EACH: Final = 20
BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
FILTERS: Final = {
    "nothing": "",
    "a day of last spring": "since=2026-04-01&until=2026-04-01",
    "a person": "person=person7",
    "a model": "model=claude-haiku-5-5",
    "a state": "state=refused",
    "an error": "error=overloaded",
    "any error": "error=any",
    "dearer than $0.05": "cost=0.05",
    "dearer than all but one in 20,000": "cost=0.9999",
    "thumb down": "thumb=-1",
    "label": "label=1",
    "reviewed": "reviewed=1",
    "what is nowhere: refused and thumbed up": "state=refused&thumb=1&reviewed=1",
    "six at once": "model=claude-haiku-5-5&state=answered&error=overloaded&thumb=-1&reviewed=0&cost=0.01",
    "a person and a state": "person=person7&state=failed",
    "a word in half of them": "q=word0",
    "a word in one of 5,000": "q=needle",
    "a phrase": "q=%22word1+word0%22",
    "two words": "q=word3+word40",
    "a beginning": "q=need*",
    "a common word and a rare state": "q=word0&state=refused&thumb=-1",
    "a rare word and a person": "q=needle&person=person7",
    "further back": "model=claude-haiku-5-5&below=300000",
}


def _fill(turns: int) -> None:
    """Rows straight into the tables, as the product would have left them."""
    from django.contrib.auth.models import User
    from django.db import connection, transaction

    from chatapp.storage import statements
    from chatapp.turns.register import costs, index
    from chatapp.turns.register.models import Label, Profile, Progress

    dice = random.Random(7)
    User.objects.bulk_create([User(username=f"person{number}", password="!") for number in range(PEOPLE)])
    people = list(User.objects.filter(username__startswith="person").values_list("pk", flat=True))
    profiles: dict[tuple[Any, ...], int] = {}
    Label.objects.create(pk=1, name="odd")
    common = [f"word{number}" for number in range(2_000)]
    weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(len(common))))
    numbers = iter(range(1, turns + 1))
    while chunk := list(itertools.islice(numbers, CHUNK)):
        rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _INSERT}
        texts = []
        for turn_id in chunk:
            talk = UUID(int=(turn_id - 1) // TURNS_EACH + 1)
            owner = people[talk.int % PEOPLE]
            asked = BEGAN + timedelta(seconds=turn_id * 25)
            if (turn_id - 1) % TURNS_EACH == 0:
                rows["conversation"].append((talk, owner, asked, asked))
            text = " ".join(dice.choices(common, cum_weights=weights, k=40))
            text += " needle" if dice.random() < 1 / 5_000 else ""
            state = dice.choices(["answered", "stopped", "failed", "refused"], [90, 6, 3, 1])[0]
            failure = "overloaded" if dice.random() < 0.02 else ""
            model = dice.choices(["claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5"], [70, 25, 5])[0]
            thumb = dice.choices([0, 1, -1], [92, 5, 3])[0]
            thumb = 0 if state == "refused" and thumb == 1 else thumb
            cost = int(dice.paretovariate(1.2) * 10**6) if turn_id % 20_000 else 10**9
            cost = min(cost, 10**9)
            key = (model, 0, state, failure, thumb, dice.random() < 0.05, costs.step(cost))
            if key not in profiles:
                names = ("model", "prompt", "state", "failure", "thumb", "reviewed", "cost_step")
                profiles[key] = Profile.objects.create(**dict(zip(names, key, strict=True))).pk
            rows["turn"].append((turn_id, talk, owner, talk, text[:60], text, state, model, asked, asked, str(turn_id)))
            rows["filed"].append((turn_id, profiles[key], owner, cost, asked))
            if dice.random() < 0.001:
                rows["labelled"].append((turn_id, asked))
            texts.append((turn_id, text))
        with transaction.atomic():
            for name, sql in _INSERT.items():
                statements.run_many(sql, [_unique(row) if name == "turn" else row for row in rows[name]])
            index.add(texts)
    Progress.objects.create(pk=1, through=turns)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _unique(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """An id of its own for every question."""
    return (*row[:3], UUID(int=row[0]), *row[4:])


_INSERT: Final = {
    "conversation": (
        "INSERT INTO chatapp_conversation (id, owner_id, title, titled_by, version, reshaped, wish, whole, pinned, "
        "archived, created_at, active_at) VALUES (%s, %s, 'A talk', 'claude', 1, 0, '', FALSE, FALSE, FALSE, %s, %s)"
    ),
    "turn": (
        "INSERT INTO chatapp_turn (id, conversation_id, asker_id, ask_id, question, answer, state, model, asked_at, "
        "ended_at, correlation_id, carried, thinking, notice, warning, asked_model, routed, stop_reason, pinned, "
        "version, worker, epoch) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, '', '', '', '', '', 'end_turn', FALSE, 1, '', 1)"
    ),
    "filed": (
        "INSERT INTO chatapp_filed (turn_id, profile_id, asker_id, nanodollars, asked_at) VALUES (%s, %s, %s, %s, %s)"
    ),
    "labelled": "INSERT INTO chatapp_labelled (label_id, turn_id, at) VALUES (1, %s, %s)",
}


def _measure() -> dict[str, list[float]]:
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.create_superuser("reviewer"))
    times: dict[str, list[float]] = {name: [] for name in FILTERS}
    for _, (name, query) in itertools.product(range(ROUNDS), FILTERS.items()):
        began = time.perf_counter()
        answer = client.get(f"/review/?{query}")
        times[name].append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{name}: {answer.status_code}")
    return times


def _one(turns: int, url: str) -> int:
    os.environ |= {"DATABASE_URL": url, "SECRET_KEY": "a bench has no secrets " * 4, "DEBUG": ""}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
    import django

    django.setup()
    from django.db import connection

    from chatapp.management import preparation

    preparation.prepare()
    began = time.perf_counter()
    _fill(turns)
    filled = time.perf_counter() - began
    times = _measure()
    medians = {name: statistics.median(values) for name, values in times.items()}
    report.say(f"{connection.vendor}, {turns:,} turns, filled in {filled:.0f} s; milliseconds for the first page:")
    for name, values in times.items():
        report.say(f"  {name:<42} {medians[name]:8.1f} median {max(values):8.1f} slowest {values[0]:8.1f} first")
    slowest = max(medians, key=medians.__getitem__)
    verdict = Verdict(f"the slowest filter on {connection.vendor}: {slowest}", medians[slowest], MOST_MS, "ms")
    report.say(verdict.line())
    stage.RESULTS.mkdir(parents=True, exist_ok=True)
    runs = [{"filter": name, "turns": turns, "median_ms": round(value, 1)} for name, value in medians.items()]
    report.keep(stage.RESULTS / f"review-{connection.vendor}.json", runs, {}, [verdict])
    return 0 if verdict.holds else 1


@contextmanager
def _store(name: str) -> Iterator[str]:
    if name == "postgresql":
        with stores.postgresql() as url:
            yield url
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'chat.sqlite3'}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=1_000_000)
    parser.add_argument("--store", choices=["sqlite", "postgresql"])
    parser.add_argument("--url", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.url:
        return _one(asked.turns, asked.url)
    worst = 0
    for name in [asked.store] if asked.store else ["sqlite", "postgresql"]:
        with _store(name) as url:
            command = [sys.executable, "-m", "bench.review", "--turns", str(asked.turns), "--url", url]
            worst = max(worst, subprocess.call(command))
    return worst


if __name__ == "__main__":
    sys.exit(main())
