"""One side of the money's benchmark, in a process of its own: fills a ledger, spends from it, verifies it."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from chatapp.money import ledger, prices, replay  # noqa: E402
from chatapp.money.ledger import Payer, Wanted  # noqa: E402
from chatapp.money.models import Budget, Entry  # noqa: E402
from chatapp.storage.crossing import THREADS  # noqa: E402
from chatapp.turns.audit import audit  # noqa: E402

TURNS_PER_SECOND: Final = 50
COLD_SECONDS: Final = 2
PEOPLE: Final = 200
ENTRIES_EACH: Final = 10
WANTED: Final = Wanted("claude-sonnet-5-5", prompt_bound=3000, max_tokens=4096, useful_tokens=1024)
USED: Final = prices.Tokens(input=40, output=400, cache_read=800, cache_write_5m=160)


def fill(entries: int) -> dict[str, Any]:
    """So many charges of the last year, with their holds and their sums."""
    Budget.objects.update(limit_nanodollars=1_000_000 * 10**9)
    User.objects.bulk_create(User(username=f"bench-{number}") for number in range(PEOPLE))
    first = User.objects.order_by("pk").values_list("pk", flat=True)[0]
    price = prices.of(WANTED.model, datetime.now(UTC)).bands[0].id
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _FILLING:
            cursor.execute(
                statement.format(entries=entries, people=PEOPLE, each=ENTRIES_EACH, first=first, price=price)
            )
        for letters, scope, column in _SUMS:
            for period, starts in (("day", "day"), ("month", "date(day, 'start of month')"), ("total", "NULL")):
                whose = f"{column}, " if column else ""
                key = f"'{letters}:' || {column or repr('')} || ':' || coalesce({starts}, '') || ':{period}'"
                cursor.execute(_SUM.format(key=key, scope=scope, whose=whose, period=period, starts=starts))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {"entries": Entry.objects.count()}


def spend(seconds: float) -> dict[str, Any]:
    """Fifty turns a second, each begun when it is due, on as many threads as the product crosses with."""
    Budget.objects.update(limit_nanodollars=1_000_000 * 10**9)
    User.objects.bulk_create((User(username=f"bench-{number}") for number in range(PEOPLE)), ignore_conflicts=True)
    people = list(User.objects.order_by("pk").values_list("pk", flat=True))
    count = int(seconds * TURNS_PER_SECOND)
    begun = time.monotonic() + 0.2
    with ThreadPoolExecutor(THREADS) as crowd:
        acts = [(begun + number / TURNS_PER_SECOND, people[number % PEOPLE]) for number in range(count)]
        shares = list(crowd.map(_turn, acts))
    took = time.monotonic() - begun
    # The first ones open connections and fill their caches; a product runs for longer than this.
    warm = shares[COLD_SECONDS * TURNS_PER_SECOND :]
    together = sorted(sum(share) for share in warm)
    return {
        "turns": count,
        "per_second": count / took,
        "authorise": statistics.median(share[0] for share in warm),
        "settle": statistics.median(share[1] for share in warm),
        "together": statistics.median(together),
        "p99": together[len(together) * 99 // 100],
    }


def _turn(act: tuple[float, int]) -> tuple[float, float]:
    due, person = act
    time.sleep(max(0.0, due - time.monotonic()))
    payer = Payer(person, UUID(int=person * 7), uuid4().hex, "answer")
    held, authorise_ms = _timed(lambda: ledger.authorise(payer, WANTED, datetime.now(UTC)))
    _, settle_ms = _timed(lambda: ledger.settle(held.hold_id, USED, exact=True, now=datetime.now(UTC)))
    return authorise_ms, settle_ms


def _timed(act: Callable[[], Any]) -> tuple[Any, float]:
    """With its commit, in milliseconds."""
    began = time.perf_counter()
    with transaction.atomic():
        made = act()
    return made, (time.perf_counter() - began) * 1000


def verify(_: float) -> dict[str, Any]:
    began = time.perf_counter()
    found = audit()
    return {"seconds": time.perf_counter() - began, "differences": len(found.differences), "rows": dict(found.rows)}


def what_if(_: float) -> dict[str, Any]:
    """The kind of limit that takes longest to replay."""
    took = []
    for scope in ("conversation", "user", "group", "site"):
        for period in ("day", "month", "total"):
            began = time.perf_counter()
            replay.of(Budget(scope=scope, period=period, limit_nanodollars=2_000_000_000), datetime.now(UTC))
            took.append(time.perf_counter() - began)
    return {"seconds": max(took)}


_NUMBERS = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {entries}) "
_WHO = "{first} + n / {each} % {people}"
_WHERE = "printf('%032x', n / {each})"
_DAY = "date('now', '-' || (n / {each} % 365) || ' days')"
_FILLING = (
    "INSERT INTO chatapp_hold (id, user_id, conversation_id, groups, day, correlation_id, task, model, priced_from, "
    "manner, prompt_bound_tokens, max_tokens, max_searches, nanodollars, state, opened_at, dispatched_at, closed_at) "
    f"{_NUMBERS} SELECT n, {_WHO}, {_WHERE}, '', {_DAY}, printf('%032x', n), 'answer', 'claude-sonnet-5-5', "
    "'2026-10-07', '', 3000, 4096, 0, 52960000, 'captured', datetime('now'), datetime('now'), datetime('now') "
    "FROM numbers",
    "INSERT INTO chatapp_entry (id, kind, hold_id, user_id, conversation_id, groups, day, correlation_id, task, model, "
    "price_id, nanodollars, saved_nanodollars, exact, input_tokens, output_tokens, cache_read_tokens, "
    "cache_write_5m_tokens, cache_write_1h_tokens, searches, reason, at) "
    "SELECT id, 'charge', id, user_id, conversation_id, '', day, correlation_id, task, model, {price}, 1000000 + id, "
    "0, 1, 40, 400, 800, 160, 0, 0, '', closed_at FROM chatapp_hold",
)
_SUMS = (("1c", "conversation", "conversation_id"), ("2u", "user", "user_id"), ("4s", "site", ""))
_SUM = (
    "INSERT INTO chatapp_counter (key, scope, period, {whose} starts, spent_nanodollars, held_nanodollars, "
    "told_percent) SELECT {key}, '{scope}', '{period}', {whose} {starts}, sum(nanodollars), 0, 0 FROM chatapp_entry "
    "GROUP BY {whose} {starts}"
)


def main() -> None:
    act, amount = sys.argv[1:]
    acts: dict[str, Callable[[float], dict[str, Any]]] = {
        "fill": lambda n: fill(int(n)),
        "spend": spend,
        "verify": verify,
        "replay": what_if,
    }
    sys.stdout.write(json.dumps(acts[act](float(amount))))


if __name__ == "__main__":
    main()
