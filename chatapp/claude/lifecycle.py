"""Whether the catalogue still agrees with the Models API: looked at when a process starts, and once a day."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, cast

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from chatapp.claude import client
from chatapp.claude.catalogue import EFFORTS
from chatapp.claude.failures import Failure
from chatapp.claude.models import Model
from chatapp.claude.transport import Receipt
from chatapp.storage.crossing import in_thread

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

log = logging.getLogger(__name__)

WARN_DAYS: Final = 60
SECONDS: Final = 10.0
_DAY_SECONDS: Final = 86_400.0
# Claude was not there; nothing depends on it.
_AGAIN_SECONDS: Final = 3_600.0
# A process that starts has better things to do.
_FIRST_SECONDS: Final = 2.0


async def watch() -> None:
    """Look for as long as the process lives."""
    wait_seconds = _FIRST_SECONDS
    while True:
        await asyncio.sleep(wait_seconds)
        try:
            for sentence in await check():
                log.warning("%s", sentence)
            wait_seconds = _DAY_SECONDS
        except Failure as failure:
            log.warning("the list of models could not be read: %s", failure.kind)
            wait_seconds = _AGAIN_SECONDS
        except DatabaseError:
            log.exception("what Claude says of its models could not be kept")
            wait_seconds = _AGAIN_SECONDS


async def check() -> list[str]:
    """Ask, keep what was said, and tell what somebody should do something about. Raises Failure."""
    said = await listed()
    return await in_thread(keep, said.models, timezone.now())


@dataclass(frozen=True, slots=True)
class Listing:
    """What Claude says of its models, and when that was by its own clock."""

    models: Sequence[Mapping[str, Any]]
    said_at: datetime | None = None


async def listed() -> Listing:
    """Every model that Claude lists, retired ones too; raises Failure."""
    line = client.line()
    try:
        async with asyncio.timeout(SECONDS):
            # As it comes: the SDK's own types for it would be built for one look a day.
            models = cast("AsyncAnthropic", line.claude).models
            answer = await models.with_raw_response.list(limit=1000, lifecycle=["active", "deprecated", "retired"])
            found = json.loads(answer.http_response.content)["data"]
        named = [one for one in found if isinstance(one, dict) and isinstance(one.get("id"), str)]
        return Listing(named, _moment(answer.http_response.headers.get("date")))
    except Exception as error:
        raise line.failure(error, Receipt()) from error


async def listed_once() -> Listing:
    """The same for a loop of its own, which leaves nothing open."""
    try:
        return await listed()
    finally:
        await client.close()


def keep(said: Sequence[Mapping[str, Any]], now: datetime) -> list[str]:
    """Bring the catalogue up to date; what is new is added, but neither used nor offered."""
    theirs = {str(one["id"]): one for one in said}
    for row in Model.objects.all():
        one = theirs.get(row.name)
        row.checked_at = now
        row.lifecycle = Model.Lifecycle.ABSENT
        if one is not None:
            row.lifecycle = _lifecycle(one)
            row.theirs = capabilities(one)
            # Only what is announced counts; a date that we were given by hand stays where nothing is.
            row.retires_on = _day(one.get("retires_at")) or row.retires_on
        row.save(update_fields=["checked_at", "lifecycle", "theirs", "retires_on"])
    known = set(Model.objects.values_list("name", flat=True))
    new = {
        name: one for name, one in theirs.items() if _lifecycle(one) != Model.Lifecycle.RETIRED and name not in known
    }
    # Processes that start together ask together, and find the same.
    Model.objects.bulk_create((_found(name, new[name], now) for name in sorted(new)), ignore_conflicts=True)
    return warnings()


def capabilities(one: Mapping[str, Any]) -> dict[str, Any]:
    """What of it matters to a request: kinds of thinking, efforts, and the two ceilings."""
    able = one.get("capabilities")
    able = able if isinstance(able, dict) else {}
    found: dict[str, Any] = {}
    if isinstance(thinking := able.get("thinking"), dict):
        found["thinking"] = sorted(_supported(thinking.get("types")))
    if isinstance(effort := able.get("effort"), dict):
        found["efforts"] = [name for name in EFFORTS if name in _supported(effort)]
    for ours, name in (("window_tokens", "max_input_tokens"), ("output_tokens", "max_tokens")):
        if type(one.get(name)) is int and one[name] > 0:
            found[ours] = one[name]
    return found


def warnings() -> list[str]:
    """What an administrator should know of the models that are in use."""
    today = timezone.now().date()
    return [sentence for row in _used() if (sentence := _about_end(row, today, WARN_DAYS) or _about(row))]


def retiring(within_days: int) -> dict[str, str]:
    """Of the models in use, those that stop answering so soon or have stopped, each with a sentence."""
    today = timezone.now().date()
    return {row.name: sentence for row in _used() if (sentence := _about_end(row, today, within_days))}


def _used() -> list[Model]:
    used = {settings.CHATAPP_MODEL, settings.CHATAPP_CHEAP_MODEL, settings.CHATAPP_STAND_IN}
    return [row for row in Model.objects.filter(enabled=True) if row.offered or row.name in used]


def _about_end(row: Model, today: date, within_days: int) -> str:
    days = row.days_left(today)
    if row.lifecycle == Model.Lifecycle.RETIRED or (days is not None and days <= 0):
        return f"{row.name} is retired: whatever is asked of it fails. Choose another model in its place."
    if days is not None and days <= within_days:
        return f"{row.name} stops answering on {row.retires_on}, in {days} days. Choose another model in its place."
    return ""


def _about(row: Model) -> str:
    if row.lifecycle == Model.Lifecycle.ABSENT:
        return f"Claude does not list {row.name}: is its name right, and may your account use it?"
    for name, words in (("window_tokens", "window"), ("output_tokens", "output ceiling")):
        said = row.theirs.get(name)
        if said is not None and said < getattr(row, name):
            return f"The {words} of {row.name} is {said} tokens, says Claude; the catalogue has {getattr(row, name)}."
    return ""


def _lifecycle(one: Mapping[str, Any]) -> str:
    said = one.get("lifecycle")
    return said if said in ("active", "deprecated", "retired") else Model.Lifecycle.UNKNOWN.value


def _found(name: str, one: Mapping[str, Any], now: datetime) -> Model:
    theirs = capabilities(one)
    efforts = theirs.get("efforts") or []
    kinds = [kind for kind in theirs.get("thinking", ()) if kind in ("adaptive", "between_tools", "disabled")]
    # With thinking off the highest efforts are refused by every model that we know.
    lower = [effort for effort in efforts if effort in EFFORTS[:3]]
    manners = {kind: efforts if kind == "adaptive" else lower for kind in kinds}
    return Model(
        name=name[:80],
        enabled=False,
        window_tokens=theirs.get("window_tokens", 200_000),
        output_tokens=theirs.get("output_tokens", 64_000),
        manners=manners,
        theirs=theirs,
        lifecycle=_lifecycle(one),
        retires_on=_day(one.get("retires_at")),
        checked_at=now,
    )


def _supported(able: Any) -> set[str]:
    if not isinstance(able, dict):
        return set()
    return {name for name, one in able.items() if isinstance(one, dict) and one.get("supported") is True}


def _moment(said: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(said) if said else None
    except ValueError:
        return None


def _day(said: Any) -> date | None:
    try:
        return datetime.fromisoformat(str(said)).date() if said else None
    except ValueError:
        return None
