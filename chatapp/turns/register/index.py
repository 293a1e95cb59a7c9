"""The index of words: FTS5 on SQLite, a tsvector on PostgreSQL. It holds no text, only which words stand where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.db import OperationalError, connection, transaction

from chatapp.storage import statements
from chatapp.turns.register import words
from chatapp.turns.register.words import Search

TABLE = "chatapp_words"
# On PostgreSQL so many turns are read one by one, and so many found in one go where it is about as many in the whole.
NEAR = 20_000
FEW = 10_000
ALL_MILLISECONDS = 60
# On SQLite a search looks through so many turns at a time.
WINDOW = 100_000
# So many texts are read, where a word may go on; as long as one of so many is a hit.
READ = 200
READ_AT_ONCE = 50
READ_OF = 10
# Pages that one step of tidying up writes at most, so that nobody waits long for it.
STEP_PAGES = 500
_MOST_BYTES = 900_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """Turns, the newest first, and down to which number they are all there are."""

    turn_ids: list[int]
    at: int


class Impatient(Exception):
    """It would have taken too long."""


def add(rows: Iterable[tuple[int, str]]) -> None:
    """Turns that are not in it yet."""
    found = [(turn_id, words.normal(text)) for turn_id, text in rows]
    if connection.vendor == "sqlite":
        statements.run_many("INSERT INTO chatapp_words (rowid, words) VALUES (%s, %s)", found)
    else:
        # A vector may have a megabyte.
        statements.run_many(
            "INSERT INTO chatapp_words (turn_id, words) VALUES (%s, to_tsvector('simple', %s))",
            [(turn_id, text[:_MOST_BYTES]) for turn_id, text in found],
        )


def forget(rows: Iterable[tuple[int, str]]) -> None:
    """Turns with the very text that was added."""
    if connection.vendor == "sqlite":
        statements.run_many(
            "INSERT INTO chatapp_words (chatapp_words, rowid, words) VALUES ('delete', %s, %s)",
            [(turn_id, words.normal(text)) for turn_id, text in rows],
        )
    else:
        statements.run_many("DELETE FROM chatapp_words WHERE turn_id = %s", [(turn_id,) for turn_id, _ in rows])


def matching(search: Search, below: int, bottom: int, limit: int) -> Stretch:
    """The newest turns between two in which everything is found: a stretch of them, for what is not found soon."""
    if connection.vendor == "sqlite":
        return _on_sqlite(search, below, bottom, limit)
    return _on_postgresql(search, below, bottom, limit)


def among(search: Search, turn_ids: Sequence[int]) -> list[int]:
    """Which of these turns everything is found in."""
    if not turn_ids:
        return []
    marks = statements.marks(turn_ids)
    if connection.vendor == "postgresql":
        return _ids(f"{_POSTGRESQL} AND turn_id IN ({marks})", search.for_postgresql(), *turn_ids)
    # FTS5 looks for each number anew, which takes a hundred times as long as reading what was said.
    texts = statements.rows(f"{_TEXTS} WHERE turn.id IN ({marks})", *turn_ids)
    return [turn_id for turn_id, text in texts if search.finds(text)]


def _on_sqlite(search: Search, below: int, bottom: int, limit: int) -> Stretch:
    """In windows, because FTS5 has no end before the last turn. Where a word may go on it first puts together where
    every word stands that begins so, whatever the window: what begins many of them is sooner read.
    """
    if search.open:
        read = _read(search, below, bottom, limit)
        if read.at <= bottom or len(read.turn_ids) * READ_OF >= READ or len(read.turn_ids) == limit:
            return read
    floor = bottom if search.open else max(bottom, below - WINDOW)
    found = _ids(_SQLITE, search.for_sqlite(), below, floor, limit)
    return Stretch(found, found[-1] if len(found) == limit else floor)


def _read(search: Search, below: int, bottom: int, limit: int) -> Stretch:
    """The newest texts themselves, until it is enough."""
    found: list[int] = []
    read = 0
    while read < READ:
        texts = statements.rows(_NEWEST_TEXTS, below, bottom, READ_AT_ONCE)
        found += [turn_id for turn_id, text in texts if search.finds(text)]
        if len(texts) < READ_AT_ONCE:
            return Stretch(found[:limit], found[limit - 1] if len(found) > limit else bottom)
        read, below = read + len(texts), texts[-1][0]
        if len(found) >= limit:
            return Stretch(found[:limit], found[limit - 1])
    return Stretch(found, below)


def _on_postgresql(search: Search, below: int, bottom: int, limit: int) -> Stretch:
    """The newest ones are read one by one. What is rare among them is found in the whole, as long as it is rare there,
    too: the index knows no order, so it tells everything or nothing.
    """
    query, floor = search.for_postgresql(), max(bottom, below - NEAR)
    near = _ids(
        f"{_POSTGRESQL} AND turn_id < %s AND turn_id >= %s ORDER BY turn_id DESC LIMIT %s", query, below, floor, limit
    )
    if len(near) == limit:
        return Stretch(near, near[-1])
    if floor > bottom and len(near) * (below - bottom) <= FEW * (below - floor):
        with suppress(Impatient):
            found = _all(query, below, bottom, limit)
            return Stretch(found, found[-1] if len(found) == limit else bottom)
    return Stretch(near, floor)


def _all(query: str, below: int, bottom: int, limit: int) -> list[int]:
    try:
        with transaction.atomic():
            statements.run(f"SET LOCAL statement_timeout = {ALL_MILLISECONDS}")
            found = _ids(_ALL, query, below, bottom, limit)
            statements.run("SET LOCAL statement_timeout TO DEFAULT")
            return found
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == _CANCELED:
            raise Impatient from None
        raise


def _ids(sql: str, *values: object) -> list[int]:
    return [turn_id for (turn_id,) in statements.rows(sql, *values)]


def tidy(*, begin: bool) -> bool:
    """One step towards an index in which nothing of deleted turns is left; False when there is none to take."""
    if connection.vendor != "sqlite":
        return False
    before = _changes()
    # A negative number asks for all of it to be merged, a positive one goes on with what was begun.
    statements.run(
        "INSERT INTO chatapp_words (chatapp_words, rank) VALUES ('merge', %s)", -STEP_PAGES if begin else STEP_PAGES
    )
    return _changes() - before >= 2


def _changes() -> int:
    found = statements.row("SELECT total_changes()")
    return int(found[0]) if found else 0


_SQLITE = (
    "SELECT rowid FROM chatapp_words WHERE chatapp_words MATCH %s AND rowid < %s AND rowid >= %s "
    "ORDER BY rowid DESC LIMIT %s"
)
_TEXTS = "SELECT turn.id, turn.question || char(10) || turn.answer FROM chatapp_turn turn"
_NEWEST_TEXTS = (
    f"{_TEXTS} JOIN chatapp_filed filed ON filed.turn_id = turn.id "
    "WHERE filed.turn_id < %s AND filed.turn_id >= %s ORDER BY filed.turn_id DESC LIMIT %s"
)
# Said like this, it is no condition for the index of words, which would be asked for the whole of it.
_POSTGRESQL = "SELECT turn_id FROM chatapp_words WHERE (words @@ to_tsquery('simple', %s)) IS TRUE"
_ALL = (
    "WITH hits AS MATERIALIZED (SELECT turn_id FROM chatapp_words WHERE words @@ to_tsquery('simple', %s)) "
    "SELECT turn_id FROM hits WHERE turn_id < %s AND turn_id >= %s ORDER BY turn_id DESC LIMIT %s"
)
_CANCELED = "57014"
