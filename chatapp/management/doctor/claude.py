"""The way to Claude and what it may cost: keys, models, prices, budgets, and whose clock is right."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.utils import timezone

from chatapp.claude import lifecycle, providers, trial
from chatapp.claude.failures import Failure, FailureKind
from chatapp.claude.lifecycle import Listing
from chatapp.claude.models import Model
from chatapp.claude.models import Provider as Row
from chatapp.management.doctor import stores
from chatapp.management.doctor.findings import Finding, fail, ok, warn
from chatapp.money import amounts, prices
from chatapp.money.models import Budget, Scope
from chatapp.money.models.budgets import AtLimit
from chatapp.money.prices import UnknownPrice
from chatapp.turns import tasks
from chatapp.turns.fallbacks import Fallbacks

NO_KEY: Final = "There is neither ANTHROPIC_API_KEY nor the address of a simulated Claude."
GET_KEY: Final = "Set ANTHROPIC_API_KEY; `make run` does without, and lets the simulated Claude answer."
MEND: Final = (
    "See whether this machine reaches Claude, and whether key and address are right: ANTHROPIC_API_KEY, "
    "ANTHROPIC_BASE_URL, and for further providers what the admin says."
)
_PASSES: Final = (
    *(FailureKind.OVERLOADED, FailureKind.RATE_LIMITED),
    *(FailureKind.SERVER_ERROR, FailureKind.SERVER_TIMEOUT),
)
# Between two clocks that are both right: a request's way, and a header without fractions.
FINE_SECONDS: Final = 5.0
WRONG_SECONDS: Final = 60.0


def keys() -> Iterator[Finding]:
    """Each provider counts the tokens of a greeting, which costs nothing."""
    if not _reachable():
        yield fail(NO_KEY, GET_KEY)
        return
    # In the database's words: a process of the chat reads them every two seconds.
    usable = providers.in_order()
    for one in usable:
        found = trial.attempt(one)
        if found.good and settings.CHATAPP_SIMULATED and not one.name:
            yield warn(
                "The simulated Claude answers.", "For real answers set ANTHROPIC_API_KEY and no CHATAPP_SIMULATED."
            )
        elif found.good:
            yield ok(found.sentence)
        else:
            yield _trouble(found.sentence, found.kind or FailureKind.UNKNOWN)
    names = {one.name for one in usable}
    for row in Row.objects.filter(enabled=True).exclude(name__in=names):
        why = providers.obstacle(row.provider())
        yield fail(f"The provider {row.name} is passed over. {why}", "Mend that, or switch it off in the admin.")


def models() -> Iterator[Finding]:
    if not _reachable():
        yield fail(NO_KEY, GET_KEY)
        return
    try:
        said = _listing()
    except Failure as failure:
        yield _trouble(f"The list of models could not be read ({failure.kind}).", failure.kind)
        return
    theirs = {str(one["id"]): one for one in said.models}
    good = []
    for name in _in_use():
        about = theirs.get(name)
        row = Model.objects.filter(name=name).first()
        days = row.days_left(timezone.now().date()) if row else None
        if about is None or about.get("lifecycle") == "retired":
            word = "does not list" if about is None else "has retired"
            yield fail(
                f"Claude {word} {name}, which is in use.", "Choose another model: see the settings and *Models*."
            )
        elif about.get("lifecycle") == "deprecated" or (days is not None and days <= lifecycle.WARN_DAYS):
            until = about.get("retires_at") or (row.retires_on if row else None) or "some day soon"
            yield warn(f"{name} stops answering on {until}.", "Choose another model in its place before then.")
        elif row is None or not row.enabled:
            yield warn(
                f"{name} is in use and not an enabled model of the catalogue.", "Add it under *Models* in the admin."
            )
        else:
            good.append(name)
    if good:
        yield ok(f"Claude lists {', '.join(good)}.")


def prices_known() -> Iterator[Finding]:
    known = []
    for name in _in_use():
        try:
            prices.of(name, timezone.now())
            known.append(name)
        except UnknownPrice:
            yield fail(
                f"No price is known for {name}, so nothing is asked of it.", "Add one under *Prices* in the admin."
            )
    if known:
        yield ok(f"Prices are known for {', '.join(known)}.")


def budgets() -> Iterator[Finding]:
    whole = list(Budget.objects.filter(scope=Scope.SITE))
    stops = [one for one in whole if one.at_limit == AtLimit.STOP]
    if stops:
        told = "; ".join(f"{amounts.exact(one.limit_nanodollars)} {one.get_period_display()}" for one in stops)
        yield ok(f"The whole site is limited: {told}.")
        return
    command = "`manage.py budgets set --scope site --period day --limit 50`"
    if whole:
        yield warn(
            "The site's limit only tells and stops nobody.", f"To have it stop, choose so in the admin, or {command}."
        )
    else:
        yield fail("Nothing limits what the whole site may spend.", f"{command}, for example.")


def clock() -> Iterator[Finding]:
    """This machine's, held against Claude's and the database's."""
    if _reachable():
        try:
            began, before = time.monotonic(), timezone.now()
            said = _listing().said_at
            middle = (time.monotonic() - began) / 2
            off = None if said is None else (before - said).total_seconds() + middle
            yield _compared("Claude's", off)
        except Failure as failure:
            yield warn(f"Claude's clock was not seen ({failure.kind}).", MEND)
    else:
        yield warn("Claude's clock was not seen, for there is no key.", GET_KEY)
    with stores.visit() as connection, connection.cursor() as cursor:
        # SQLite has this machine's clock.
        if connection.vendor == "postgresql":
            before = datetime.now(UTC)
            cursor.execute("SELECT clock_timestamp()")
            yield _compared("PostgreSQL's", (before - cursor.fetchone()[0]).total_seconds())


def _compared(whose: str, off: float | None) -> Finding:
    advice = "Let both machines take the time from the network (NTP): limits, leases and sign-ins depend on it."
    if off is None:
        return warn(
            f"{whose} answer does not tell the time.",
            "A gateway may have left the Date header out; look at NTP yourself.",
        )
    if abs(off) <= FINE_SECONDS:
        return ok(f"This machine's clock and {whose} agree.")
    told = f"This machine's clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} {whose}."
    return fail(told, advice) if abs(off) >= WRONG_SECONDS else warn(told, advice)


def _reachable() -> bool:
    if settings.CHATAPP_SIMULATED:
        return settings.ANTHROPIC_BASE_URL is not None
    return bool(settings.ANTHROPIC_API_KEY)


def _listing() -> Listing:
    return asyncio.run(lifecycle.listed_once())


def _in_use() -> list[str]:
    """The models that something may be asked of today."""
    used = {tasks.of(name).model for name in tasks.USUAL} | {Fallbacks.current().stand_in}
    used |= set(Model.objects.filter(enabled=True, offered=True).values_list("name", flat=True))
    return sorted(used - {""})


def _trouble(sentence: str, kind: FailureKind) -> Finding:
    if kind in _PASSES:
        return warn(sentence, "This passes by itself; look again in a minute.")
    return fail(sentence, MEND)
