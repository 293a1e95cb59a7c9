"""The benchmark of several processes: how much later a page hears what another process writes, and what that costs."""

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench import report, servers, stage
from bench.report import Verdict

STREAMS: Final = 50
WINDOW_SECONDS: Final = 6.0
# By the rows: the text of a quarter of a second, looked at once a second.
SCENES: Final = ("alone", "unwatched", "elsewhere", "rows")

Run = dict[str, Any]


@contextlib.contextmanager
def redis() -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        raise servers.NotStarted("the benchmark needs redis-server")
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder, "redis.sock")
        command = [program, "--port", "0", "--unixsocket", str(socket), "--dir", folder, "--save", ""]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                next(line for line in server.stdout if "eady to accept connections" in line)
                yield f"unix://{socket}"
            finally:
                server.terminate()
                server.stdout.read()


def play(place: stage.Stage, scene: str, streams: int, seconds: float) -> Run:
    """Alone, or beside a process that shows nothing or all of it, over Redis or by the rows."""
    with contextlib.ExitStack() as stack:
        settings = {"REDIS_URL": stack.enter_context(redis())} if scene in ("unwatched", "elsewhere") else {}
        server = stack.enter_context(place.server("product", settings))
        other = None
        if scene != "alone":
            other = stack.enter_context(place.server("product", settings, beside=True))
        heard_by = other if scene in ("elsewhere", "rows") else None
        run = place.load(server, streams, seconds, heard_by=heard_by)
    run["cpu_us_per_delta_other"] = round(run["cpu_seconds"].get("other", 0.0) / max(run["deltas"], 1) * 1e6, 1)
    return run | {"target": scene}


def judge(runs: list[Run]) -> list[Verdict]:
    found = {scene: report.middle(some) for scene in SCENES if (some := [r for r in runs if r["target"] == scene])}

    def beside(scene: str, key: str, percentile: str) -> float | None:
        if scene not in found or "alone" not in found:
            return None
        return float(found[scene][key][percentile] - found["alone"][key][percentile])

    cpu = {scene: run["cpu_us_per_delta"] for scene, run in found.items()}
    share = cpu["unwatched"] / cpu["alone"] if {"unwatched", "alone"} <= cpu.keys() else None
    return [
        Verdict("lag added on another process p50", beside("elsewhere", "lag_ms", "p50"), 50, "ms"),
        Verdict("lag added on another process p99", beside("elsewhere", "lag_ms", "p99"), 100, "ms"),
        Verdict("first word added on another process p50", beside("elsewhere", "first_word_ms", "p50"), 100, "ms"),
        Verdict("CPU per delta that nobody elsewhere watches", share, 1.05, "x"),
        Verdict("words lost or out of order", float(sum(run["lost_words"] for run in runs)), 0, ""),
    ]


def main() -> int:
    options = argparse.ArgumentParser(prog="bench.processes", description=__doc__)
    options.add_argument("--streams", type=int, default=STREAMS)
    options.add_argument("--repetitions", type=int, default=3)
    options.add_argument("--scenes", nargs="+", choices=SCENES, default=list(SCENES))
    chosen = options.parse_args()
    runs: list[Run] = []
    try:
        with stage.raised() as place:
            for _ in range(chosen.repetitions):
                for scene in chosen.scenes:
                    run = play(place, scene, chosen.streams, WINDOW_SECONDS)
                    runs.append(run)
                    report.say(f"{report.run_line(run)}   other process {run['cpu_us_per_delta_other']} µs/delta")
    except servers.NotStarted as failure:
        report.say(str(failure))
        return 2
    verdicts = judge(runs)
    report.tell(runs, {}, verdicts)
    report.keep(stage.RESULTS / "processes.json", runs, {}, verdicts)
    return 1 if any(run["lost_words"] for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
