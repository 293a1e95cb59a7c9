"""What the people of a soak stand on: web processes, a database and a Redis that come and go, a simulated Claude."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import stores
from tests.product import Product
from tests.product_on_postgresql import OnPostgreSQL
from tests.stand_in import StandIn, standing_in
from tests.stores import PostgreSQLServer, RedisServer
from tests.web import Web

DOLLAR = 1_000_000_000
# In dollars: hard stops are met all the time, and more is granted now and then.
LIMITS = {"conversation": 0.05, "user": 0.25, "site": 2.5}
# On a machine that has other things to do.
STARTS_WITHIN_SECONDS = 300
SETTINGS = {
    "CHATAPP_LEASE_SECONDS": "4",
    "CHATAPP_DEADLINE_FIRST_EVENT": "4",
    "CHATAPP_DEADLINE_FIRST_WORD": "6",
    "CHATAPP_DEADLINE_SILENCE": "4",
    "CHATAPP_DEADLINE_TURN": "40",
    "CHATAPP_GRACE": "6",
    "CHATAPP_MAX_TOKENS": "400",
    "CHATAPP_RUNNING_PER_USER": "4",
    "CHATAPP_LOGS": "json",
}


@dataclass
class Ground:
    """The product under the weather; what happened is counted by kind."""

    product: Product
    claude: StandIn
    seed: int
    size: int
    postgresql: PostgreSQLServer | None = None
    redis: RedisServer | None = None
    happened: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    _begun_at: float = field(default_factory=time.monotonic)
    _steering: threading.Lock = field(default_factory=threading.Lock)

    def dice(self, name: str) -> random.Random:
        """Everybody's own, all of one seed."""
        return random.Random(f"{self.seed} {name}")

    def note(self, what: str) -> None:
        self.happened[what] += 1

    def complain(self, what: str) -> None:
        """What cannot be; said at once, for the end may be far."""
        self.wrong.append(f"{self.since(time.monotonic())}: {what}")
        print(f"WRONG {self.wrong[-1]}", flush=True)

    def since(self, moment: float) -> str:
        """When that was, as one reads it in what is printed."""
        return f"{moment - self._begun_at:.1f} s"

    @property
    def alive(self) -> list[Web]:
        return [web for web in self.product.webs if web.process.poll() is None]

    def somewhere(self, dice: random.Random) -> Web:
        """Any process, as a balancer chooses that knows only which ones are there."""
        return dice.choice(self.alive or self.product.webs[-1:])

    def start(self, **changes: str) -> Web:
        """One more process."""
        return self.product.launch(**changes).ready(STARTS_WITHIN_SECONDS)

    def replace(self, old: Web) -> None:
        """Another process in the place of one that is gone."""
        assert old.process.poll() is not None
        self.start()

    def steer(self, act: Callable[[StandIn], None]) -> None:
        """The simulated Claude has one control connection."""
        with self._steering:
            act(self.claude)

    def grant(self, factor: float) -> None:
        """Limits only ever rise here, so what was within one stays within it."""
        for scope in LIMITS:
            sql = "UPDATE chatapp_budget SET limit_nanodollars = limit_nanodollars + ? WHERE scope = ?"
            self.product.change(sql, int(LIMITS[scope] * DOLLAR * factor), scope)


@contextmanager
def many(seed: int, folder: Path) -> Iterator[Ground]:
    """Three web processes on PostgreSQL and Redis."""
    with ExitStack() as stack:
        claude = stack.enter_context(standing_in(seed=seed))
        postgresql = stack.enter_context(stores.postgresql_server())
        redis = stack.enter_context(stores.redis_server())
        settings = {**SETTINGS, "REDIS_URL": redis.url}
        product = stack.enter_context(closing(OnPostgreSQL(claude.url, folder, settings, server=postgresql.url)))
        yield _settled(Ground(product, claude, seed, 3, postgresql, redis))


@contextmanager
def one(seed: int, folder: Path) -> Iterator[Ground]:
    """One process on SQLite, as `make run` starts it."""
    with standing_in(seed=seed) as claude, closing(Product(claude.url, folder, SETTINGS)) as product:
        yield _settled(Ground(product, claude, seed, 1))


def _settled(ground: Ground) -> Ground:
    for scope, dollars in LIMITS.items():
        # In all, lest a midnight begins them anew.
        sql = "UPDATE chatapp_budget SET limit_nanodollars = ?, period = 'total', key = ? WHERE scope = ?"
        ground.product.change(sql, int(dollars * DOLLAR), f"{scope}::total", scope)
    for web in [ground.product.launch() for _ in range(ground.size)]:
        web.ready(STARTS_WITHIN_SECONDS)
    return ground
