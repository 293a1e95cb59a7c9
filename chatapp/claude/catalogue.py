"""What a model can do, and how it is asked so that it refuses nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chatapp.storage import seldom, statements

EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
# Of models that are not in the catalogue nothing is known: they are asked without any ornament.
_CAUTIOUS: Final = (200_000, 1_000_000, 4096)
# Where a model cannot do what is wished, what comes nearest to it.
_NEAREST: Final = {
    "adaptive": ("adaptive", "between_tools", "disabled"),
    "between_tools": ("between_tools", "disabled", "adaptive"),
    "disabled": ("disabled", "between_tools", "adaptive"),
}
_ROW: Final = (
    "SELECT window_tokens, output_tokens, cacheable_tokens, manners, theirs, better, enabled FROM chatapp_model "
    "WHERE name = %s"
)


@dataclass(frozen=True, slots=True)
class Manner:
    """How hard it is asked to think."""

    effort: str | None = None
    thinking: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """One model, as far as a request depends on it."""

    name: str
    window_tokens: int
    output_tokens: int
    cacheable_tokens: int
    # Each kind of thinking that it accepts, with the efforts that it accepts together with it.
    manners: Mapping[str, Sequence[str]] = field(default_factory=dict)
    better: str = ""
    enabled: bool = True

    def manner(self, thinking: str, effort: str) -> Manner:
        """As wished where it can do that, otherwise what comes nearest; whatever it refuses is left out."""
        for kind in _NEAREST[thinking]:
            if kind in self.manners:
                return Manner(_effort(effort, self.manners[kind]), _spelled(kind))
        return Manner()


def of(name: str) -> Model:
    """By what the catalogue says now."""
    return seldom.of(("model", name), lambda: _of(name))


def _of(name: str) -> Model:
    found = statements.row(_ROW, name)
    if found is None:
        return Model(name, *_CAUTIOUS)
    window, output, cacheable, manners, theirs, better, enabled = found
    accepted = _accepted(_read(manners), _read(theirs))
    return Model(name, window, output, cacheable, accepted, better, bool(enabled))


def label(model: str) -> str:
    """claude-sonnet-5-5 is shown as Claude Sonnet 5.5."""
    family = [part for part in model.removeprefix("claude-").split("-") if part]
    words = [part.capitalize() for part in family if not part.isdigit()]
    version = ".".join(part for part in family if part.isdigit() and len(part) < 3)
    return " ".join(["Claude", *words, version]).strip()


def _accepted(ours: Mapping[str, Sequence[str]], theirs: Mapping[str, Any]) -> dict[str, list[str]]:
    """What both we and the Models API say that it takes; nothing that only one of them believes in."""
    kinds, efforts = theirs.get("thinking"), theirs.get("efforts")
    return {
        kind: [effort for effort in allowed if efforts is None or effort in efforts]
        for kind, allowed in ours.items()
        if kinds is None or kind in kinds
    }


def _effort(wished: str, allowed: Sequence[str]) -> str | None:
    """The wished one, or the highest below it, or the lowest there is."""
    below = [effort for effort in allowed if EFFORTS.index(effort) <= EFFORTS.index(wished)]
    return next(iter([*below[::-1], *allowed]), None)


def _spelled(kind: str) -> dict[str, Any]:
    # Adaptive thinking arrives without its words unless a summary is asked for; the others take no other field.
    return {"type": kind, "display": "summarized"} if kind == "adaptive" else {"type": kind}


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
