"""What stands behind the counter over a million turns: the first page of any filter, the next item of the queue, and
the admin's first page.

`python -m bench.review [--turns N] [--store sqlite|postgresql] [--keep FOLDER] [--fill] [--only PART]` fills a store,
unless one is kept that is filled already, and prints the median and the slowest of several rounds, the rounds in turn.
With `--fill` it only fills.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench import next_item, register, report, stage
from bench.report import Verdict
from tests import stores

if TYPE_CHECKING:
    from django.test import Client

ROUNDS: Final = 7
MOST_MS: Final = 150.0
PARTS: Final = ("filters", "admin", "queue")
SECRET: Final = "a bench has no secrets " * 4
FILTERS: Final = {
    "nothing": "",
    "a day of last spring": "since=2025-04-01&until=2025-04-01",
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
    "one who asked three of ten, a rare state": f"person={register.BUSY}&state=refused&thumb=-1&reviewed=1",
    "one who asked three of ten, dearer than most": f"person={register.BUSY}&cost=0.9",
    "a word in half of them": "q=word0",
    "a word in one of 5,000": "q=needle",
    "a phrase": "q=%22word1+word0%22",
    "two words": "q=word3+word40",
    "two words that are hardly ever together": "q=word900+word1900",
    "words that are common and never a phrase": "q=%22word0+word0+word0+word0%22",
    "a beginning": "q=need*",
    "a beginning of everything": "q=w*",
    "a common word and a rare state": "q=word0&state=refused&thumb=-1",
    "a common word and what is nowhere": "q=word0&state=refused&thumb=1",
    "a middling word and a middling state": "q=word40&state=failed",
    "a rare word and a person": "q=needle&person=person7",
    "a common word and one who asked little": "q=word0&person=person7&state=failed",
    "a label and a rare state": "label=1&state=refused",
    "a word in a day of last spring": "q=word40&since=2025-04-01&until=2025-04-01",
    "further back": "model=claude-haiku-5-5&below=300000",
    "two words, further back": "q=word3+word40&below=300000",
}


def _client(role: str = "admin") -> Client:
    """Somebody in that role; whoever is an admin may do everything here."""
    from django.contrib.auth.models import Group, User
    from django.test import Client

    name = f"bench-{role}"
    person, made = User.objects.get_or_create(username=name, is_staff=True, is_superuser=role == "admin")
    if made:
        person.groups.add(Group.objects.get(name=role))
    client = Client(HTTP_HOST="localhost")
    client.force_login(person)
    return client


def _timed(client: Client, path: str, expected: str = "") -> float:
    began = time.perf_counter()
    answer = client.get(path)
    took = (time.perf_counter() - began) * 1000
    if answer.status_code != 200 or expected not in answer.content.decode():
        raise SystemExit(f"{path}: {answer.status_code}, and no {expected!r} in it")
    return took


def _filters(vendor: str, turns: int) -> list[Verdict]:
    client = _client()
    times: dict[str, list[float]] = {name: [] for name in FILTERS}
    for _, (name, query) in itertools.product(range(ROUNDS), FILTERS.items()):
        times[name].append(_timed(client, f"/review/?{query}"))
    report.say(f"{vendor}, {turns:,} turns; milliseconds for the first page:")
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, values in times.items():
        report.say(f"  {name:<46} {medians[name]:8.1f} median {max(values):8.1f} slowest {values[0]:8.1f} first")
    _keep(f"review-{vendor}", [{"filter": name, "turns": turns, "ms": values} for name, values in times.items()])
    slowest = max(medians, key=medians.__getitem__)
    return [Verdict(f"the slowest filter on {vendor}: {slowest}", medians[slowest], MOST_MS, "ms")]


def _admin(vendor: str, turns: int) -> list[Verdict]:
    shown = register.make_it_today(turns)
    client = _client()
    times = [_timed(client, "/admin/", f"{shown:,}") for _ in range(3 * ROUNDS)]
    report.say(f"{vendor}, the admin's first page, {shown:,} of {turns:,} turns are today's, in milliseconds:")
    report.say(f"  {statistics.median(times):8.1f} median {max(times):8.1f} slowest {times[0]:8.1f} first")
    _keep(f"review-admin-{vendor}", [{"page": "/admin/", "turns": turns, "ms": times}])
    return [Verdict(f"the admin's first page on {vendor}", statistics.median(times), MOST_MS, "ms")]


def _queue(vendor: str, turns: int) -> list[Verdict]:
    session = _client("reviewer").cookies["sessionid"].value
    verdicts: list[Verdict] = []
    found = next_item.measure(session, SECRET, stage.RESULTS / "review-server.log")
    _keep(f"review-queue-{vendor}", [{"way": name, "turns": turns, "ms": times} for name, times in found.items()])
    for name, times in found.items():
        middle, late = statistics.median(times), statistics.quantiles(times, n=20)[18]
        report.say(
            f"{vendor}, {name}, {len(times)} times: {middle:.1f} median, {late:.1f} p95, {max(times):.1f} slowest"
        )
        verdicts += [Verdict(f"{name} on {vendor}, median", middle, MOST_MS, "ms")]
        verdicts += [Verdict(f"{name} on {vendor}, 19 of 20", late, MOST_MS, "ms")]
    return verdicts


def _keep(name: str, runs: list[report.Run]) -> None:
    stage.RESULTS.mkdir(parents=True, exist_ok=True)
    report.keep(stage.RESULTS / f"{name}.json", runs, {}, [])


def _one(turns: int, url: str, parts: list[str], marker: Path) -> int:
    os.environ |= {"DATABASE_URL": url, "SECRET_KEY": SECRET, "DEBUG": ""}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
    import django

    django.setup()
    from django.db import connection

    from chatapp.management import preparation

    preparation.prepare()
    if not marker.exists():
        began = time.perf_counter()
        register.fill(turns)
        report.say(f"{connection.vendor}: {turns:,} turns, filled in {time.perf_counter() - began:.0f} s")
        marker.touch()
    measures = {"filters": _filters, "admin": _admin, "queue": _queue}
    verdicts = [verdict for part in parts for verdict in measures[part](connection.vendor, turns)]
    for verdict in verdicts:
        report.say(verdict.line())
    return 0 if all(verdict.holds for verdict in verdicts) else 1


@contextmanager
def _store(name: str, folder: Path) -> Iterator[str]:
    if name == "postgresql":
        with stores.postgresql(folder / name) as url:
            yield url
    else:
        yield f"sqlite:///{folder / 'chat.sqlite3'}"


@contextmanager
def _folder(kept: str | None) -> Iterator[Path]:
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept).resolve()
        return
    with tempfile.TemporaryDirectory() as name:
        # PostgreSQL runs as somebody else, who has to find his own folder in it.
        Path(name).chmod(0o755)
        yield Path(name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=1_000_000)
    parser.add_argument("--store", choices=["sqlite", "postgresql"])
    parser.add_argument("--keep", metavar="FOLDER", help="leave the stores there, and use what is there already")
    parser.add_argument("--fill", action="store_true", help="fill, and measure nothing")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--url", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    parts = [] if asked.fill else asked.only or list(PARTS)
    if asked.url:
        return _one(asked.turns, asked.url, parts, Path(asked.keep))
    worst = 0
    with _folder(asked.keep) as folder:
        for name in [asked.store] if asked.store else ["sqlite", "postgresql"]:
            with _store(name, folder) as url:
                command = [sys.executable, "-m", "bench.review", "--turns", str(asked.turns), "--url", url]
                command += [
                    "--keep",
                    str(folder / f"{name}-{asked.turns}-is-filled"),
                    *(["--fill"] if asked.fill else []),
                ]
                command += [argument for part in asked.only or [] for argument in ("--only", part)]
                worst = max(worst, subprocess.call(command))
    return worst


if __name__ == "__main__":
    sys.exit(main())
