"""Where a request goes, and what is said of a way that is closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chatapp.claude.failures import FailureKind


@dataclass(frozen=True, slots=True)
class Way:
    """Where a request goes."""

    model: str
    # Empty: the environment's own key and address.
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """Nothing goes this way just now."""

    kind: FailureKind
    # Until the next try; None: until an operator acts.
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Outage:
    """Claude cannot answer anybody just now."""

    kind: FailureKind
    since: datetime
    # Nothing gets better before somebody who runs the site acts.
    operator: bool
    # Until the next try; None: until an operator acts.
    seconds: float | None


class Barred(Exception):
    """The way closed before this request could be sent."""

    def __init__(self, closed: Closed) -> None:
        super().__init__(closed.kind)
        self.closed = closed


class Asked(Protocol):
    """What the gate looks at in an exchange."""

    @property
    def rate_headers(self) -> Mapping[str, str]: ...

    @property
    def asked_at(self) -> float | None:
        """When its request was begun, on the monotonic clock."""

    @property
    def complete(self) -> bool: ...

    @property
    def first_word_seconds(self) -> float | None: ...
