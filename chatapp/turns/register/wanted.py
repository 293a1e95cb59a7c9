"""What somebody looks for in the register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chatapp.turns.register import costs
from chatapp.turns.register.words import Search


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is filtered by; what is None does not matter."""

    since: datetime | None = None
    until: datetime | None = None
    asker_id: int | None = None
    model: str | None = None
    prompt: int | None = None
    state: str | None = None
    failure: str | None = None
    # Any failure at all.
    failed: bool | None = None
    thumb: int | None = None
    reviewed: bool | None = None
    above_nanodollars: int | None = None
    label_id: int | None = None
    search: Search | None = None

    def profiles(self) -> tuple[str, list[object]]:
        """Which profiles fit, as a condition on them; an empty one where every profile does."""
        same = {
            "model": self.model,
            "prompt": self.prompt,
            "state": self.state,
            "failure": self.failure,
            "thumb": self.thumb,
            "reviewed": self.reviewed,
        }
        parts = [(f"profile.{name} = %s", value) for name, value in same.items() if value is not None]
        if self.failed is not None:
            parts.append((f"profile.failure {'<>' if self.failed else '='} %s", ""))
        if self.above_nanodollars is not None:
            parts.append(("profile.cost_step >= %s", costs.step(self.above_nanodollars)))
        return " AND ".join(part for part, _ in parts), [value for _, value in parts]

    def rows(self) -> tuple[str, list[object]]:
        """What a profile does not tell, as a further condition on the rows."""
        said = ((" AND asker_id = %s", self.asker_id), (" AND nanodollars > %s", self.above_nanodollars))
        return "".join(part for part, value in said if value is not None), [
            value for _, value in said if value is not None
        ]
