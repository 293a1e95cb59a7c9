"""The whole chat in one file and back, while answers run."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatapp.management.archive import packing
from tests.files import samples
from tests.management.commanding import run
from tests.people import Person
from tests.product import Product
from tests.promises.test_attached import upload
from tests.promises.texts import say
from tests.stand_in import StandIn

# The other stores have a file of their own.
pytestmark = [pytest.mark.slow, pytest.mark.small]


@pytest.fixture
def product(claude: StandIn, tmp_path: Path) -> Iterator[Product]:
    with contextlib.closing(Product(claude.url, tmp_path)) as product:
        yield product


@pytest.fixture
def lived(product: Product) -> Product:
    """With answers, a file, and an answer that is still being written."""
    product.start()
    person = Person(product)
    _, said = upload(person, samples.PNG)
    first = person.begin("Hello? [[tokens:20]]")
    person.final(first)
    answer = person.post(
        "/c/", {"question": "And?", "ask_id": "c0ffee00-0000-4000-8000-000000000001", "attachments": said["key"]}
    )
    assert answer.status == 200
    running = Person(product, 1).begin(f"Say it slowly. {say('word ' * 4000)}[[pace:30]]")
    Person(product, 1).sees(running, "streaming")
    return product


def backed_up(product: Product, *more: str) -> Path:
    path = product.folder / "all.tar"
    done = run(product.env, "backup", "--to", str(path), "--json", *more)
    assert done.code == 0, done
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in product.folder.iterdir() if one.name.startswith((".backup", "all.tar."))] == []
    return path


def elsewhere(product: Product, **changes: str) -> dict[str, str]:
    """Another machine, with nothing on it."""
    folder = product.folder / "elsewhere"
    place = {"DATABASE_URL": f"sqlite:///{folder}/chat.sqlite3", "CHATAPP_ATTACHMENTS": str(folder / "attachments")}
    folder.mkdir()
    return {**product.env, **place, **changes}


def rows(path: Path, table: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()


def test_what_was_written_while_an_answer_ran_comes_back_elsewhere_and_adds_up(lived: Product) -> None:
    path = backed_up(lived)
    manifest = packing.verify(path)
    assert (manifest.vendor, manifest.attachments, manifest.secrets) == ("sqlite", 1, False)
    assert manifest.counts["chatapp_turn"] == 3
    env = elsewhere(lived)
    done = run(env, "restore", str(path), "--json")
    assert done.code == 0, done
    assert done.json["ok"] is True
    assert done.json["ended"] >= 1
    verified = run(env, "ledger", "verify", "--json")
    assert (verified.code, verified.json["ok"]) == (0, True)
    there = lived.folder / "elsewhere"
    (file,) = (there / "attachments").glob("*/*")
    assert file.read_bytes() == samples.PNG
    assert rows(there / "chat.sqlite3", "auth_user") == rows(lived.database, "auth_user")
    with contextlib.closing(sqlite3.connect(there / "chat.sqlite3")) as connection:
        ends = {state for (state,) in connection.execute("SELECT state FROM chatapp_turn")}
        assert ends <= {"answered", "interrupted", "failed"}
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_work_is_not_overwritten_by_accident(lived: Product) -> None:
    path = backed_up(lived)
    person = Person(lived, 2)
    person.final(person.begin("Later? [[tokens:5]]"))
    refused = run(lived.env, "restore", str(path))
    assert (refused.code, "--force" in refused.complained) == (2, True)
    assert len(rows(lived.database, "chatapp_turn")) == 4
    lived.web.kill()
    forced = run(lived.env, "restore", str(path), "--force")
    assert forced.code == 0, forced
    assert len(rows(lived.database, "chatapp_turn")) == 3
    assert run(lived.env, "ledger", "verify").code == 0
    lived.start()
    person.final(person.begin("And again? [[tokens:5]]"))
    again = run(lived.env, "backup", "--to", str(path))
    assert (again.code, "is there already" in again.complained) == (1, True)


def _with(path: Path, name: str, change: bytes) -> Path:
    """The same archive, with the end of one member changed."""
    other = path.with_name(f"changed-{name}.tar")
    with tarfile.open(path) as source, tarfile.open(other, "w") as target:
        for member in source:
            content = source.extractfile(member)
            assert content is not None
            data = content.read()
            if member.name.startswith(name):
                data = data[:-1] + change
            target.addfile(member, io.BytesIO(data))
    return other


def test_a_damaged_file_changes_nothing(lived: Product) -> None:
    path = backed_up(lived)
    env = elsewhere(lived)
    short = path.with_name("short.tar")
    short.write_bytes(path.read_bytes()[:-30_000])
    strange = path.with_name("strange.tar")
    with tarfile.open(strange, "w") as tar:
        tar.addfile(tarfile.TarInfo("../../escaped"), io.BytesIO())
    for broken, words in (
        (_with(path, "database", b"?"), "database is not what was written"),
        (_with(path, "attachments", b"?"), "is not what was written"),
        (short, ""),
        (strange, "does not belong"),
        (lived.database, ""),
    ):
        done = run(env, "restore", str(broken))
        assert (done.code, words in done.complained) == (3, True), (broken, done)
        assert "nothing has changed" in done.complained
    assert list((lived.folder / "elsewhere").iterdir()) == []


def test_one_of_another_kind_or_a_newer_version_is_turned_away(lived: Product) -> None:
    path = backed_up(lived)
    newer = path.with_name("newer.tar")
    with tarfile.open(path) as source, tarfile.open(newer, "w") as target:
        for member in source:
            content = source.extractfile(member)
            assert content is not None
            data = content.read()
            if member.name == packing.MANIFEST:
                said = json.loads(data)
                said["migrations"].append("chatapp.9999_future")
                data = json.dumps(said).encode()
                member.size = len(data)
            target.addfile(member, io.BytesIO(data))
    done = run(elsewhere(lived), "restore", str(newer))
    assert (done.code, "newer version" in done.complained) == (1, True)
    other = run({**lived.env, "DATABASE_URL": "postgres://chat@127.0.0.1:1/chat"}, "restore", str(path))
    assert (other.code, "sqlite" in other.complained) == (1, True)


def test_one_of_an_older_version_gets_the_tables_of_this_one(product: Product) -> None:
    assert run(product.env, "migrate", "chatapp", "0013").code == 0
    path = backed_up(product)
    assert "chatapp.0014_attachments" not in packing.verify(path).migrations
    done = run(elsewhere(product), "restore", str(path), "--json")
    assert (done.code, done.json["ok"]) == (0, True), done
    assert rows(product.folder / "elsewhere" / "chat.sqlite3", "chatapp_attachment") == []


def test_the_secret_key_goes_along_only_by_wish(product: Product) -> None:
    secret = product.env["SECRET_KEY"].encode()
    assert secret not in backed_up(product).read_bytes()
    (product.folder / "all.tar").unlink()
    assert secret in backed_up(product, "--with-secrets").read_bytes()


def test_a_full_disk_leaves_no_half_of_a_file(product: Product, tmp_path: Path) -> None:
    done = run(product.env, "backup", "--to", "/dev/full/all.tar")
    assert done.code == 1
    assert "could not be written" in done.complained
    gone = run(product.env, "backup", "--to", str(tmp_path / "nowhere" / "all.tar"))
    assert (gone.code, gone.said) == (1, "")


def test_a_large_archive_is_never_in_memory(product: Product, tmp_path: Path) -> None:
    drawer = product.folder / "attachments" / "ab"
    drawer.mkdir(parents=True)
    for number in range(4):
        with (drawer / f"ab{number:038x}").open("wb") as file:
            file.truncate(25_000_000)
    script = (
        "import resource; from pathlib import Path; from chatapp.management.archive import backup, packing; "
        f"path = Path({str(tmp_path / 'large.tar')!r}); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; "
        "backup.make(path); packing.verify(path); "
        "print('grown', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = run(product.env, "shell", "-v", "0", "-c", script)
    assert done.code == 0, done
    assert (tmp_path / "large.tar").stat().st_size > 100_000_000
    assert int(done.said.split("grown")[1]) < 40_000
