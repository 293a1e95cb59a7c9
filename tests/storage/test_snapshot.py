"""A snapshot shows one moment, and nobody has to wait for it."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection

from chatapp.storage import statements
from chatapp.storage.snapshot import snapshot

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("price_book"), pytest.mark.slow]


def _count() -> int:
    return int(statements.rows("SELECT count(*) FROM auth_group")[0][0])


def _write() -> None:
    Group.objects.create(name="latecomers")
    connection.close()


def test_what_others_write_meanwhile_is_written_and_not_seen() -> None:
    with snapshot():
        before = _count()
        other = threading.Thread(target=_write)
        other.start()
        other.join(5)
        assert not other.is_alive()
        assert _count() == before
    assert _count() == before + 1


def test_a_snapshot_that_fails_leaves_a_connection_that_works() -> None:
    with pytest.raises(DatabaseError), snapshot():
        statements.run("SELECT nothing FROM nowhere")
    before = _count()
    Group.objects.create(name="staff")
    with snapshot():
        assert _count() == before + 1
