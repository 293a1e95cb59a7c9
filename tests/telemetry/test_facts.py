"""A fact is one line of names and numbers, cheap to tell, and a sentence does not fit into it."""

from __future__ import annotations

import json
import logging
import statistics
import threading
import time
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from chatapp.telemetry import facts, logs
from chatapp.telemetry.facts import Fact

CONVERSATION = UUID("6fb75e7c-9bdd-4f8f-b0ac-cb4c1d0ab4c0")


class Console:
    """What was written since the test began."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.text = ""

    def read(self) -> str:
        self.text += self._capsys.readouterr().err
        return self.text


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], settings: Settings) -> Console:
    """What is written, as JSON, and nothing of what was told before."""
    settings.CHATAPP_LOGS = "json"
    facts.flush()
    capsys.readouterr()
    return Console(capsys)


def read(console: Console) -> list[dict[str, Any]]:
    facts.flush()
    return [json.loads(line) for line in console.read().splitlines()]


def test_a_fact_is_one_json_object_with_its_names(told: Console) -> None:
    facts.tell(Fact.SENT, correlation_id="abc", turn=7, conversation=CONVERSATION, milliseconds=None, provider="")
    (fact,) = read(told)
    assert fact.pop("time").endswith("+00:00")
    assert fact == {
        "level": "INFO",
        "logger": "chatapp.facts",
        "event": "sent",
        "correlation_id": "abc",
        "turn": 7,
        "conversation": str(CONVERSATION),
    }


def test_at_a_terminal_it_is_one_plain_line(told: Console, settings: Settings) -> None:
    settings.CHATAPP_LOGS = "lines"
    facts.tell(Fact.SENT, correlation_id="abc", turn=7, sent=True)
    facts.flush()
    assert told.read().endswith(" INFO chatapp.facts: sent correlation_id=abc turn=7 sent=True\n")


@given(words=st.text(min_size=1))
def test_no_sentence_fits_into_a_fact(words: str) -> None:
    said = facts.line(0.0, Fact.SENT, {"model": f"{words} and more", "question": words})
    assert said.endswith(f"chatapp.facts: sent model={facts.ODD}\n")
    assert said.count("\n") == 1


def test_they_are_written_in_their_order_and_by_themselves(told: Console) -> None:
    for number in range(500):
        facts.tell(Fact.SENT, turn=number)
    deadline = time.monotonic() + 10
    while told.read().count("\n") < 500 and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert [fact["turn"] for fact in read(told)] == list(range(500))


def test_a_log_that_nobody_takes_does_not_fill_the_memory(told: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "MOST_WAITING", 10)
    with facts._writing:
        for number in range(25):
            facts.tell(Fact.SENT, turn=number)
    found = read(told)
    assert [fact["turn"] for fact in found if fact["event"] == "sent"] == list(range(10))
    assert [fact["number"] for fact in found if fact["event"] == "facts_lost"] == [15]


def test_telling_takes_no_time_to_speak_of(told: Console) -> None:
    def round_microseconds() -> float:
        began = time.perf_counter()
        for number in range(1000):
            facts.tell(
                Fact.SENT, correlation_id="abc", turn=number, conversation=CONVERSATION, model="claude-haiku-5-5"
            )
        return (time.perf_counter() - began) * 1000

    assert statistics.median(round_microseconds() for _ in range(9)) < 25


def record(message: str, *arguments: object, name: str = "chatapp") -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "", 0, message, arguments, None)


def test_any_other_line_of_the_log_is_a_json_object_too() -> None:
    told = json.loads(logs.Json().format(record("two\nlines of %s", '"words"')))
    assert (told["event"], told["message"], told["level"]) == ("message", 'two\nlines of "words"', "ERROR")


def test_what_the_event_loop_says_of_a_task_is_told_without_its_result() -> None:
    said = "Task exception was never retrieved\nfuture: <Task finished exception=ValueError('canary')>"
    assert "canary" not in logs.Lines().format(record(said, name="asyncio"))
    assert "canary" not in logs.Json().format(record("Exception in callback say('canary')", name="asyncio"))
