"""The benchmark of the fleet: how many streams and idle pages three processes carry behind the deployment's proxy."""

import argparse
import sys
from typing import Any, Final

from bench import premises, report, servers, stage
from bench.premises import Premises
from bench.report import Verdict

WEBS: Final = 3
STREAMS: Final = (100, 300, 600, 1000)
IDLE: Final = 5000
BESIDE_IDLE: Final = 50
MOST_LAG_MS: Final = 500.0
# Tokens seen for tokens due.
KEPT_UP: Final = 0.9
WINDOW_SECONDS: Final = 6.0
# A page where nothing happens hears a beat every twenty seconds.
BEAT_SECONDS: Final = 20.0
BEATS: Final = 2

Run = dict[str, Any]


def play(place: Premises, streams: int, idle: int, pace: float) -> Run:
    quiet = (BEATS + 0.25) * BEAT_SECONDS if idle else 1.0
    run = place.load(streams, idle, WINDOW_SECONDS, quiet, pace)
    shares = {name: spent / run["seconds"] for name, spent in run["cpu_seconds"].items()}
    idling = {name: spent / quiet for name, spent in run["idle_cpu"].items()}
    opened, before = run["memory_kb"]["open"], run["memory_kb"]["fresh"]
    grown = {name: opened[name] - before[name] for name in opened}
    return run | {
        "idle": idle,
        "core_share": _by_kind(shares),
        "strangers": round(sum(run["busy"].values()) - sum(shares.values()), 2),
        "idle_core_share": _by_kind(idling),
        "memory_mb": {name: round(kb / 1024, 1) for name, kb in opened.items()},
        "idle_socket_kb": {name: round(kb / max(idle + streams, 1), 1) for name, kb in _by_kind(grown).items()},
    }


def _by_kind(values: dict[str, float]) -> dict[str, float]:
    """The web processes together."""
    kinds: dict[str, float] = {}
    for name, value in values.items():
        kind = name.rstrip("0123456789")
        kinds[kind] = round(kinds.get(kind, 0.0) + value, 3)
    return kinds


def lost(run: Run) -> int:
    return int(run["lost_words"] + run["broken"] + run["unfinished"])


def holds(run: Run) -> bool:
    late = run["lag_ms"].get("p99")
    return late is not None and late < MOST_LAG_MS and run["pace"] >= KEPT_UP and not lost(run)


def line(run: Run) -> str:
    shares = "  ".join(f"{kind} {share:.0%}" for kind, share in run["core_share"].items())
    first, late = run["first_word_ms"], run["lag_ms"]
    return (
        f"{run['streams']:>5} streams {run['idle']:>5} idle   lag p50 {late.get('p50', '—')} p99 {late.get('p99', '—')}"
        f"   first p50 {first.get('p50', '—')} p99 {first.get('p99', '—')}   pace {run['pace']}"
        f"   {run['cpu_us_per_delta']} µs/delta   lost {lost(run)} refused {run['refusals']}\n"
        f"        of a core: {shares}  strangers {run['strangers']:.0%}"
    )


def judge(runs: list[Run]) -> list[Verdict]:
    verdicts = []
    for run in runs:
        streams = run["streams"]
        # Where most of them never began, the few that did are early.
        late = run["lag_ms"].get("p99") if run["pace"] >= KEPT_UP else None
        beside = f" beside {run['idle']} idle pages" if run["idle"] else ""
        verdicts.append(Verdict(f"added lag p99, {streams} streams{beside}", late, MOST_LAG_MS, "ms"))
        if run["idle"]:
            silent = float(max(BEATS - run["fewest_beats"], 0))
            verdicts.append(Verdict("beats that the most silent idle page missed", silent, 0, ""))
            verdicts.append(Verdict("an idle socket, all processes", sum(run["idle_socket_kb"].values()), 60, "KB"))
    most = max((run["streams"] for run in runs if holds(run)), default=0)
    verdicts.append(Verdict("streams short of a thousand that hold", float(max(STREAMS[-1] - most, 0)), 0, ""))
    verdicts.append(Verdict("words lost, sockets that fell", float(sum(map(lost, runs))), 0, ""))
    return verdicts


def main() -> int:
    options = argparse.ArgumentParser(prog="bench.fleet", description=__doc__)
    options.add_argument("--streams", type=int, nargs="*", default=list(STREAMS))
    options.add_argument("--idle", type=int, default=IDLE, help="idle pages of the last scene; 0 leaves it out")
    options.add_argument("--tokens-per-second", type=float, default=stage.TOKENS_PER_SECOND)
    chosen = options.parse_args()
    scenes = [(streams, 0) for streams in chosen.streams]
    if chosen.idle:
        scenes.append((BESIDE_IDLE, chosen.idle))
    runs: list[Run] = []
    try:
        with premises.raised(WEBS, sum(map(sum, scenes)), chosen.tokens_per_second) as place:
            for streams, idle in scenes:
                runs.append(play(place, streams, idle, chosen.tokens_per_second))
                report.say(line(runs[-1]))
    except servers.NotStarted as failure:
        report.say(str(failure))
        return 2
    _tell(runs)
    verdicts = judge(runs)
    for verdict in verdicts:
        report.say(verdict.line())
    report.keep(stage.RESULTS / "fleet.json", runs, {}, verdicts)
    return 1 if any(map(lost, runs)) else 0


def _tell(runs: list[Run]) -> None:
    report.say(f"\nThe most that held: {max((run['streams'] for run in runs if holds(run)), default=0)} streams")
    for run in runs:
        report.say(f"memory at {run['streams']} streams, {run['idle']} idle, MB: {run['memory_mb']}")
        if run["idle"]:
            report.say(f"  {run['idle'] + run['streams']} pages were open after {run['opened_seconds']} s")
            report.say(f"  while idle, of a core: {run['idle_core_share']}; a socket, KB: {run['idle_socket_kb']}")


if __name__ == "__main__":
    sys.exit(main())
