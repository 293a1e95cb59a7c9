"""The load generator: many tabs in one process, each asking again as soon as its answer has ended."""

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import answers, meters
from bench.loop import Loop
from bench.tabs import BareTab, Person, ProductTab, Tab
from bench.tally import Tally

AT_ONCE: Final = 8
"""Connections being opened at any moment: the server's accept queue is short, and opening is not measured."""
PATIENCE_SECONDS: Final = 60.0
LAST_WORDS_SECONDS: Final = 20.0
NOT_TESTED: Final = ("stand_in", "generator", "other")
_WINDOW_MARGIN_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Order:
    target: str
    port: int
    streams: int
    idle: int
    seconds: float
    tokens_per_second: float
    pids: dict[str, int]
    cores: dict[str, int]
    people: Path | None
    conversations: Path | None
    # Where the pages listen, if not where they ask.
    heard_port: int | None = None
    # Whether everybody comes from an address of his own.
    apart: bool = False
    # How long idle pages only listen before anybody asks.
    quiet_seconds: float = 1.0


class Load:
    def __init__(self, order: Order) -> None:
        self.order = order
        self.loop = Loop()
        self.tally = Tally()
        self.memory: dict[str, dict[str, int]] = {}
        self.tabs = list(self._tabs())
        self.active = self.tabs[: order.streams]

    def _tabs(self) -> Iterator[Tab]:
        order, address = self.order, ("127.0.0.1", self.order.port)
        if order.target == "bare":
            for _ in range(order.streams):
                yield BareTab(self.loop, self.tally, address)
            return
        assert order.people is not None  # the product has a door
        known = json.loads(order.people.read_text())
        sessions = known.pop("sessions")
        kept, made = order.conversations, known.pop("conversations")
        conversations = json.loads(kept.read_text()) if kept is not None and kept.exists() else made
        for number in range(order.streams + order.idle):
            one = number % len(sessions)
            source = f"127.1.{one // 250}.{one % 250 + 1}" if order.apart else ""
            person = Person(session=sessions[one], source=source, **known)
            conversation = conversations[number] if number < len(conversations) else None
            heard_at = ("127.0.0.1", order.heard_port or order.port)
            yield ProductTab(self.loop, self.tally, address, person, conversation, heard_at)

    def run(self) -> dict[str, Any]:
        self._weigh("fresh")
        self._each(lambda tab: tab.prepare)
        self._remember_conversations()
        self._weigh("prepared")
        began = time.monotonic()
        self._each(lambda tab: tab.open)
        opened_seconds = time.monotonic() - began
        self.loop.run(lambda: all(tab.ready for tab in self.tabs), 3.0)
        before = [tab.frames for tab in self.tabs]
        idling = meters.Stretch(self.order.pids, self.order.cores)
        self.loop.rest(self.order.quiet_seconds)
        idle_cpu = idling.cpu_seconds()
        beats = [tab.frames - earlier for tab, earlier in zip(self.tabs, before, strict=True)]
        self._weigh("open")
        figures = self._measure() if self.order.seconds else {}
        for tab in self.tabs:
            tab.close()
        return figures | {
            "idle_cpu": idle_cpu,
            "fewest_beats": min(beats),
            "opened_seconds": round(opened_seconds, 1),
            "memory_kb": self.memory,
        }

    def _measure(self) -> dict[str, Any]:
        answer_seconds = answers.ANSWER_TOKENS / self.order.tokens_per_second
        for number, tab in enumerate(self.active):
            self.loop.after(number * answer_seconds / len(self.active), tab.ask)
        self.loop.rest(answer_seconds + _WINDOW_MARGIN_SECONDS)
        stretch = meters.Stretch(self.order.pids, self.order.cores)
        self.tally.measuring = True
        self.loop.rest(self.order.seconds / 2)
        if self.order.idle:
            self._weigh("streaming")
        self.loop.rest(self.order.seconds / 2)
        self.tally.measuring = False
        cpu, busy = stretch.cpu_seconds(), stretch.busy()
        tested = sum(spent for name, spent in cpu.items() if name not in NOT_TESTED)
        for tab in self.active:
            tab.closing = True
        unfinished = self._unfinished() if self.order.target == "product" else 0
        figures = self.tally.figures()
        return figures | {
            "streams": len(self.active),
            "seconds": self.order.seconds,
            "cpu_seconds": {name: round(spent, 3) for name, spent in cpu.items()},
            "cpu_us_per_delta": round(tested / max(figures["deltas"], 1) * 1e6, 1),
            "pace": round(
                figures["deltas"] / (self.order.seconds * self.order.tokens_per_second * len(self.active)), 3
            ),
            "busy": busy,
            "unfinished": unfinished,
        }

    def _unfinished(self) -> int:
        """How many answers never ended, though everybody listened to the last word."""
        self.loop.run(lambda: not any(tab.reading.running for tab in self.active), LAST_WORDS_SECONDS)
        return sum(tab.reading.running for tab in self.active)

    def _each(self, step: Callable[[Tab], Callable[[Callable[[], None]], None]]) -> None:
        """Take every tab through a step, only a few at any moment."""
        waiting = iter(self.tabs)
        left = len(self.tabs)

        def start_next() -> None:
            tab = next(waiting, None)
            if tab is not None:
                step(tab)(done)

        def done() -> None:
            nonlocal left
            left -= 1
            self.loop.after(0, start_next)

        for _ in range(AT_ONCE):
            start_next()
        if not self.loop.run(lambda: left <= 0, PATIENCE_SECONDS * 2):
            raise TimeoutError(f"{left} of {len(self.tabs)} tabs were still waiting to begin")

    def _weigh(self, moment: str) -> None:
        pids = self.order.pids
        if "server" in pids:
            self.memory[moment] = meters.memory_kb(pids["server"])
        else:
            self.memory[moment] = {name: meters.memory_kb(pid)["pss"] for name, pid in pids.items()}

    def _remember_conversations(self) -> None:
        if self.order.conversations is not None:
            made = [tab.conversation for tab in self.tabs if isinstance(tab, ProductTab)]
            self.order.conversations.write_text(json.dumps(made))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("order", type=json.loads, help="the fields of an Order, as JSON")
    chosen = options.parse_args().order
    for path in ("people", "conversations"):
        chosen[path] = Path(chosen[path]) if chosen.get(path) else None
    chosen["pids"]["generator"] = os.getpid()
    gc.disable()
    sys.stdout.write(json.dumps(Load(Order(**chosen)).run()))


if __name__ == "__main__":
    main()
