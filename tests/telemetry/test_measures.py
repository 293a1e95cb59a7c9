"""Measures are listed once, bounded, cheap, and written as Prometheus reads them."""

from __future__ import annotations

import threading
import time
import timeit
from pathlib import Path

import pytest
from django.db import DatabaseError
from django.test import Client

from chatapp.telemetry import measures
from chatapp.telemetry.measures import ABOUT, Measure
from chatapp.telemetry.tally import MOST_SERIES, OTHER, Tally
from tests.measuring import read

ROOT = Path(__file__).resolve().parents[2]
A_LOT = 3e-6


def test_every_measure_says_what_it_means() -> None:
    assert list(ABOUT) == list(Measure)
    assert all(about.meaning.endswith(".") for about in ABOUT.values())


def test_no_label_names_a_person_or_a_conversation() -> None:
    labels = {label for about in ABOUT.values() for label in about.labels}
    known = {"reason", "ending", "state", "shown", "code", "model", "models", "provider", "task", "outcome", "kind"}
    assert labels == known | {"found", "period", "afforded", "limit", "way"}


def test_two_threads_that_count_at_once_lose_nothing() -> None:
    tally = Tally()

    def add_many() -> None:
        for _ in range(20_000):
            tally.add(("one",), 1)

    threads = [threading.Thread(target=add_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(values, series.sum) for values, series in tally.all()] == [(("one",), 80_000)]


def test_however_many_models_there_are_the_series_are_bounded_and_nothing_is_lost() -> None:
    tally = Tally()
    for number in range(3 * MOST_SERIES):
        tally.add((f"model-{number}", "done"), 1)
    series = {values: one.sum for values, one in tally.all()}
    assert len(series) == MOST_SERIES + 1
    assert series[OTHER, OTHER] == 2 * MOST_SERIES


def test_a_histogram_counts_up_to_each_bound() -> None:
    tally = Tally((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 3.0):
        tally.observe((), seconds)
    [(values, series)] = tally.all()
    assert (values, series.buckets, series.sum) == ((), [2, 1, 1], 3.65)


def test_to_count_costs_next_to_nothing() -> None:
    # This thread's own time, and the best of several: what else this machine does is not ours.
    counting, observing = Tally(), Tally(tuple(number / 10 for number in range(12)))
    runs = 20_000
    counted = (
        min(timeit.repeat(lambda: counting.add(("a", "b"), 1), number=runs, repeat=7, timer=time.thread_time)) / runs
    )
    observed = (
        min(timeit.repeat(lambda: observing.observe(("a",), 0.7), number=runs, repeat=7, timer=time.thread_time)) / runs
    )
    assert counted < A_LOT
    assert observed < A_LOT


@pytest.mark.django_db
def test_prometheus_can_read_all_of_it(client: Client) -> None:
    measures.count(Measure.REFUSED, 'a "reason"\n')
    measures.observe(Measure.LOOP_LAG, 0.2)
    told = read(client.get("/metrics").text)
    assert told["chatapp_loop_lag_seconds_bucket", "0.25"] <= told["chatapp_loop_lag_seconds_bucket", "+Inf"]
    assert told["chatapp_loop_lag_seconds_bucket", "+Inf"] == told["chatapp_loop_lag_seconds_count",]
    assert told["chatapp_database_reached",] == 1


@pytest.mark.django_db
def test_without_the_database_a_process_tells_what_it_knows_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> measures.Values:
        raise DatabaseError

    monkeypatch.setitem(measures._read, Measure.HELD, away)
    told = read(measures.as_text())
    assert told["chatapp_database_reached",] == 0
    assert ("chatapp_held_nanodollars",) not in told
    assert told["chatapp_leaving",] == 0
