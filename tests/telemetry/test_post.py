"""Alarms on their way to people: each told once on each channel, its end too, and tried again where that failed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from chatapp.telemetry import alarms, post
from chatapp.telemetry.alarm_settings import AlarmSettings
from chatapp.telemetry.alarms import Alarm, Cause, Kind
from chatapp.telemetry.post import Telling
from tests.patience import until
from tests.telemetry.hook import Hook

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
TROUBLE = Cause("ledger drift", Kind.LEDGER_DRIFT, "The ledger does not add up.")
PEOPLE = "ada@example.org"


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def everything(wanted: AlarmSettings, clock: Clock) -> None:
    """What a round does after it has looked."""
    post.prepare(wanted, clock())
    for channel in ("mail", "webhook"):
        post.deliver(channel, wanted, clock)


def seen(clock: Clock) -> None:
    alarms.see([TROUBLE], clock())


def over(clock: Clock) -> None:
    alarms.put_away(clock(), clock())


def test_an_alarm_is_told_once_on_every_channel_and_so_is_its_end(hook: Hook, clock: Clock) -> None:
    wanted = AlarmSettings(addresses=PEOPLE, webhook_url=hook.url)
    for _ in range(3):
        seen(clock)
        everything(wanted, clock)
        clock.move(seconds=30)
    assert (len(mail.outbox), len(hook.got)) == (1, 1)
    over(clock)
    for _ in range(3):
        everything(wanted, clock)
        clock.move(seconds=30)
    assert [letter.subject.split("] ")[1][:5] for letter in mail.outbox] == ["The l", "Over:"]
    assert [got.json["cleared"] is None for got in hook.got] == [True, False]
    assert {got.headers["x-chat-delivery"].split("-")[1] for got in hook.got} == {"open", "over"}


def test_what_comes_back_is_told_again(hook: Hook, clock: Clock) -> None:
    wanted = AlarmSettings(webhook_url=hook.url)
    for _ in range(2):
        seen(clock)
        everything(wanted, clock)
        clock.move(minutes=1)
        over(clock)
        everything(wanted, clock)
        clock.move(minutes=1)
    assert [got.json["cleared"] is None for got in hook.got] == [True, False, True, False]
    assert Alarm.objects.count() == 2


def test_a_webhook_that_fails_is_tried_again_after_growing_pauses(hook: Hook, clock: Clock) -> None:
    wanted = AlarmSettings(addresses=PEOPLE, webhook_url=hook.url)
    hook.status = 500
    seen(clock)
    pauses = []
    for _ in range(9):
        everything(wanted, clock)
        row = Telling.objects.get(channel="webhook")
        assert row.next_at
        assert row.failure == "The webhook did not take it: it answered 500."
        pauses.append((row.next_at - clock()).total_seconds())
        clock.move(seconds=pauses[-1] - 1)
        everything(wanted, clock)
        clock.move(seconds=1)
    assert pauses == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert len(hook.got) == 9
    assert len({got.headers["x-chat-delivery"] for got in hook.got}) == 1
    assert len(mail.outbox) == 1
    hook.status = 200
    everything(wanted, clock)
    everything(wanted, clock)
    assert len(hook.got) == 10
    row.refresh_from_db()
    assert row.told_at == clock()


def test_after_a_day_of_failures_nobody_tries_any_more(clock: Clock) -> None:
    wanted = AlarmSettings(webhook_url="https://hooks.example", secret_variable="HOOK_SECRET")
    seen(clock)
    for _ in range(post.MOST_TRIES + 5):
        everything(wanted, clock)
        clock.move(hours=1)
    row = Telling.objects.get()
    assert (row.tries, row.next_at, row.told_at) == (post.MOST_TRIES, None, None)


def test_what_is_over_before_it_could_be_told_is_told_in_one(hook: Hook, clock: Clock) -> None:
    wanted = AlarmSettings(webhook_url=hook.url)
    hook.status = 503
    seen(clock)
    everything(wanted, clock)
    clock.move(hours=1)
    over(clock)
    hook.status = 200
    everything(wanted, clock)
    everything(wanted, clock)
    assert [got.json["cleared"] is None for got in hook.got] == [True, False]


def test_a_channel_that_is_new_is_told_what_is_open_and_nothing_that_is_over(hook: Hook, clock: Clock) -> None:
    everything(AlarmSettings(), clock)
    alarms.see([Cause("spend", Kind.SPEND, "Much was spent.")], clock())
    everything(AlarmSettings(), clock)
    clock.move(minutes=1)
    over(clock)
    seen(clock)
    everything(AlarmSettings(webhook_url=hook.url), clock)
    assert [got.json["cause"] for got in hook.got] == ["ledger drift"]


def test_whoever_died_with_a_message_in_hand_is_followed_by_another(hook: Hook, clock: Clock) -> None:
    wanted = AlarmSettings(webhook_url=hook.url)
    seen(clock)
    post.prepare(wanted, clock())
    (telling,) = post.due("webhook", clock())
    assert post._take(telling, clock())
    assert not post._take(telling, clock())
    everything(wanted, clock)
    assert hook.got == []
    clock.now += post.IN_HAND
    everything(wanted, clock)
    assert len(hook.got) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_tell_at_the_same_time_one_does(hook: Hook, clock: Clock) -> None:
    wanted = AlarmSettings(addresses=PEOPLE, webhook_url=hook.url)
    seen(clock)
    at_once = threading.Barrier(4)

    def tell() -> None:
        try:
            at_once.wait(10)
            everything(wanted, clock)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(tell) for _ in range(4)]:
            done.result(30)
    assert (len(mail.outbox), len(hook.got)) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_webhook_that_hangs(hook: Hook) -> None:
    wanted = AlarmSettings(addresses=PEOPLE, webhook_url=hook.url)
    hook.hangs, now = True, timezone.now()
    alarms.see([TROUBLE], now)
    post.prepare(wanted, now)
    post.begin(wanted, now)
    until(lambda: hook.got and mail.outbox)
    # A second round meanwhile adds nothing, and an alarm that is new can be written.
    post.begin(wanted, now)
    alarms.see([Cause("spend", Kind.SPEND, "Much was spent.")], now)
    assert Alarm.objects.count() == 2
    assert not Telling.objects.get(channel="webhook").told_at
    hook.go_on.set()
    until(lambda: Telling.objects.get(channel="webhook").told_at)
    until(lambda: not post._busy)
    assert (len(hook.got), len(mail.outbox)) == (1, 1)
