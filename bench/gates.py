"""What it costs to ask whether a request may go: alone, in a crowd that waits, and while the way is closed.

`python -m bench.gates` prints the median of several rounds for each, the rounds in turn.
"""

import os
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from bench import report

ROUNDS: Final = 15
TIMES: Final = 1000
BOUND_US: Final = 500.0


@dataclass
class Over:
    """An exchange as the gate sees it afterwards, with all of Claude's headers."""

    asked_at: float | None
    complete: bool = True
    first_word_seconds: float | None = 0.5
    rate_headers: Mapping[str, str] = field(default_factory=dict)


def plays() -> dict[str, Callable[[], float]]:
    """By name, what takes a number of requests through the gate and says what one of them took, in microseconds."""
    from chatapp.claude.failures import Failure, FailureKind
    from chatapp.claude.gatehouse import Gatehouse
    from chatapp.claude.ways import Barred, Way

    way = Way("claude-sonnet-5-5")

    def house(most: int = 1000) -> Gatehouse:
        return Gatehouse(time.monotonic, time.time, random.Random(1), most)

    def pass_through(headers: Mapping[str, str]) -> float:
        here = house()
        began = time.perf_counter()
        for user in range(TIMES):
            ticket = here.line_up(way, user, 2000)
            if ticket.ready:
                over = Over(time.monotonic(), rate_headers=headers)
                ticket.answered()
                here.learn(way, over, None)
            ticket.leave()
        return _each(began)

    def in_a_crowd(crowd: int) -> float:
        here = house(most=1)
        seats = [here.line_up(way, 0, 2000)]
        waiting = [here.line_up(way, user, 2000) for user in range(crowd + TIMES)]
        began = time.perf_counter()
        for ticket in waiting[:TIMES]:
            seats.pop().leave()
            seats.append(ticket)
        return _each(began)

    def places(crowd: int) -> float:
        here = house(most=1)
        for user in range(crowd + 1):
            here.line_up(way, user, 2000)
        began = time.perf_counter()
        here.line.tell()
        return (time.perf_counter() - began) * 1e6

    def barred() -> float:
        here = house()
        for _ in range(5):
            here.learn(way, Over(time.monotonic()), Failure(FailureKind.OVERLOADED, "busy"))
        began = time.perf_counter()
        for user in range(TIMES):
            try:
                here.line_up(way, user, 2000)
            except Barred:
                continue
        return _each(began)

    said = headers()
    return {
        "a request, nobody before it, no headers": lambda: pass_through({}),
        "a request, nobody before it, twelve headers": lambda: pass_through(said),
        "one leaves and the next goes, 100 wait": lambda: in_a_crowd(100),
        "one leaves and the next goes, 5000 wait": lambda: in_a_crowd(5000),
        "a request that is barred": barred,
        "telling 5000 their places, four times a second": lambda: places(5000),
    }


def headers() -> dict[str, str]:
    reset = datetime.fromtimestamp(time.time() + 50, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    values = {"limit": "10000000", "remaining": "9000000", "reset": reset}
    names = ("requests", "tokens", "input-tokens", "output-tokens")
    return {f"anthropic-ratelimit-{name}-{what}": value for name in names for what, value in values.items()}


def _each(began: float) -> float:
    return (time.perf_counter() - began) / TIMES * 1e6


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
    sides = plays()
    figures: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, play in sides.items():
            figures[name].append(play())
    report.say(f"{'what':<52}{'median µs':>12}{'best µs':>12}")
    for name, taken in figures.items():
        report.say(f"{name:<52}{statistics.median(taken):>12.1f}{min(taken):>12.1f}")
    whole = statistics.median(figures["a request, nobody before it, twelve headers"])
    report.say(report.Verdict("all that the gate adds to a request", whole, BOUND_US, "µs").line())


if __name__ == "__main__":
    main()
