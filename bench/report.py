"""Figures as tables for people and as JSON for whoever compares two days."""

import json
import os
import platform
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Run = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A figure beside its bound; None was not measured, or not to be trusted."""

    name: str
    value: float | None
    bound: float
    unit: str

    @property
    def holds(self) -> bool | None:
        return None if self.value is None else self.value <= self.bound

    def line(self) -> str:
        word = {True: "holds", False: "MISSED", None: "not measured"}[self.holds]
        value = "—" if self.value is None else f"{self.value:.2f}" if self.unit == "x" else f"{self.value:.1f}"
        return f"  {self.name:<52} {value:>8} {self.unit:<3} at most {self.bound:g} {self.unit:<3} {word}"


COLUMNS = (
    ("side", lambda run: run["target"]),
    ("streams", lambda run: run["streams"]),
    ("µs/delta", lambda run: run["cpu_us_per_delta"]),
    ("first p50", lambda run: run["first_word_ms"].get("p50", "—")),
    ("p95", lambda run: run["first_word_ms"].get("p95", "—")),
    ("p99", lambda run: run["first_word_ms"].get("p99", "—")),
    ("lag p50", lambda run: run["lag_ms"].get("p50", "—")),
    ("p95", lambda run: run["lag_ms"].get("p95", "—")),
    ("p99", lambda run: run["lag_ms"].get("p99", "—")),
    ("POST p50", lambda run: run["accepted_ms"].get("p50", "—")),
    ("p99", lambda run: run["accepted_ms"].get("p99", "—")),
    ("bytes/tok", lambda run: run["bytes_per_token"]),
    ("pace", lambda run: run["pace"]),
    ("core", lambda run: f"{run['busy']['server']:.0%}"),
    ("others", lambda run: f"{strangers(run):.0%}"),
    ("our core", lambda run: f"{run['busy']['rest']:.0%}"),
    ("lost", lambda run: run["lost_words"] + run["broken"] + run["unfinished"]),
    ("refused", lambda run: run["refusals"]),
)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def strangers(run: Run) -> float:
    """The share of the server's core that went to processes of nobody in this run."""
    return float(max(0.0, run["busy"]["server"] - run["cpu_seconds"]["server"] / run["seconds"]))


def heading() -> str:
    return "".join(f"{name:>{_width(name)}}" for name, _ in COLUMNS)


def run_line(run: Run) -> str:
    return "".join(f"{read(run)!s:>{_width(name)}}" for name, read in COLUMNS)


def _width(name: str) -> int:
    return max(len(name) + 2, 8)


def tell(runs: list[Run], weights: dict[str, float], verdicts: list[Verdict]) -> None:
    say("\nMedians (milliseconds unless said; pace is tokens seen for tokens due):")
    say(heading())
    for key in sorted({(run["target"], run["streams"]) for run in runs}):
        say(run_line(middle([run for run in runs if (run["target"], run["streams"]) == key])))
    if weights:
        say("\nMemory: " + ", ".join(f"{name} {value:.1f}" for name, value in weights.items()))
    say("\nBeside the issue's bounds:")
    for verdict in verdicts:
        say(verdict.line())


def middle(runs: list[Run]) -> Run:
    """One run made of the medians of several."""
    first = runs[0]
    made: Run = {}
    for key, value in first.items():
        if isinstance(value, dict):
            made[key] = middle([run[key] for run in runs if run[key]] or [{}])
        elif isinstance(value, int | float):
            made[key] = statistics.median_low(run[key] for run in runs if key in run)
        else:
            made[key] = value
    return made


def keep(path: Path, runs: list[Run], weights: dict[str, float], verdicts: list[Verdict]) -> None:
    machine = {"cpus": os.cpu_count(), "kernel": platform.release(), "python": platform.python_version()}
    kept = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "machine": machine,
        "verdicts": [asdict(verdict) | {"holds": verdict.holds} for verdict in verdicts],
        "memory": weights,
        "runs": runs,
    }
    path.write_text(json.dumps(kept, indent=1))
