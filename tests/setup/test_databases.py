"""One URL says which database, and each comes with what keeps accepted questions safe."""

from pathlib import Path

import pytest
from django.db import connection

from chatapp import databases

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
