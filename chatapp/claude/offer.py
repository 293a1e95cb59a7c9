"""Which models a person may use, and which one comes after another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from chatapp.claude import catalogue
from chatapp.claude.catalogue import label
from chatapp.storage import seldom, statements

# Members of no group may use what is for everybody; a model that is not in the catalogue is nobody's secret.
_MAY: Final = (
    "SELECT m.enabled, (SELECT count(*) FROM chatapp_model_groups g WHERE g.model_id = m.id), "
    "(SELECT count(*) FROM chatapp_model_groups g JOIN auth_user_groups u ON u.group_id = g.group_id "
    "WHERE g.model_id = m.id AND u.user_id = %s), m.retires_on, m.lifecycle FROM chatapp_model m WHERE m.name = %s"
)
_OFFERED: Final = (
    "SELECT m.name FROM chatapp_model m WHERE m.enabled AND m.offered AND m.lifecycle <> 'retired' "
    "AND (m.retires_on IS NULL OR m.retires_on > %s) AND (NOT EXISTS "
    "(SELECT 1 FROM chatapp_model_groups g WHERE g.model_id = m.id) OR EXISTS "
    "(SELECT 1 FROM chatapp_model_groups g JOIN auth_user_groups u ON u.group_id = g.group_id "
    "WHERE g.model_id = m.id AND u.user_id = %s)) ORDER BY m.position, m.name"
)
_FOR_WHOM: Final = (
    "SELECT m.name, g.group_id FROM chatapp_model m LEFT JOIN chatapp_model_groups g ON g.model_id = m.id "
    "WHERE m.enabled AND m.offered AND m.lifecycle <> 'retired' AND (m.retires_on IS NULL OR m.retires_on > %s) "
    "ORDER BY m.position, m.name"
)


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    label: str


def to(user_id: int, today: date) -> list[Choice]:
    """What a person may choose from, in order."""
    return [Choice(name, label(name)) for (name,) in statements.rows(_OFFERED, today, user_id)]


def better(user_id: int, model: str, today: date) -> str:
    """The model that could do better, where there is one and the person may use it."""
    name = catalogue.of(model).better
    return name if name and may_use(user_id, name, today) else ""


def may_use(user_id: int, model: str, today: date) -> bool:
    found = seldom.of(("may use", user_id, model), lambda: statements.row(_MAY, user_id, model))
    if found is None:
        return True
    enabled, groups, memberships, retires_on, lifecycle = found
    gone = lifecycle == "retired" or (retires_on is not None and statements.day(retires_on) <= today)
    return bool(enabled) and not gone and (not groups or bool(memberships))


@dataclass(frozen=True, slots=True)
class Offered:
    """A model that can be chosen, and by the members of which groups; of none: by everybody."""

    name: str
    label: str
    groups: frozenset[int]

    def is_for(self, groups: Iterable[int]) -> bool:
        return not self.groups or not self.groups.isdisjoint(groups)


def offered(today: date) -> list[Offered]:
    """All that anybody may choose from, in order: one statement for however many people."""
    found: dict[str, set[int]] = {}
    for name, group in statements.rows(_FOR_WHOM, today):
        found.setdefault(name, set()).update(() if group is None else (group,))
    return [Offered(name, label(name), frozenset(groups)) for name, groups in found.items()]
