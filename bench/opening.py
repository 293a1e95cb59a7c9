"""How long the chat takes to open where everything is in place: `make run`, the second time and after."""

import os
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

from bench import report

ROOT: Final = Path(__file__).resolve().parent.parent
TIMES: Final = 5
BOUND_SECONDS: Final = 5.0
OPEN: Final = "Ctrl-C stops it all"


def seconds_until_open(folder: Path) -> float:
    variables = {"PATH": os.environ["PATH"], "PORT": "8791", "PYTHONUNBUFFERED": "1"}
    variables["DATABASE_URL"] = f"sqlite:///{folder}/chat.sqlite3"
    began = time.monotonic()
    with subprocess.Popen(
        ["make", "run"], cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as house:
        assert house.stdout is not None
        try:
            said = next((line for line in house.stdout if OPEN in line), None)
            seconds = time.monotonic() - began
        finally:
            os.killpg(house.pid, signal.SIGINT)
        house.stdout.read()
    if said is None:
        raise SystemExit("make run did not open.")
    return seconds


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, *others = (seconds_until_open(Path(folder)) for _ in range(TIMES + 1))
    report.say(f"the first time, its tables made: {first:.1f} s")
    report.say("and again: " + ", ".join(f"{seconds:.1f}" for seconds in others) + " s")
    report.say(report.Verdict("make run, a second time", statistics.median(others), BOUND_SECONDS, "s").line())


if __name__ == "__main__":
    main()
