"""A rolling restart of three web processes under running answers: what a reader sees of it, and whether it adds up.

`python -m bench.rolling [--streams N] [--readers N] [--pace N] [--words N] [--looked-at N]`: PostgreSQL, Redis, and the
deployment's own proxy; every reader comes back as the page does; of the first few all that was shown is drawn again.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench import meters, report, stage
from bench.askers import Stream
from bench.loop import Loop
from bench.readers import LOOK_EVERY_SECONDS, Reader, Seen
from bench.report import Verdict
from tests import history, nursery, stores
from tests.history import History
from tests.page_model import Page, Sight
from tests.patience import until
from tests.people import Asked, Person
from tests.product import PEOPLE, Product
from tests.product_on_postgresql import OnPostgreSQL
from tests.promises.texts import say
from tests.promises.wreckage import still_open
from tests.proxy import proxy
from tests.stand_in import StandIn, standing_in
from tests.web import Web

WEBS: Final = 3
STREAMS: Final = 100
READERS: Final = 3
PACE: Final = 20.0
WORDS: Final = 400
LOOKED_AT: Final = 20
MOST_GAP_MS: Final = 3000
MOST_SECONDS: Final = 400.0
SHARES: Final = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("worst", 1.0))
CORES: Final = {"first": 0, "second": 1}

Run = dict[str, Any]


class Show:
    """Everything on the stage, and one loop that does and sees it all."""

    def __init__(self, product: Product, claude: StandIn, front: int, chosen: argparse.Namespace) -> None:
        self.product, self.claude, self.chosen = product, claude, chosen
        self.loop = Loop()
        self.drawn: list[tuple[Reader, Page]] = []
        people = [Person(product, number % len(PEOPLE), front=front) for number in range(chosen.streams)]
        asked = [person.begin(f"Begin. {say('Well.')} [[think:0]]") for person in people]
        self.streams = [self._stream(*pair) for pair in zip(people, asked, strict=True)]
        self.readers = [reader for stream in self.streams for reader in stream.readers]
        # When each process was asked to go, how long that took, and its successor's start.
        self.steps: list[tuple[float, float, float]] = []

    def _stream(self, person: Person, asked: Asked) -> Stream:
        person.final(asked)
        page = person.page(asked.conversation)
        stream = Stream(self.loop, person, asked.conversation, self.chosen.pace, self.chosen.words)
        stream.readers += [Reader(self.loop, stream, page.seen) for _ in range(self.chosen.readers)]
        if len(self.drawn) < self.chosen.looked_at:
            stream.readers[0].keeps_frames = True
            self.drawn.append((stream.readers[0], page))
        return stream

    def play(self) -> Run:
        answer_seconds = self.chosen.words / self.chosen.pace
        for reader in self.readers:
            reader.connect()
        self._watch()
        for number, stream in enumerate(self.streams):
            self.loop.after(1.0 + number * answer_seconds / len(self.streams), stream.ask)
        # One answer of each is read while nothing happens.
        self.loop.rest(2.5 * answer_seconds)
        stretch, began_at = meters.Stretch({}, CORES), time.monotonic()
        self._roll()
        took, busy = time.monotonic() - began_at, stretch.busy()
        for stream in self.streams:
            stream.closing = True
        done = self.loop.run(lambda: all(one.is_over for one in self.streams), 2 * answer_seconds + 15)
        for reader in self.readers:
            reader.leave()
        unfinished = [] if done else [one.stands for one in self.streams if not one.is_over]
        return self._figures(began_at) | {"seconds": round(took, 1), "busy": busy, "unfinished": unfinished}

    def _watch(self) -> None:
        for reader in self.readers:
            reader.watch()
        self.loop.after(LOOK_EVERY_SECONDS, self._watch)

    def _roll(self) -> None:
        """Each process in its turn: asked to go, waited for, started anew."""
        for web in self.product.webs:
            asked_at = time.monotonic()
            web.signal(signal.SIGTERM)
            self._until(partial(_is_gone, web))
            gone_at = time.monotonic()
            web.launch_again()
            self._until(web.is_open)
            self.steps.append((asked_at, gone_at - asked_at, time.monotonic() - gone_at))

    def _until(self, look: Callable[[], bool]) -> None:
        if not self.loop.run(look, MOST_SECONDS):
            raise TimeoutError("the restart does not get on")

    def _figures(self, began_at: float) -> Run:
        pairs = [(stream, number, seen) for stream in self.streams for number, seen in stream.seen()]
        calm = [seen.longest for _, _, seen in pairs if seen.at < began_at]
        rolling = [stream.longest(reader, began_at) for stream in self.streams for reader in stream.readers]
        waits = [(stream.asked_at[number], seen.first_at - stream.asked_at[number]) for stream, number, seen in pairs]
        everybody = [seen for _, _, seen in pairs]
        return {
            "gap_ms": percentiles(rolling),
            "calm_gap_ms": percentiles(calm),
            "first_word_ms": percentiles([wait for asked_at, wait in waits if asked_at > began_at]),
            "calm_first_word_ms": percentiles([wait for asked_at, wait in waits if asked_at < began_at]),
            "steps": [{"left": round(left, 1), "started": round(started, 1)} for _, left, started in self.steps],
            "codes": dict(sum((reader.codes for reader in self.readers), start=Counter[int]())),
            "answers": sum(len(stream.asked_at) for stream in self.streams),
            "refused": dict(Counter(status for stream in self.streams for status in stream.refused)),
            "lost": sum(stream.lost() for stream in self.streams),
            "wrong": sum(seen.wrong for seen in everybody) + sum(len(reader.strange) for reader in self.readers),
            "stepped_back": sum(seen.back for seen in everybody),
            "longest": [self._told(seen) for seen in sorted(everybody, key=lambda seen: -seen.longest)[:10]],
        }

    def _told(self, seen: Seen) -> str:
        """When in the restart a gap began."""
        before = [asked_at for asked_at, _, _ in self.steps if asked_at <= seen.longest_from]
        since = f"{seen.longest_from - before[-1]:.1f} s after signal {len(before)}" if before else "before all signals"
        return f"{seen.longest:.2f} s from {since}"

    def sights(self) -> Iterator[list[Sight]]:
        """What some of the pages showed, frame by frame, as a browser would have drawn it."""
        for reader, page in self.drawn:
            shown = len(page.sights)
            for at, frame in reader.frames:
                page.apply(frame.decode())
                page.sights[shown:] = [replace(sight, at=at) for sight in page.sights[shown:]]
                shown = len(page.sights)
            yield page.sights

    def complaints(self) -> list[str]:
        """All that does not add up between what was seen, the rows, and what Claude was asked."""
        until(lambda: not still_open(self.product), 30, "the end of everything")
        accepted = {ask_id: turn for stream in self.streams for ask_id, turn in stream.accepted.items()}
        told = History.collect(self.product, self.claude.settled_journal(), self.sights(), accepted)
        states = [(turn, told.turns[turn]["state"]) for turn in accepted.values()]
        unanswered = [f"turn {turn} is {state}" for turn, state in states if state != "answered"]
        return history.complaints(told) + unanswered


def _is_gone(web: Web) -> bool:
    return web.process.poll() is not None


def percentiles(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    if not ordered:
        return {}
    return {name: round(ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000, 1) for name, share in SHARES}


@contextlib.contextmanager
def raised(chosen: argparse.Namespace) -> Iterator[Show]:
    # A start is to cost here what it costs an operator, with all that is imported.
    nursery.POSSIBLE = False
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server, redis = stack.enter_context(stores.postgresql()), stack.enter_context(stores.redis())
        claude = stack.enter_context(standing_in())
        product = OnPostgreSQL(claude.url, folder, {"REDIS_URL": redis}, ("--proxy-headers",), server=server)
        stack.enter_context(contextlib.closing(product))
        for _ in range(WEBS):
            product.launch()
        front = stack.enter_context(proxy(*(web.ready().port for web in product.webs)))
        yield Show(product, claude, front.port, chosen)


def judge(run: Run) -> list[Verdict]:
    return [
        Verdict("longest gap that a reader sees p95", run["gap_ms"].get("p95"), MOST_GAP_MS, "ms"),
        Verdict("words lost", float(run["lost"]), 0, ""),
        Verdict("words doubled or out of order", float(run["wrong"]), 0, ""),
        Verdict("what does not add up", float(len(run["complaints"]) + len(run["unfinished"])), 0, ""),
    ]


def tell(run: Run) -> None:
    for name in ("calm_gap_ms", "gap_ms", "calm_first_word_ms", "first_word_ms"):
        report.say(f"{name:<22}" + "".join(f"{share} {run[name].get(share, '—'):>9}   " for share, _ in SHARES))
    for name in ("seconds", "steps", "busy", "answers", "refused", "codes", "stepped_back", "tracebacks"):
        report.say(f"{name:<22}{run[name]}")
    report.say("\n".join([*run["longest"], *run["unfinished"][:20], *run["complaints"][:20]]))
    for verdict in judge(run):
        report.say(verdict.line())


def main() -> int:
    options = argparse.ArgumentParser(prog="bench.rolling", description=__doc__)
    options.add_argument("--streams", type=int, default=STREAMS)
    options.add_argument("--readers", type=int, default=READERS)
    options.add_argument("--pace", type=float, default=PACE)
    options.add_argument("--words", type=int, default=WORDS)
    options.add_argument("--looked-at", type=int, default=LOOKED_AT)
    chosen = options.parse_args()
    with raised(chosen) as show:
        run = show.play()
        tell(run | {"complaints": [], "tracebacks": 0})
        run |= {"complaints": show.complaints(), "tracebacks": show.product.logs.count("Traceback")}
        stage.RESULTS.mkdir(parents=True, exist_ok=True)
        (stage.RESULTS / "rolling.log").write_text(show.product.logs)
    tell(run)
    report.keep(stage.RESULTS / "rolling.json", [run], {}, judge(run))
    return int(any(verdict.holds is False for verdict in judge(run)[1:]))


if __name__ == "__main__":
    sys.exit(main())
