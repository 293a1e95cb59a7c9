"""The whole chat in one file and back on PostgreSQL, without any program of PostgreSQL's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests import stores
from tests.files import samples
from tests.management.commanding import run
from tests.patience import until
from tests.people import Person
from tests.product import Product
from tests.product_on_postgresql import OnPostgreSQL
from tests.promises.test_attached import upload
from tests.promises.wreckage import still_open
from tests.stand_in import StandIn

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

SHAPE = {
    "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity"
    " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
    "rules": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "triggers": "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
}
# Whatever changes a table that is watched says so, and to bring it back is a change.
MARKS = "chatapp_revision"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with stores.postgresql() as url:
        yield url


@pytest.fixture(scope="module")
def lived(claude_process: StandIn, server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with contextlib.closing(
        OnPostgreSQL(claude_process.url, tmp_path_factory.mktemp("lived"), server=server)
    ) as product:
        product.start()
        person = Person(product)
        _, said = upload(person, samples.PNG)
        odd = {"question": "Tab\t, line\nand \\. or \\N, \u00e9\u4f60", "ask_id": str(uuid4())}
        assert person.post("/c/", {**odd, "attachments": said["key"]}).status == 200
        person.final(person.begin("Hello? [[tokens:20]]"))
        # So that nothing is still running, and nothing changes afterwards.
        until(lambda: not still_open(product), 30, "the end of everything")
        product.web.kill()
        yield product


@pytest.fixture(scope="module")
def archive(lived: Product) -> Path:
    path = lived.folder / "all.tar"
    made = run({**lived.env, "PATH": str(lived.folder)}, "backup", "--to", str(path), "--json")
    assert made.code == 0, made
    assert made.json["vendor"] == "postgresql"
    return path


@pytest.fixture
def there(lived: Product, server: str, tmp_path: Path) -> dict[str, str]:
    """Another machine, with an empty database and without programs."""
    name = f"elsewhere_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    url = server.replace("/postgres?", f"/{name}?")
    return {**lived.env, "DATABASE_URL": url, "CHATAPP_ATTACHMENTS": str(tmp_path), "PATH": str(lived.folder)}


def all_of(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row and the shape of every table."""
    with psycopg.connect(url) as connection:
        found = {name: connection.execute(sql).fetchall() for name, sql in SHAPE.items()}
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        for (name,) in names.fetchall():
            rows = connection.execute(SQL("SELECT t::text FROM {} AS t ORDER BY 1").format(Identifier(name)))
            found[f"rows of {name}"] = rows.fetchall()
    return found


def same_but_for(here: str, there: str) -> set[str]:
    first, second = all_of(here), all_of(there)
    return {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)}


def test_every_row_and_every_rule_comes_back_elsewhere_or_nothing_has_changed(
    lived: Product, archive: Path, there: dict[str, str]
) -> None:
    done = run(there, "restore", str(archive), "--json")
    assert (done.code, done.json["differences"]) == (0, []), done
    url, other = lived.env["DATABASE_URL"], there["DATABASE_URL"]
    assert len(lived.rows("SELECT 1 FROM chatapp_turn")) == 2
    assert same_but_for(url, other) <= {f"rows of {MARKS}"}
    (file,) = Path(there["CHATAPP_ATTACHMENTS"]).glob("*/*")
    assert file.read_bytes() == samples.PNG
    refused = run(there, "restore", str(archive))
    assert (refused.code, "--force" in refused.complained) == (2, True)
    with psycopg.connect(other) as connection:
        # Of a newer version, and it holds on to one of ours.
        connection.execute("CREATE TABLE chatapp_newer (id int REFERENCES auth_user)")
        connection.execute("INSERT INTO auth_group (name) VALUES ('late')")
    before = all_of(other)
    with psycopg.connect(other) as connection:
        connection.execute("SELECT 1 FROM auth_user")
        impatient = {**there, "DATABASE_URL": f"{other}&options=-c%20lock_timeout%3D200ms"}
        broken = run(impatient, "restore", str(archive), "--force")
    assert (broken.code, "lock timeout" in broken.complained) == (1, True), broken
    assert all_of(other) == before
    assert run(there, "restore", str(archive), "--force").code == 0
    assert same_but_for(url, other) <= {f"rows of {MARKS}"}


def test_one_of_an_older_version_gets_the_tables_of_this_one(
    lived: Product, there: dict[str, str], tmp_path: Path
) -> None:
    assert run(there, "migrate", "chatapp", "0013").code == 0
    with psycopg.connect(there["DATABASE_URL"]) as connection:
        connection.execute("INSERT INTO auth_group (name) VALUES ('first'), ('second')")
        connection.execute("DELETE FROM auth_group WHERE name = 'second'")
    path = lived.folder / "old.tar"
    assert run(there, "backup", "--to", str(path)).code == 0
    done = run(there, "restore", str(path), "--json")
    assert (done.code, done.json["ok"]) == (0, True), done
    lived.settings["DATABASE_URL"] = there["DATABASE_URL"]
    try:
        assert lived.rows("SELECT 1 FROM chatapp_attachment") == []
        # A number that was given once is not given again.
        lived.change("INSERT INTO auth_group (name) VALUES ('third')")
        first, third = lived.rows("SELECT id FROM auth_group WHERE name IN ('first', 'third') ORDER BY id")
        assert third[0] - first[0] >= 2
        lived.start()
        # Nobody is in it yet.
        assert Person(lived).get("/accounts/setup/").status == 200
        lived.web.kill()
    finally:
        del lived.settings["DATABASE_URL"]


def test_a_database_that_is_not_there_is_named(there: dict[str, str], archive: Path) -> None:
    nowhere = {**there, "DATABASE_URL": "postgres://chat@127.0.0.1:1/chat"}
    done = run(nowhere, "restore", str(archive))
    assert (done.code, "cannot be reached" in done.complained) == (1, True), done
