"""The benchmark of the story: the product beside a bare relay on the same server, in one run."""

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bench import report, servers, stage
from bench.report import Verdict

BESIDE_EACH_OTHER: Final = (50, 200)
CROWD: Final = 500
WINDOW_SECONDS: Final = 6.0
SATURATED: Final = 0.9
KEPT_PACE: Final = 0.9
IDLE_TABS: Final = 1000
ACTIVE_STREAMS: Final = 200

Run = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    target: str
    streams: tuple[int, ...]


def scenes(repetition: int, streams: tuple[int, ...], only: str | None) -> Iterator[Scene]:
    """Interleaved, and each side goes first in its turn."""
    both = [
        Scene("bare", tuple(number for number in streams if number in BESIDE_EACH_OTHER)),
        Scene("product", streams),
    ]
    for scene in both if repetition % 2 == 0 else reversed(both):
        if scene.streams and only in (None, scene.target):
            yield scene


def play(place: stage.Stage, repetitions: int, streams: tuple[int, ...], seconds: float, only: str | None) -> list[Run]:
    runs = []
    for repetition in range(repetitions):
        for scene in scenes(repetition, streams, only):
            with place.server(scene.target) as server:
                for number in scene.streams:
                    run = place.load(server, number, seconds) | {
                        "target": scene.target,
                        "repetition": repetition,
                    }
                    runs.append(run)
                    report.say(report.run_line(run))
    return runs


def weigh(place: stage.Stage, idle: int, active: int) -> dict[str, float]:
    """Base after a start and a first answer, then what each idle tab and each active stream adds."""
    with place.server("product") as server:
        place.load(server, 1, 1.0)
        run = place.load(server, active, 4.0, idle)
    weights = run["memory_kb"]
    fresh, opened, streaming = weights["fresh"], weights["open"], weights["streaming"]
    return {
        "base_mb": fresh["rss"] / 1024,
        "base_pss_mb": fresh["pss"] / 1024,
        "prepared_mb": weights["prepared"]["rss"] / 1024,
        "idle_tab_kb": (opened["rss"] - weights["prepared"]["rss"]) / (idle + active),
        "active_stream_kb": (streaming["rss"] - opened["rss"]) / active,
    }


def judge(runs: list[Run], weights: dict[str, float]) -> list[Verdict]:
    cpu = medians(runs, lambda run: run["cpu_us_per_delta"], kept_up)
    verdicts = []
    for number in BESIDE_EACH_OTHER:
        product, bare = cpu.get(("product", number)), cpu.get(("bare", number))
        share = product / bare if product and bare else None
        verdicts.append(Verdict(f"CPU per delta beside the bare relay, {number} streams", share, 0.5, "x"))
    for name, key, percentile, number, bound in (
        ("added time to first token p50", "first_word_ms", "p50", BESIDE_EACH_OTHER[0], 10),
        ("added time to first token p99", "first_word_ms", "p99", CROWD, 300),
        ("added lag p99", "lag_ms", "p99", CROWD, 150),
    ):
        late = medians(runs, partial(_percentile, key, percentile), undisturbed)
        verdicts.append(Verdict(f"{name}, {number} streams", late.get(("product", number)), bound, "ms"))
    verdicts.append(Verdict("words lost or out of order, all runs", float(lost(runs)), 0, ""))
    for name, key, bound, unit in (
        ("base memory", "base_mb", 160, "MB"),
        ("an idle tab", "idle_tab_kb", 30, "KB"),
        ("an active stream", "active_stream_kb", 60, "KB"),
    ):
        verdicts.append(Verdict(name, weights.get(key), bound, unit))
    return verdicts


def medians(
    runs: list[Run], figure: Callable[[Run], float | None], trusted: Callable[[Run], bool]
) -> dict[tuple[str, int], float]:
    """By side and number of streams, of the runs that say something about the server."""
    found: dict[tuple[str, int], list[float]] = {}
    for run in runs:
        value = figure(run)
        if value is not None and trusted(run):
            found.setdefault((run["target"], run["streams"]), []).append(value)
    return {key: statistics.median(values) for key, values in found.items()}


def kept_up(run: Run) -> bool:
    """Whether the stand-in and the load generator had time to spare on their core."""
    ours = run["cpu_seconds"]["stand_in"] + run["cpu_seconds"]["generator"]
    return bool(ours / run["seconds"] <= SATURATED)


def undisturbed(run: Run) -> bool:
    """Whether they never had to wait for it either: strangers there make late what was not."""
    return kept_up(run) and run["busy"]["rest"] <= SATURATED


def _percentile(key: str, percentile: str, run: Run) -> float | None:
    value: float | None = run[key].get(percentile)
    return value


def lost(runs: list[Run]) -> int:
    return sum(run["lost_words"] + run["broken"] + run["unfinished"] for run in runs)


def main() -> int:
    options = argparse.ArgumentParser(prog="bench.story", description=__doc__)
    options.add_argument("--quick", action="store_true", help="one repetition of 50 and 500 streams, no memory")
    options.add_argument("--streams", type=int, nargs="+", help="how many at once, in place of 50 200 500")
    options.add_argument("--only", choices=("product", "bare", "memory"), help="one part alone")
    options.add_argument("--repetitions", type=int, help="3 unless told")
    chosen = options.parse_args()
    repetitions = chosen.repetitions or (1 if chosen.quick else 3)
    streams = tuple(chosen.streams or ((50, CROWD) if chosen.quick else (*BESIDE_EACH_OTHER, CROWD)))
    runs: list[Run] = []
    weights: dict[str, float] = {}
    try:
        with stage.raised() as place:
            if chosen.only != "memory":
                runs = play(place, repetitions, streams, WINDOW_SECONDS, chosen.only)
            if chosen.only in (None, "memory") and not chosen.quick:
                weights = weigh(place, IDLE_TABS, ACTIVE_STREAMS)
    except servers.NotStarted as failure:
        report.say(str(failure))
        return 2
    verdicts = judge(runs, weights)
    for run in runs:
        if not undisturbed(run):
            report.say(
                f"Not used for lateness, the core of the load generator was full: {run['target']} {run['streams']}"
            )
    report.tell(runs, weights, verdicts)
    for (target, number), pace in medians(runs, lambda run: run["pace"], kept_up).items():
        if pace < KEPT_PACE:
            report.say(
                f"  {target}, {number} streams: {pace:.0%} of the pace, so what it spends is all that a core has"
            )
    report.keep(stage.RESULTS / "story.json", runs, weights, verdicts)
    return 1 if lost(runs) else 0


if __name__ == "__main__":
    sys.exit(main())
