"""What goes wrong during a soak: three decks of faults, each drawn in an order of its own until it is used up."""

from __future__ import annotations

import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import psycopg
from redis import Redis
from redis.exceptions import RedisError

from chatapp.telemetry.points import Point
from tests.patience import until
from tests.soak.ground import Ground
from tests.soak.wanderer import Wanderer
from tests.stand_in import StandIn
from tests.web import Web

Fault = Callable[[Ground, random.Random, threading.Event], None]
LEASE_SECONDS = 4.0
# A process that leaves has its grace for what runs, and something for a busy machine.
LEAVES_WITHIN_SECONDS = 90
POINTS = (
    *((Point.INSIDE_ACCEPTING, 2), (Point.ACCEPTED, 2), (Point.HOLD_COMMITTED, 2), (Point.HEARD, 30)),
    *((Point.BEFORE_FLUSH, 8), (Point.FLUSHED, 8), (Point.BEFORE_SETTLING, 2), (Point.INSIDE_SETTLING, 2)),
    *((Point.SETTLED, 2), (Point.INSIDE_RECOVERY, 1)),
)
# What an operator would have to end is left out: nobody would be asked any more.
# Between two faults of one deck, in seconds.
PAUSES = {"processes": (3, 9), "stores": (4, 10), "claude": (3, 9), "network": (15, 40)}
# In so long a time each of them comes.
LONG_SECONDS = 600
STORMS = ("overloaded", "api_error", "unavailable", "rate_limited", "html_502", "gateway_timeout")


def is_killed(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    web = dice.choice(ground.alive)
    web.kill()
    ground.replace(web)


def is_killed_at_a_point(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    point, after = dice.choice(POINTS)
    ground.happened[f"SIGKILL at {point}"] += 1
    old = dice.choice(ground.alive)
    doomed = ground.start(CHATAPP_REHEARSE=f"SIGKILL at {point} after {after}")
    old.kill()
    with suppress(AssertionError):
        until(lambda: doomed.process.poll() is not None or end.is_set(), 8)
    doomed.kill()
    ground.replace(doomed)


def is_asked_to_go(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    web = dice.choice(ground.alive)
    web.signal(signal.SIGTERM)
    # As in a rolling restart: the next one is there before the old one is gone.
    ground.start()
    web.dies(LEAVES_WITHIN_SECONDS)
    if web.process.returncode:
        ground.complain(f"a process that was asked to go left with {web.process.returncode}")


def freezes_for_a_moment(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    _freeze(dice.choice(ground.alive), dice.uniform(0.2, LEASE_SECONDS / 2), end)


def freezes_past_its_lease(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    _freeze(dice.choice(ground.alive), dice.uniform(LEASE_SECONDS * 1.5, LEASE_SECONDS * 3), end)


def freezes_and_is_killed(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    web = dice.choice(ground.alive)
    web.signal(signal.SIGSTOP)
    end.wait(dice.uniform(0.5, LEASE_SECONDS * 2))
    web.kill()
    ground.replace(web)


def _freeze(web: Web, seconds: float, end: threading.Event) -> None:
    web.signal(signal.SIGSTOP)
    end.wait(seconds)
    web.signal(signal.SIGCONT)


PROCESSES: tuple[Fault, ...] = (
    *(is_killed, is_killed_at_a_point, is_asked_to_go),
    *(freezes_for_a_moment, freezes_past_its_lease, freezes_and_is_killed),
)


def redis_dies(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    assert ground.redis
    ground.redis.kill()
    end.wait(dice.uniform(0.1, 6))
    ground.redis.start()


def redis_freezes(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    assert ground.redis
    ground.redis.freeze()
    end.wait(dice.uniform(0.5, 5))
    ground.redis.thaw()


def redis_is_emptied(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    assert ground.redis
    ground.redis.flush()


def redis_hangs_up(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    assert ground.redis
    with ground.redis.client() as operator, suppress(RedisError):
        _hang_up(operator)


def _hang_up(operator: Redis) -> None:
    operator.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")  # type: ignore[no-untyped-call]


def postgresql_restarts(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    assert ground.postgresql
    ground.postgresql.stop("fast")
    end.wait(dice.uniform(0, 4))
    ground.postgresql.start()


def postgresql_crashes(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    assert ground.postgresql
    ground.postgresql.stop("immediate")
    ground.postgresql.start()


def postgresql_hangs_up(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    with suppress(psycopg.Error):
        ground.product.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


STORES: tuple[Fault, ...] = (
    *(redis_dies, redis_freezes, redis_is_emptied, redis_hangs_up),
    *(postgresql_restarts, postgresql_crashes, postgresql_hangs_up),
)


def claude_refuses_many(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    fault, lasts, share = dice.choice(STORMS), dice.uniform(1, 8), dice.uniform(0.3, 1)
    ground.happened[f"Claude: {fault}"] += 1
    ground.steer(lambda claude: _plan(claude, fault, lasts, share))


def claude_breaks_off(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    fault, lasts = dice.choice(("cut", "reset", "half_event")), dice.uniform(1, 5)
    ground.happened[f"Claude: {fault}"] += 1
    ground.steer(lambda claude: _plan(claude, fault, lasts, 0.7))


def claude_falls_silent(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    fault = dice.choice(("silence_before_headers", "silence_midway", "pings_forever"))
    ground.happened[f"Claude: {fault}"] += 1
    ground.steer(lambda claude: _plan(claude, fault, 3, 0.7))


def claude_is_not_there(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    seconds = round(dice.uniform(0.5, 4), 1)
    ground.steer(lambda claude: claude.plan_fault("refused", seconds=seconds))


def _plan(claude: StandIn, fault: str, lasts: float, share: float) -> None:
    plan = {"fault": fault, "lasts": lasts, "share": share, "match": {"kind": "any"}}
    claude.call("POST", "/simulator/faults", plan)


def more_is_granted(ground: Ground, dice: random.Random, end: threading.Event) -> None:
    with suppress(psycopg.Error, sqlite3.Error):
        ground.grant(dice.uniform(0.1, 0.5))


CLAUDE: tuple[Fault, ...] = (
    *(claude_refuses_many, claude_breaks_off, claude_falls_silent, claude_is_not_there, more_is_granted),
)


def all_pages_are_cut(people: Sequence[Wanderer]) -> Fault:
    """The network of everybody goes away at once; pages come back by themselves."""

    def all_pages_are_cut(ground: Ground, dice: random.Random, end: threading.Event) -> None:
        for tab in [tab for one in people for tab in tuple(one.tabs)]:
            tab.drop()

    return all_pages_are_cut


def blow(name: str, deck: Sequence[Fault], ground: Ground, end: threading.Event, pause: tuple[float, float]) -> None:
    """One fault after the other until the end; each of them once before any of them comes again."""
    dice = ground.dice(name)
    for fault in _drawn(deck, dice):
        if end.wait(dice.uniform(*pause)):
            return
        ground.note(fault.__name__)
        began = time.monotonic()
        fault(ground, dice, end)
        print(f"{ground.since(began)} {fault.__name__} for {time.monotonic() - began:.1f} s", flush=True)


def _drawn(deck: Sequence[Fault], dice: random.Random) -> Iterator[Fault]:
    while True:
        yield from dice.sample(deck, len(deck))
