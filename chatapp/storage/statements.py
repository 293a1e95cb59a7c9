"""Plain SQL for the few acts that happen with every question; the same statements for SQLite and PostgreSQL.

Django's query compiler takes some ten times as long as the database itself, and an answer needs a dozen statements.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any, Final, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Model

M = TypeVar("M", bound=Model)
_DEBUG: Final = bool(settings.DEBUG)
T = TypeVar("T")


def run(sql: str, *values: object) -> int:
    """Execute, and say how many rows it touched."""
    return _do(sql, values, lambda cursor: int(cursor.rowcount))


def run_many(sql: str, rows: Iterable[Sequence[object]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(sql, [_adapted(row, connection) for row in rows])


def row(sql: str, *values: object) -> tuple[Any, ...] | None:
    """The first row, or None."""
    return _do(sql, values, _first)


def rows(sql: str, *values: object) -> list[tuple[Any, ...]]:
    return _do(sql, values, _all)


def _do(sql: str, values: Sequence[object], take: Callable[[Any], T]) -> T:
    """Execute it and take what is wanted; without the layers of Django, which take longer than SQLite itself."""
    ours = _connection()
    if ours.vendor != "sqlite" or ours.execute_wrappers or ours.force_debug_cursor or _DEBUG:
        with ours.cursor() as cursor:
            cursor.execute(sql, _adapted(values, ours))
            return take(cursor)
    # Asked here first: each of these looks for an event loop, or at the settings.
    if ours.connection is None:
        ours.ensure_connection()
    if ours.needs_rollback:
        ours.validate_no_broken_transaction()
    with ours.wrap_database_errors:
        cursor = ours.connection.execute(_in_its_words(sql), _adapted(values, ours))
        try:
            return take(cursor)
        finally:
            cursor.close()


def _connection() -> Any:
    """This thread's; Django looks for it among the tasks of asyncio, too, and takes longer than many a statement."""
    found = getattr(_here, "connection", None)
    if found is None:
        found = _here.connection = connections[DEFAULT_DB_ALIAS]
    return found


_here = threading.local()


def _first(cursor: Any) -> tuple[Any, ...] | None:
    found: tuple[Any, ...] | None = cursor.fetchone()
    return found


def _all(cursor: Any) -> list[tuple[Any, ...]]:
    return list(cursor.fetchall())


@lru_cache(500)
def _in_its_words(sql: str) -> str:
    return sql.replace("%s", "?").replace("%%", "%")


def held(sql: str, *values: object) -> tuple[Any, ...] | None:
    """The first row, nobody else's to change until the transaction ends."""
    # SQLite holds the whole database since BEGIN IMMEDIATE.
    locks = _connection().features.has_select_for_no_key_update
    return row(sql + " FOR NO KEY UPDATE" if locks else sql, *values)


def held_rows(sql: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows in their order, nobody else's to change until the transaction ends."""
    locks = _connection().features.has_select_for_no_key_update
    return rows(sql + " FOR NO KEY UPDATE" if locks else sql, *values)


def lock(sql: str, *values: object) -> None:
    """The same for a row of which nothing is to be read."""
    if _connection().features.has_select_for_no_key_update:
        held(sql, *values)


def locks_rows() -> bool:
    """Whether whoever is in a transaction may have to wait for a row that somebody else has."""
    return bool(connection.features.has_select_for_no_key_update)


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


def _adapted(values: Sequence[object], to: Any) -> list[Any]:
    return [adapt(value, to) if (adapt := _ADAPT.get(type(value))) else value for value in values]


def _moment(value: datetime, to: Any) -> object:
    if to.vendor == "sqlite" and value.tzinfo is UTC and to.timezone is UTC:
        # What Django makes of it by way of another time zone.
        return value.isoformat(" ").removesuffix("+00:00")
    return to.ops.adapt_datetimefield_value(value)


_ADAPT: Final[dict[type, Callable[[Any, Any], object]]] = {
    datetime: _moment,
    date: lambda value, to: to.ops.adapt_datefield_value(value),
    UUID: lambda value, to: value if to.features.has_native_uuid_field else value.hex,
}


def load(model: type[M], column: str, value: object) -> M | None:
    """The one instance whose column holds the value."""
    columns = _selection(model)[0]
    # Names of our own tables and columns, no value of anybody's.
    sql = f"SELECT {columns} FROM {model._meta.db_table} WHERE {connection.ops.quote_name(column)} = %s"  # noqa: S608
    return _instance(model, row(sql, value))


def changed(model: type[M], sql: str, *values: object) -> M | None:
    """The one instance that an update has changed, as it is now."""
    return _instance(model, row(f"{sql} RETURNING {_selection(model)[0]}", *values))


def _instance(model: type[M], found: tuple[Any, ...] | None) -> M | None:
    if found is None:
        return None
    _, names, conversions = _selection(model)
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
def _selection(model: type[Model]) -> tuple[str, list[str], list[tuple[int, Callable[..., Any], Any]]]:
    fields = model._meta.concrete_fields
    expressions = [field.get_col(model._meta.db_table) for field in fields]
    conversions = [
        (position, convert, expression)
        for position, expression in enumerate(expressions)
        for convert in connection.ops.get_db_converters(expression) + expression.get_db_converters(connection)
    ]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    return columns, [field.attname for field in fields], conversions
