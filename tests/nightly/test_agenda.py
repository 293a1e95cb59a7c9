"""The night's work: done once a night by whoever looks first, twice without harm, and its findings are measures."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from chatapp.money.models import Counter, MoneySettings, Scope
from chatapp.nightly import agenda

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)


def drift() -> None:
    """A sum that no entry stands behind."""
    Counter.objects.create(key="4s::total", scope=Scope.SITE, period="total", spent_nanodollars=7)


def told() -> dict[str, float]:
    lines = Client().get("/metrics").text.splitlines()
    return {name: float(value) for name, value in (line.split() for line in lines if not line.startswith("#"))}


def test_the_ledger_is_verified_once_a_night_and_by_one() -> None:
    assert [done.item for done in agenda.run_what_is_due(NIGHT)] == ["ledger", "kept", "files", "retention"]
    assert agenda.run_what_is_due(NIGHT + timedelta(minutes=10)) == []
    assert [done.item for done in agenda.run_what_is_due(NIGHT + timedelta(days=1))] == [
        "ledger",
        "kept",
        "files",
        "retention",
    ]


def test_before_three_in_the_sites_own_morning_nothing_is_begun() -> None:
    assert agenda.run_what_is_due(NIGHT.replace(hour=1)) == []
    MoneySettings.objects.update(time_zone="America/New_York")
    assert agenda.run_what_is_due(NIGHT.replace(hour=6)) == []
    assert agenda.run_what_is_due(NIGHT.replace(hour=9)) != []


def test_a_drift_is_a_measure_until_it_is_mended() -> None:
    assert "chatapp_ledger_drift_rows" not in told()
    agenda.run()
    assert told()["chatapp_ledger_drift_rows"] == 0
    drift()
    found, *_ = agenda.run()
    assert not found.ok
    assert told()["chatapp_ledger_drift_rows"] == 1
    Counter.objects.all().delete()
    agenda.run()
    assert told()["chatapp_ledger_drift_rows"] == 0
    assert told()["chatapp_ledger_verified_timestamp_seconds"] > 0


def test_the_command_says_how_it_went_and_twice_does_no_harm() -> None:
    for _ in range(2):
        out = StringIO()
        call_command("nightly", "--json", stdout=out)
        assert json.loads(out.getvalue()) == {
            "ok": True,
            "items": [
                {"item": "ledger", "ok": True, "words": "0 rows differ"},
                {"item": "kept", "ok": True, "words": "0 too old to be shown again"},
                {"item": "files", "ok": True, "words": "0 forgotten files thrown away"},
                {"item": "retention", "ok": True, "words": "0 conversations deleted, 0 could not be"},
            ],
        }
    drift()
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("nightly", stdout=out)
    assert out.getvalue().splitlines() == [
        "ledger: NOT WELL, 1 rows differ",
        "kept: well, 0 too old to be shown again",
        "files: well, 0 forgotten files thrown away",
        "retention: well, 0 conversations deleted, 0 could not be",
    ]
