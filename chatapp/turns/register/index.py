"""The index of words: FTS5 on SQLite, a tsvector on PostgreSQL. It holds no text, only which words stand where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from chatapp.storage import statements
from chatapp.turns.register import words
from chatapp.turns.register.words import Search

TABLE = "chatapp_words"
# On PostgreSQL so many of the newest turns are read one by one; a word that is rarer than that is in few of them all.
NEAR = 20_000
# Pages that one step of tidying up writes at most, so that nobody waits long for it.
STEP_PAGES = 500
_MOST_BYTES = 900_000


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


def matching(search: Search, below: int, limit: int) -> list[int]:
    """The newest turns below one in which everything is found."""
    if connection.vendor == "sqlite":
        found = statements.rows(_SQLITE, search.for_sqlite(), below, limit)
        return [turn_id for (turn_id,) in found]
    query = search.for_postgresql()
    last = statements.row("SELECT max(turn_id) FROM chatapp_words")
    below = min(below, (last[0] if last and last[0] else 0) + 1)
    near = statements.rows(_NEAR, query, below, below - NEAR, limit)
    if len(near) < limit:
        near = statements.rows(_ALL, query, below, limit)
    return [turn_id for (turn_id,) in near]


def among(search: Search, turn_ids: Sequence[int]) -> list[int]:
    """Which of these turns everything is found in."""
    if not turn_ids:
        return []
    marks = statements.marks(turn_ids)
    if connection.vendor == "sqlite":
        sql = f"SELECT rowid FROM chatapp_words WHERE chatapp_words MATCH %s AND rowid IN ({marks})"  # noqa: S608
        return [turn_id for (turn_id,) in statements.rows(sql, search.for_sqlite(), *turn_ids)]
    sql = f"SELECT turn_id FROM chatapp_words WHERE words @@ to_tsquery('simple', %s) AND turn_id IN ({marks})"  # noqa: S608
    return [turn_id for (turn_id,) in statements.rows(sql, search.for_postgresql(), *turn_ids)]


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


_SQLITE = "SELECT rowid FROM chatapp_words WHERE chatapp_words MATCH %s AND rowid < %s ORDER BY rowid DESC LIMIT %s"
_NEAR = (
    "SELECT turn_id FROM chatapp_words WHERE words @@ to_tsquery('simple', %s) AND turn_id < %s AND turn_id >= %s "
    "ORDER BY turn_id DESC LIMIT %s"
)
_ALL = (
    "WITH hits AS MATERIALIZED (SELECT turn_id FROM chatapp_words WHERE words @@ to_tsquery('simple', %s)) "
    "SELECT turn_id FROM hits WHERE turn_id < %s ORDER BY turn_id DESC LIMIT %s"
)
