"""Deleted is gone: from the rows, from every byte of the database's files, and from the folder of attached files."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from chatapp.telemetry.points import Point
from tests import product as products
from tests.people import Person
from tests.product import Product
from tests.turns import canaries

pytestmark = pytest.mark.slow

PLANT = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from tests.turns import canaries
for name in ("person0", "person1"):
    person = User.objects.get(username=name)
    planted = canaries.plant(person, timezone.now() - timedelta(days={days}), times={times})
    if {loose}:
        canaries.plant_loose(person)
"""
RULE = """
from django.contrib.auth.models import Group, User
from chatapp.turns.retention.models import Retention
group = Group.objects.create(name="law")
User.objects.get(username="person0").groups.add(group)
Retention.objects.create(days=1, group=group)
"""
HOLD = """
from uuid import UUID
from django.utils import timezone
from chatapp.turns.retention import holds
print(holds.place(UUID("{number}"), "A case", None, timezone.now()).pk)
"""
WHOSE = "SELECT id FROM auth_user WHERE username = 'person0'"
# A file of its own for each conversation that has any, and one that was never asked with.
EVERYWHERE = set(canaries.PLACES)


def shell(product: Product, code: str) -> str:
    return product.manage("shell", "-v", "0", "-c", code)


def plant(product: Product, times: int, days: int = 3, *, loose: bool = False) -> None:
    shell(product, PLANT.format(times=times, days=days, loose=loose))


def files(product: Product) -> Iterator[Path]:
    yield from product.folder.glob("chat.sqlite3*")
    yield from (product.folder / "attachments").rglob("*")


def left(product: Product, whose: str = "person0") -> set[str]:
    return canaries.found(whose, files(product))


def conversations(product: Product, whose: str = "person0") -> list[str]:
    sql = "SELECT c.id FROM chatapp_conversation c JOIN auth_user u ON u.id = c.owner_id WHERE u.username = ?"
    return [str(UUID(str(number))) for (number,) in product.rows(sql, whose)]


def kept(product: Product) -> int:
    return len(conversations(product, "person1"))


def delete_as_owner(product: Product) -> None:
    for number in conversations(product):
        assert Person(product).post(f"/c/{number}/delete/").status == 200


def delete_by_retention(product: Product) -> None:
    shell(product, RULE)
    product.manage("nightly")


def delete_the_person(product: Product) -> None:
    product.manage("person", "erase", "person0")


DELETIONS: dict[str, tuple[Callable[[Product], None], bool]] = {
    "owner": (delete_as_owner, False),
    "retention": (delete_by_retention, False),
    "person": (delete_the_person, True),
}


@pytest.mark.small
@pytest.mark.parametrize("by", DELETIONS)
def test_what_is_deleted_is_in_no_byte_of_any_file(product: Product, by: str) -> None:
    delete, loose = DELETIONS[by]
    # A web process has the file open all the while.
    product.start()
    plant(product, 3, loose=loose)
    assert left(product) == EVERYWHERE - (set() if loose else {"loose"})
    theirs = left(product, "person1")
    delete(product)
    assert left(product) == set()
    assert conversations(product) == []
    # And of nobody else's anything is lost.
    assert left(product, "person1") == theirs
    assert kept(product) == 3
    assert product.rows("SELECT kind, conversations, turns, files FROM chatapp_erasure")[0][0] == by


@pytest.mark.parametrize("point", [Point.INSIDE_ERASING, Point.ERASED])
def test_a_night_that_is_killed_on_the_way_is_done_by_the_next_one(product: Product, point: Point) -> None:
    plant(product, 6)
    theirs = left(product, "person1")
    shell(product, RULE)
    with pytest.raises(AssertionError):
        products.manage({**product.env, "CHATAPP_REHEARSE": f"SIGKILL at {point} after 5"}, "nightly")
    gone = 6 - len(conversations(product))
    assert gone == (4 if point is Point.INSIDE_ERASING else 5)
    # What was done is on record, and the rest of it is to come.
    counted = "SELECT sum(conversations), sum(turns) FROM chatapp_erasure"
    assert product.rows(counted) == [(gone, gone)]
    assert "retention: well" in product.manage("nightly")
    assert product.rows(counted) == [(6, 6)]
    assert kept(product) == 6
    # A file that was left lying belongs to nobody, and a day later the night throws it away.
    lying = canaries.any_word_of("person0", files(product))
    assert len(lying) <= (0 if point is Point.INSIDE_ERASING else 1)
    for path in (product.folder / "attachments").glob("*/*"):
        os.utime(path, (0, 0))
    product.manage("nightly")
    assert not canaries.any_word_of("person0", files(product))
    assert left(product, "person1") == theirs


def test_what_is_held_is_deleted_by_nobody(product: Product) -> None:
    product.start()
    plant(product, 1)
    (number,) = conversations(product)
    hold = shell(product, HOLD.format(number=number)).strip()
    before = left(product)
    answer = Person(product).post(f"/c/{number}/delete/")
    assert (answer.status, answer.json["error"]) == (409, "held")
    assert "must be kept" in answer.json["message"]
    page = Person(product).request("POST", f"/c/{number}/delete/", {})
    assert page.status == 409
    assert "must be kept" in page.text
    delete_by_retention(product)
    with pytest.raises(AssertionError, match=f"Hold {hold} on conversation {number}"):
        delete_the_person(product)
    assert conversations(product) == [number]
    assert left(product) == before


def test_the_export_is_a_file_for_nobody_else_and_is_never_written_over(product: Product, tmp_path: Path) -> None:
    plant(product, 2)
    to = tmp_path / "person0.zip"
    said = json.loads(product.manage("person", "export", "person0", "--to", str(to), "--json"))
    assert said["bytes"] == to.stat().st_size
    assert to.stat().st_mode & 0o777 == 0o600
    for arguments in (("person0", "--to", str(to)), ("nobody", "--to", str(tmp_path / "nobody.zip"))):
        with pytest.raises(AssertionError):
            product.manage("person", "export", *arguments)
    assert not (tmp_path / "nobody.zip").exists()
    with pytest.raises(AssertionError, match="Nobody here"):
        product.manage("person", "erase", "nobody")
    done = json.loads(product.manage("person", "erase", "person0", "--json"))
    assert (done["conversations"], done["turns"], done["files"], done["wiped"]) == (2, 2, 2, True)


def test_a_session_of_somebody_who_is_erased_is_over(product: Product) -> None:
    product.start()
    person = Person(product)
    assert person.get("/").status == 200
    delete_the_person(product)
    assert person.get("/").status == 302
    assert product.rows("SELECT count(*) FROM django_session WHERE session_key = ?", person.session) == [(0,)]


def test_a_running_process_sends_the_zip_and_deletes_the_person(product: Product) -> None:
    product.start()
    plant(product, 2)
    product.change("UPDATE auth_user SET is_staff = TRUE, is_superuser = TRUE WHERE username = 'person2'")
    office, path = Person(product, 2), f"/admin/auth/user/{product.rows(WHOSE)[0][0]}"
    sent = office.request("POST", f"{path}/export/", {})
    assert sent.status == 200
    found = zipfile.ZipFile(io.BytesIO(sent.body))
    assert found.testzip() is None
    assert {f"conversations/{number}.json" for number in conversations(product)} < set(found.namelist())
    assert office.request("POST", f"{path}/erase/", {"name": "person0"}).status == 302
    assert not canaries.any_word_of("person0", files(product))
    assert product.rows("SELECT count(*) FROM chatapp_erasure WHERE ended_at IS NOT NULL") == [(2,)]
    assert "Traceback" not in product.logs
