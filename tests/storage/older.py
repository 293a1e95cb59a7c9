"""What a migration does to a process of the version before, which goes on serving while the tables change.

It inserts rows without the new columns, and reads and writes every old one under its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import models
from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.fields import NOT_PROVIDED

HARMLESS = (
    operations.AddIndex,
    operations.AlterModelManagers,
    operations.AlterModelOptions,
    operations.CreateModel,
    operations.RemoveConstraint,
    operations.RemoveIndex,
    operations.RenameIndex,
    operations.RunPython,
)
TAKES_AWAY = (
    operations.AlterModelTable,
    operations.DeleteModel,
    operations.RemoveField,
    operations.RenameField,
    operations.RenameModel,
)
# In words of SQL that only add.
_ADDS = re.compile(r"\s*(CREATE (?!UNIQUE)|INSERT|UPDATE|COMMENT|ANALYZE)", re.IGNORECASE)
# What of a field no database knows.
_ONLY_WORDS = {"choices", "default", "help_text", "verbose_name", "validators", "editable", "blank", "related_name"}


def breaks(steps: Sequence[Operation], state: ProjectState) -> Iterator[str]:
    """Why an older process would fail over a migration; the state is moved on behind it."""
    new: set[str] = set()
    for step in steps:
        if isinstance(step, operations.CreateModel):
            new.add(step.name.lower())
        if _model(step) not in new and (why := _why(step, state)):
            yield f"{type(step).__name__} {getattr(step, 'name', '')}: {why}"
        step.state_forwards("chatapp", state)


def _model(step: Operation) -> str:
    return str(getattr(step, "model_name_lower", ""))


def _why(step: Operation, state: ProjectState) -> str:
    if isinstance(step, operations.SeparateDatabaseAndState):
        return "; ".join(breaks(step.database_operations, state.clone()))
    if isinstance(step, TAKES_AWAY):
        return "older processes still use what it takes away"
    if isinstance(step, operations.AddField):
        return _added(step.field)
    if isinstance(step, operations.AlterField):
        return _altered(state.models["chatapp", step.model_name_lower].fields[step.name], step.field)
    if isinstance(step, operations.AddConstraint):
        return "older processes have not learnt to keep it"
    if isinstance(step, operations.RunSQL):
        said = (
            [step.sql] if isinstance(step.sql, str) else [one if isinstance(one, str) else one[0] for one in step.sql]
        )
        lines = [line for text in said for line in text.split(";") if line.strip()]
        return "" if all(_ADDS.match(line) for line in lines) else "it is not known to be harmless"
    return "" if isinstance(step, HARMLESS) else "it is not known to be harmless"


def _added(field: models.Field[Any, Any]) -> str:
    if field.many_to_many or field.null or field.db_default is not NOT_PROVIDED:
        return ""
    return "older processes insert rows without it, and the database has no default for it (db_default)"


def _altered(before: models.Field[Any, Any], after: models.Field[Any, Any]) -> str:
    if type(before) is not type(after):
        return "older processes know it as another type"
    was, is_now = before.deconstruct()[3], after.deconstruct()[3]
    changed = {name for name in was.keys() | is_now.keys() if was.get(name) != is_now.get(name)} - _ONLY_WORDS
    if is_now.get("null") or not was.get("null"):
        changed.discard("null")
    if (is_now.get("max_length") or 0) >= (was.get("max_length") or 0):
        changed.discard("max_length")
    if "db_default" in is_now:
        changed.discard("db_default")
    return f"older processes count on what it was ({', '.join(sorted(changed))})" if changed else ""
