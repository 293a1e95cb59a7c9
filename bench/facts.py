"""What it costs to write down what becomes of a question: to whoever tells a fact, and to the thread that writes it."""

import os
import statistics
import sys
import time
from typing import Final
from uuid import uuid4

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")

from bench import report
from chatapp.telemetry import facts
from chatapp.telemetry.facts import Fact

TIMES: Final = 2000
ROUNDS: Final = 15
# An answer that nothing disturbs: posted, accepted, held, sent, first_word, settled, ended; its title, and a socket.
PER_QUESTION: Final = 11
BOUND_US: Final = 100.0


def round_us() -> tuple[float, float]:
    """Microseconds a fact: to tell it, and to write it."""
    began = time.perf_counter()
    for number in range(TIMES):
        facts.tell(
            Fact.SETTLED,
            correlation_id="abcdef0123456789",
            turn=number,
            conversation=uuid4() if number % 100 == 0 else None,
            attempt=number,
            model="claude-sonnet-5-5",
            request_id="req_011CSHoEeqs5C35K2UUqR7Fy",
            outcome="done",
            input_tokens=40,
            output_tokens=400,
            nanodollars=6_120_000,
            milliseconds=4_321,
        )
    told = time.perf_counter()
    facts.flush()
    return (told - began) / TIMES * 1e6, (time.perf_counter() - told) / TIMES * 1e6


def main() -> None:
    console, sys.stderr = sys.stderr, open(os.devnull, "w")  # noqa: SIM115
    try:
        # The first one begins the thread.
        round_us()
        rounds = [round_us() for _ in range(ROUNDS)]
    finally:
        sys.stderr = console
    tell, write = (statistics.median(one) for one in zip(*rounds, strict=True))
    report.say(f"{'what':<52}{'median µs':>12}")
    report.say(f"{'telling a fact':<52}{tell:>12.2f}")
    report.say(f"{'writing it, beside the event loop':<52}{write:>12.2f}")
    report.say(report.Verdict("telling all facts of a question", tell * PER_QUESTION, BOUND_US, "µs").line())


if __name__ == "__main__":
    main()
