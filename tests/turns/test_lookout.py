"""The round: whoever looks, an alarm is one alarm, and it is over when nobody sees its cause any more."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from chatapp.claude.failures import FailureKind
from chatapp.claude.readings import Trouble
from chatapp.claude.ways import Outage
from chatapp.money.models import MoneySettings
from chatapp.telemetry import measures
from chatapp.telemetry.alarm_settings import AlarmSettings
from chatapp.telemetry.alarms import Alarm, Kind
from chatapp.telemetry.measures import Measure
from chatapp.telemetry.post import Telling
from chatapp.turns import lookout
from tests.patience import until
from tests.product import Product
from tests.telemetry.hook import hook

pytestmark = pytest.mark.django_db

START = timezone.now()
WANTED = AlarmSettings(webhook_url="https://hooks.example")
REFUSED = Trouble("", "", Outage(FailureKind.KEY_REFUSED, START, True, 60.0), "Claude is not asked just now.")


def drift(rows: int) -> None:
    measures.keep(Measure.LEDGER_DRIFT, rows, START)


def looked(minutes: float, troubles: Sequence[Trouble] = ()) -> None:
    lookout.look(troubles, START + timedelta(minutes=minutes), WANTED)


def open_() -> list[str]:
    return list(Alarm.objects.filter(cleared_at=None).order_by("cause").values_list("cause", flat=True))


def test_an_alarm_stays_one_is_over_after_a_while_and_is_another_one_when_it_comes_back() -> None:
    drift(1)
    for minute in range(10):
        looked(minute)
    (alarm,) = Alarm.objects.all()
    assert (alarm.since, alarm.last_seen) == (START, START + timedelta(minutes=9))
    drift(0)
    looked(13)
    assert open_() == ["ledger drift"]
    looked(15)
    assert open_() == []
    drift(2)
    looked(20)
    assert open_() == ["ledger drift"]
    assert Alarm.objects.count() == Telling.objects.count() == 2


def test_a_cause_that_comes_and_goes_within_the_quiet_time_is_one_alarm() -> None:
    for minute in range(0, 60, 4):
        drift(1)
        looked(minute)
        drift(0)
        looked(minute + 2)
    assert Alarm.objects.count() == 1


def test_what_only_one_process_knows_is_told_by_it_and_ended_by_whoever_looks() -> None:
    looked(0, [REFUSED])
    # Another process looks at the rows, again and again; this one says what it sees in between.
    for minute in range(1, 8):
        looked(minute)
        looked(minute + 0.1, [REFUSED])
    (alarm,) = Alarm.objects.all()
    assert (alarm.cause, alarm.kind, alarm.cleared_at) == ("breaker Claude all", Kind.BREAKER, None)
    looked(13)
    assert open_() == []


def test_one_looks_at_the_rows_and_the_others_do_not() -> None:
    looked(0)
    drift(1)
    looked(0.4)
    assert open_() == []
    looked(0.5)
    assert open_() == ["ledger drift"]


def test_a_clock_that_was_put_back_keeps_nobody_from_looking() -> None:
    looked(0)
    drift(1)
    looked(-59)
    assert open_() == []
    looked(-61)
    assert open_() == ["ledger drift"]


def test_a_rule_that_breaks_keeps_no_other_from_looking_and_ends_no_alarm(caplog: pytest.LogCaptureFixture) -> None:
    alarm = Alarm.objects.create(cause="spend", kind=Kind.SPEND, sentence="Much.", since=START, last_seen=START)
    MoneySettings.objects.update_or_create(pk=1, defaults={"time_zone": "Nowhere/Atlantis"})
    drift(1)
    looked(10)
    assert "nobody could see whether there is an alarm: spend" in caplog.text
    assert open_() == ["ledger drift", "spend"]
    MoneySettings.objects.update(time_zone="UTC")
    looked(11)
    alarm.refresh_from_db()
    assert alarm.cleared_at


def test_what_was_over_long_ago_is_forgotten() -> None:
    long_ago = START - timedelta(days=100)
    Alarm.objects.create(cause="old", kind=Kind.SPEND, sentence="Old.", since=long_ago, last_seen=long_ago)
    Alarm.objects.update(cleared_at=long_ago)
    Alarm.objects.create(cause="new", kind=Kind.SPEND, sentence="New.", since=START, last_seen=START)
    looked(10)
    assert list(Alarm.objects.values_list("cause", flat=True)) == ["new"]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_see_it_in_the_same_moment_one_makes_an_alarm_of_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    drift(3)
    # Many ways, so that two meet at one of them.
    ways = [replace(REFUSED, provider=f"way{number:02}") for number in range(30)]
    at_once = threading.Barrier(6)

    def look() -> None:
        try:
            at_once.wait(10)
            looked(0, ways)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(look) for _ in range(6)]:
            done.result(60)
    assert open_() == [*(f"breaker {way.provider} all" for way in ways), "ledger drift"]
    assert Telling.objects.filter(alarm__cause="ledger drift").count() == 1
    assert caplog.text.count("alarm: ") == 31


@pytest.mark.slow
def test_two_processes_tell_it_once_and_its_end_once(tmp_path: Path) -> None:
    product = Product("http://127.0.0.1:1", tmp_path)
    with hook() as mine:
        _prepare(product, mine.url)
        try:
            webs = [product.launch(HOOK_SECRET="ours") for _ in range(2)]
            for web in webs:
                web.ready()
            until(lambda: mine.got, 30, "the alarm")
            # It has not been seen for long when somebody looks again: no cause is left.
            product.change("DELETE FROM chatapp_reading")
            product.change("UPDATE chatapp_alarm SET last_seen = '2026-01-01 00:00:00'")
            product.change("UPDATE chatapp_lookout SET looked_at = '2026-01-01 00:00:00'")
            until(lambda: len(mine.got) > 1, 30, "its end")
            until(lambda: product.records("telling")[0]["over_told_at"], 10)
        finally:
            product.close()
    assert [(got.json["cause"], got.json["cleared"] is None) for got in mine.got] == [
        ("ledger drift", True),
        ("ledger drift", False),
    ]
    assert all(got.headers["x-chat-signature"].startswith("sha256=") for got in mine.got)
    assert "Traceback" not in product.logs


def _prepare(product: Product, url: str) -> None:
    product.manage("shell", "-v", "0", "-c", _SETTINGS.format(url=url))


_SETTINGS = """
from django.utils import timezone
from chatapp.telemetry import measures
from chatapp.telemetry.alarm_settings import AlarmSettings
AlarmSettings.objects.create(pk=1, webhook_url="{url}", secret_variable="HOOK_SECRET")
measures.keep(measures.Measure.LEDGER_DRIFT, 3, timezone.now())
"""
