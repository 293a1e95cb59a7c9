"""Every benchmark of the house, one after the other; `make bench` calls this."""

import importlib.util
import subprocess
import sys

PARTS = (
    "bench.opening",
    "bench.rendering",
    "bench.transport",
    "bench.gates",
    "bench.facts",
    "bench.patience",
    "bench.briefing",
    "bench.money",
    "bench.review",
    "bench.story",
    "bench.processes",
    "bench.rolling",
    "bench.fleet",
)


def main() -> int:
    worst = 0
    for part in PARTS:
        if importlib.util.find_spec(part) is None:
            continue
        sys.stdout.write(f"\n== {part} ==\n")
        sys.stdout.flush()
        worst = max(worst, subprocess.call([sys.executable, "-m", part]))  # our own modules
    return worst


if __name__ == "__main__":
    sys.exit(main())
