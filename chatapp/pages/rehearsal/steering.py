"""How we speak with the simulated Claude's control doors: what can fail, a plan that fails, and its withdrawal."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

PATIENCE_SECONDS: Final = 3.0
_DOOR: Final = "/simulator/faults"
_GONE: Final = 404


class Unreachable(Exception):
    """The simulated Claude does not answer at its control doors."""


class Declined(Exception):
    """It did not accept what it was told; the message is its own."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can go wrong, in the simulated Claude's own words."""

    name: str
    group: str
    meaning: str
    sentence: str
    may_say_when: bool
    closes_the_port: bool

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize().replace("Html", "HTML").replace("Json", "JSON")


@dataclass(frozen=True, slots=True)
class Plan:
    """Which fault whom meets, and for how long."""

    fault: Fault
    share_percent: int
    seconds: int
    # Empty: questions to any model.
    model: str = ""
    retry_after_seconds: int | None = None


def faults() -> list[Fault]:
    """All that it can rehearse; raises Unreachable."""
    with closing(_connection()) as connection:
        listed = _call(connection, "GET", _DOOR)["faults"]
    try:
        return [_fault(row) for row in listed if row["name"] not in _LEFT_OUT]
    except (KeyError, TypeError) as strange:
        raise Unreachable from strange


def start(plan: Plan) -> str:
    """From now on it fails as planned, until it stops by itself; the plan's number. Raises Unreachable, Declined."""
    wish = {
        "fault": plan.fault.name,
        "share": plan.share_percent / 100,
        "lasts": plan.seconds,
        "match": {"model": plan.model, "kind": "question"},
        "params": {} if plan.retry_after_seconds is None else {"retry_after": plan.retry_after_seconds},
    }
    connection = _connection()
    try:
        number = str(_call(connection, "POST", _DOOR, wish)["made"][0])
    except BaseException:
        connection.close()
        raise
    if plan.fault.closes_the_port:
        _keep(number, connection)
    else:
        connection.close()
    return number


def withdraw(number: str) -> bool:
    """Whether the plan was there to be ended; raises Unreachable."""
    kept = _kept.pop(number, None)
    with closing(kept or _connection()) as connection:
        try:
            _call(connection, "DELETE", f"{_DOOR}/{number}")
        except Declined:
            return False
    return True


# Not for people: any status by its number, which without one is the same as `api_error`.
_LEFT_OUT: Final = frozenset({"status"})
# Through a closed port nobody comes but those who are inside already.
_PORT: Final = "refused"
_kept: dict[str, HTTPConnection] = {}


def _keep(number: str, connection: HTTPConnection) -> None:
    for past in list(_kept):
        if old := _kept.pop(past, None):
            old.close()
    _kept[number] = connection


def _fault(row: Any) -> Fault:
    return Fault(
        row["name"],
        row["group"],
        row["meaning"][:1].upper() + row["meaning"][1:],
        row["sentence"],
        bool(row["may_say_when"]),
        row["name"] == _PORT,
    )


def _connection() -> HTTPConnection:
    address = urlsplit(settings.ANTHROPIC_BASE_URL or "")
    if not address.hostname:
        raise Unreachable
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    return kind(address.netloc, timeout=PATIENCE_SECONDS)


def _call(connection: HTTPConnection, method: str, path: str, body: object = None) -> Any:
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        content = response.read()
        answer = json.loads(content)
    except (OSError, HTTPException, ValueError) as away:
        raise Unreachable from away
    if response.status >= 400:
        raise Declined(str(answer))
    return answer
