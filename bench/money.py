"""The benchmark of the money: its share of a turn, beside an empty ledger and beside a million entries."""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from bench import report, servers, stage
from bench.report import Verdict

ENTRIES: Final = 1_000_000
SECONDS: Final = 6.0
REPETITIONS: Final = 8
MOST_MS: Final = 15.0
MOST_GROWTH: Final = 1.2
VERIFY_SECONDS: Final = 15.0
REPLAYED: Final = 100_000
REPLAY_SECONDS: Final = 1.0

Run = dict[str, Any]


class Books:
    """Databases that differ in nothing but how many entries they have."""

    def __init__(self, room: Path, entries: int) -> None:
        self._room = room
        self._cores = servers.cores()
        self.sides = {side: room / f"{side}.sqlite3" for side in ("empty", "full", "replayed")}
        servers.python(
            "manage.py", "migrate", "--verbosity", "0", environment=self._environment("empty"), core=self._cores["rest"]
        )
        for side, count in (("full", entries), ("replayed", REPLAYED)):
            shutil.copy(self.sides["empty"], self.sides[side])
            self.ask(side, "fill", count)

    def ask(self, side: str, act: str, amount: float) -> Run:
        printed = servers.python(
            "-m", "bench.ledger", act, str(amount), environment=self._environment(side), core=self._cores["server"]
        )
        figures: Run = json.loads(printed)
        return figures

    def _environment(self, side: str) -> dict[str, str]:
        return stage.environment(self._room, 1) | {"DATABASE_URL": f"sqlite:///{self.sides[side]}"}


def play(books: Books, repetitions: int) -> list[Run]:
    """Interleaved, and each side goes first in its turn."""
    runs = []
    for repetition in range(repetitions):
        for side in ("empty", "full") if repetition % 2 == 0 else ("full", "empty"):
            run = books.ask(side, "spend", SECONDS) | {"target": side, "repetition": repetition}
            runs.append(run)
            report.say(
                f"  {side:<6} {run['per_second']:5.1f} turns a second: authorise {run['authorise']:.2f} ms, "
                f"settle {run['settle']:.2f} ms, together {run['together']:.2f} ms, p99 {run['p99']:.2f} ms"
            )
    return runs


def judge(runs: list[Run], verified: Run, replayed: Run) -> list[Verdict]:
    medians = {
        side: statistics.median(run["together"] for run in runs if run["target"] == side) for side in ("empty", "full")
    }
    # A busy machine only adds: the best run of each side is the one that says what the ledger itself takes.
    best = {side: min(run["together"] for run in runs if run["target"] == side) for side in ("empty", "full")}
    growth = best["full"] / best["empty"]
    return [
        Verdict("the money's share of a turn, median", medians["empty"], MOST_MS, "ms"),
        Verdict("the same with a million entries", medians["full"], MOST_MS, "ms"),
        Verdict("what a million entries add, times", growth, MOST_GROWTH, "x"),
        Verdict("ledger verify of a million entries", verified["seconds"], VERIFY_SECONDS, "s"),
        Verdict(
            "what a limit would have done, of a hundred thousand entries", replayed["seconds"], REPLAY_SECONDS, "s"
        ),
        Verdict("rows that differ afterwards", float(verified["differences"]), 0, ""),
    ]


def main() -> int:
    options = argparse.ArgumentParser(prog="bench.money", description=__doc__)
    options.add_argument("--entries", type=int, default=ENTRIES)
    options.add_argument("--repetitions", type=int, default=REPETITIONS)
    chosen = options.parse_args()
    stage.RESULTS.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=stage.RESULTS, prefix="books-") as room:
            books = Books(Path(room), chosen.entries)
            runs = play(books, chosen.repetitions)
            verified = books.ask("full", "verify", 0)
            replayed = books.ask("replayed", "replay", 0)
    except servers.NotStarted as failure:
        report.say(str(failure))
        return 2
    verdicts = judge(runs, verified, replayed)
    report.say("\nBeside the issue's bounds:")
    for verdict in verdicts:
        report.say(verdict.line())
    report.keep(stage.RESULTS / "money.json", runs, {}, verdicts)
    return 1 if verified["differences"] else 0


if __name__ == "__main__":
    sys.exit(main())
