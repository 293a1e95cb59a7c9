"""The thread of a conversation: which turns are on the path that is shown, and the branches beside it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from chatapp.turns.models import Turn


@dataclass(frozen=True, slots=True)
class Thread:
    """Every turn's place, without its text."""

    path: tuple[int, ...]
    parent: dict[int, int | None]
    children: dict[int | None, list[int]] = field(default_factory=dict)

    def branches(self, turn_id: int) -> list[int]:
        """The turns that stand at the same place, oldest first, this one included."""
        return self.children[self.parent[turn_id]]

    def newest_leaf(self, turn_id: int) -> int:
        """The end of the newest branch below a turn."""
        while below := self.children.get(turn_id):
            turn_id = below[-1]
        return turn_id

    def before(self, turn_id: int | None, limit: int) -> tuple[int, ...]:
        """The last turns of the path that stand before a turn (before its end, when None)."""
        end = self.path.index(turn_id) if turn_id in self.path else len(self.path)
        return self.path[max(0, end - limit) : end]


def of(conversation_id: UUID, head_id: int | None) -> Thread:
    rows = Turn.objects.filter(conversation_id=conversation_id).order_by("id").values_list("id", "parent_id")
    parent: dict[int, int | None] = dict(rows)
    children: defaultdict[int | None, list[int]] = defaultdict(list)
    for turn_id, parent_id in parent.items():
        children[parent_id].append(turn_id)
    return Thread(_path(parent, head_id), parent, dict(children))


def _path(parent: dict[int, int | None], head_id: int | None) -> tuple[int, ...]:
    path: list[int] = []
    at = head_id
    while at is not None:
        path.append(at)
        at = parent[at]
    return tuple(reversed(path))
