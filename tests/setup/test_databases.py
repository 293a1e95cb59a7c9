"""One URL says which database, and each comes with what keeps accepted questions safe."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from chatapp import databases
from tests.patience import until

DEFAULT = Path("/srv/chat/var/chat.sqlite3")


def test_without_a_url_the_chat_lives_in_one_file() -> None:
    assert databases.configure(None, DEFAULT)["NAME"] == str(DEFAULT)


@pytest.mark.parametrize(
    ("url", "name"), [("sqlite:///data/chat.db", "data/chat.db"), ("sqlite:////srv/a%20b.db", "/srv/a b.db")]
)
def test_a_sqlite_url_names_a_file_relative_or_absolute(url: str, name: str) -> None:
    assert databases.configure(url, DEFAULT)["NAME"] == name


def test_a_postgresql_url_is_taken_apart_with_its_odd_characters() -> None:
    entry = databases.configure("postgres://ada:p%40ss%2Fword@db:5433/chat%20one?sslmode=require", DEFAULT)
    assert (entry["USER"], entry["PASSWORD"], entry["HOST"], entry["PORT"]) == (
        "ada",
        "p@ss/word",
        "db",
        "5433",
    )
    assert entry["NAME"] == "chat one"
    assert entry["OPTIONS"]["sslmode"] == "require"


def test_a_postgresql_socket_folder_may_be_the_host() -> None:
    entry = databases.configure("postgres:///chat?host=/run/postgresql", DEFAULT)
    assert (entry["HOST"], entry["NAME"]) == ("/run/postgresql", "chat")
    assert "host" not in entry["OPTIONS"]


def test_postgresql_connections_go_back_to_a_pool_after_each_request() -> None:
    entry = databases.configure("postgres://db/chat", DEFAULT)
    assert entry["CONN_MAX_AGE"] == 0
    assert entry["OPTIONS"]["pool"]["max_size"] >= 14


def test_postgresql_gives_up_on_what_hangs() -> None:
    options = databases.configure("postgres://db/chat", DEFAULT)["OPTIONS"]["options"]
    for timeout in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        assert f"-c {timeout}=" in options


@pytest.mark.parametrize("name", databases.POSTGRESQL_SILENCE)
def test_a_postgresql_that_is_gone_without_a_word_is_noticed_unless_its_url_says_otherwise(name: str) -> None:
    assert databases.configure("postgres://db/chat", DEFAULT)["OPTIONS"][name] == databases.POSTGRESQL_SILENCE[name]
    assert databases.configure(f"postgres://db/chat?{name}=7", DEFAULT)["OPTIONS"][name] == "7"


def test_however_long_postgresql_is_away_somebody_knocks_every_second() -> None:
    knocks = 0

    def knocked() -> bool:
        nonlocal knocks
        visitor, _ = door.accept()
        visitor.close()
        knocks += 1
        return knocks == 14

    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        door.settimeout(20)
        entry = databases.configure(f"postgres://chat@127.0.0.1:{door.getsockname()[1]}/chat", DEFAULT)
        told = f"host=127.0.0.1 port={entry['PORT']} user=chat sslmode=disable gssencmode=disable"
        with closing(ConnectionPool(told, open=True, **entry["OPTIONS"]["pool"])):
            # With pauses that double, it would be ten in half a minute.
            until(knocked, 20, "the last of many knocks")


@pytest.mark.large
@pytest.mark.django_db
def test_postgresql_is_asked_with_the_patience_that_was_configured() -> None:
    connection.ensure_connection()
    told = connection.connection.info.get_parameters()
    assert {name: told[name] for name in databases.POSTGRESQL_SILENCE} == databases.POSTGRESQL_SILENCE


@pytest.mark.django_db
@pytest.mark.small
def test_sqlite_runs_with_the_pragmas_that_keep_accepted_questions() -> None:
    found = {}
    with connection.cursor() as cursor:
        for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout"):
            cursor.execute(f"PRAGMA {pragma}")
            found[pragma] = cursor.fetchone()[0]
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
