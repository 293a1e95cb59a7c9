"""Plain SQL for the few acts that happen with every question; the same statements for SQLite and PostgreSQL.

Django's query compiler takes some ten times as long as the database itself, and an answer needs a dozen statements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model

M = TypeVar("M", bound=Model)


def run(sql: str, *values: object) -> int:
    """Execute, and say how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, _adapted(values))
        return int(cursor.rowcount)


def run_many(sql: str, rows: Iterable[Sequence[object]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(sql, [_adapted(row) for row in rows])


def row(sql: str, *values: object) -> tuple[Any, ...] | None:
    """The first row, or None."""
    with connection.cursor() as cursor:
        cursor.execute(sql, _adapted(values))
        found: tuple[Any, ...] | None = cursor.fetchone()
        return found


def rows(sql: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, _adapted(values))
        return list(cursor.fetchall())


def held(sql: str, *values: object) -> tuple[Any, ...] | None:
    """The first row, nobody else's to change until the transaction ends."""
    # SQLite holds the whole database since BEGIN IMMEDIATE.
    locks = connection.features.has_select_for_no_key_update
    return row(sql + " FOR NO KEY UPDATE" if locks else sql, *values)


def held_rows(sql: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows in their order, nobody else's to change until the transaction ends."""
    locks = connection.features.has_select_for_no_key_update
    return rows(sql + " FOR NO KEY UPDATE" if locks else sql, *values)


def marks(values: Sequence[object]) -> str:
    """As many placeholders as there are values."""
    return ", ".join(["%s"] * len(values))


def size_of(column: str) -> str:
    """How many bytes a text has, as the database counts them."""
    return f"length(CAST({column} AS BLOB))" if connection.vendor == "sqlite" else f"octet_length({column})"


def moment(value: Any) -> datetime:
    """A time as the database gave it."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day(value: Any) -> date:
    """A date as the database gave it."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def uuid(value: Any) -> UUID:
    """An id as the database gave it."""
    return value if isinstance(value, UUID) else UUID(hex=value)


def _adapted(values: Sequence[object]) -> list[Any]:
    return [_ADAPT[type(value)](value) if type(value) in _ADAPT else value for value in values]


def _time(value: Any) -> object:
    return connection.ops.adapt_datetimefield_value(value)


def _date(value: Any) -> object:
    return connection.ops.adapt_datefield_value(value)


def _uuid(value: Any) -> object:
    return value if connection.features.has_native_uuid_field else value.hex


_ADAPT = {datetime: _time, date: _date, UUID: _uuid}


def load(model: type[M], column: str, value: object) -> M | None:
    """The one instance whose column holds the value."""
    sql, names, conversions = _selection(model, column)
    found = row(sql, value)
    if found is None:
        return None
    values = list(found)
    for position, convert, expression in conversions:
        values[position] = convert(values[position], expression, connection)
    return model.from_db(connection.alias, names, values)


def insert(model: type[Model], /, **values: object) -> int:
    """A new row, with the model's own defaults for what is not said; the number it was given."""
    sql, defaults = _insertion(model)
    given = {**{name: make() for name, make in defaults.items()}, **values}
    found = row(sql, *given.values())
    return int(found[0]) if found else 0


@cache
def _insertion(model: type[Model]) -> tuple[str, dict[str, Callable[[], object]]]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    defaults = {field.attname: field.get_default for field in fields}
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    # Names of our own tables and columns, no value of anybody's.
    sql = f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({marks(fields)}) RETURNING id"  # noqa: S608
    return sql, defaults


@cache
def _selection(model: type[Model], column: str) -> tuple[str, list[str], list[tuple[int, Callable[..., Any], Any]]]:
    fields = model._meta.concrete_fields
    expressions = [field.get_col(model._meta.db_table) for field in fields]
    conversions = [
        (position, convert, expression)
        for position, expression in enumerate(expressions)
        for convert in connection.ops.get_db_converters(expression) + expression.get_db_converters(connection)
    ]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    sql = f"SELECT {columns} FROM {model._meta.db_table} WHERE {connection.ops.quote_name(column)} = %s"  # noqa: S608
    return sql, [field.attname for field in fields], conversions
