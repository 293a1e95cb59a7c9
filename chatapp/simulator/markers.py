"""Wishes in a question's own text, such as [[fault:overloaded]] or [[pace:50]]: how tests and rehearsals steer."""

import base64
import binascii
import re
from dataclasses import dataclass, field

from chatapp.simulator.refusals import invalid

MARKER = re.compile(r"\[\[(fault|pace|tokens|think|say|stop_reason):([^\]]*)\]\]")
MAX_TOKENS_WISHED = 1_000_000

Value = str | int | float
Params = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a question asks of the simulation itself; None means that it asks nothing."""

    fault: str | None = None
    params: Params = field(default_factory=dict)
    pace: float | None = None
    tokens: int | None = None
    think_seconds: float | None = None
    say: str | None = None
    stop_reason: str | None = None


def read(question: str) -> Wish:
    found: dict[str, str] = {name: value.strip() for name, value in MARKER.findall(question)}
    fault, *params = found.get("fault", "").split()[:32] or [""]
    return Wish(
        fault=fault or None,
        params=dict(param(text) for text in params),
        pace=number(found, "pace"),
        tokens=whole(number(found, "tokens")),
        think_seconds=number(found, "think"),
        say=say(found["say"]) if "say" in found else None,
        stop_reason=found.get("stop_reason") or None,
    )


def strip(text: str) -> str:
    return MARKER.sub("", text).strip()


def number(found: dict[str, str], name: str) -> float | None:
    if name not in found:
        return None
    try:
        value = float(found[name])
    except ValueError:
        raise invalid(f"simulator: [[{name}:{found[name]}]] is not a number") from None
    if not 0 <= value <= MAX_TOKENS_WISHED:
        raise invalid(f"simulator: [[{name}:{found[name]}]] is out of range")
    return value


def whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def param(text: str) -> tuple[str, Value]:
    name, _, value = text.partition("=")
    return name, typed(value)


def typed(value: str) -> Value:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def say(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise invalid("simulator: [[say:…]] wants UTF-8 text in base64") from None
