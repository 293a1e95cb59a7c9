"""Ready is who can serve: with a database, with its tables, and without having been told to leave."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from chatapp.turns import lease

pytestmark = pytest.mark.django_db


def test_a_process_with_all_it_needs_is_ready(client: Client) -> None:
    probe = client.get("/readyz")
    assert (probe.status_code, probe.json()["status"]) == (200, "ready")


def test_a_database_without_one_of_our_tables_is_not_ready_and_says_why(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("chatapp", "0001_start")
    probe = client.get("/readyz")
    assert probe.status_code == 503
    assert "manage.py prepare" in probe.json()["reason"]


def test_a_database_of_a_newer_version_is_ready(client: Client) -> None:
    MigrationRecorder(connection).record_applied("chatapp", "9999_from_the_future")
    assert client.get("/readyz").status_code == 200


def test_a_process_that_was_told_to_leave_is_not_ready_but_alive(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease.claim, "leaving", True)
    probe = client.get("/readyz")
    assert probe.status_code == 503
    assert "leaving" in probe.json()["reason"]
    assert client.get("/healthz").status_code == 200
