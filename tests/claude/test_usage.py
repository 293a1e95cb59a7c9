"""What an answer took, as far as it can be believed."""

from __future__ import annotations

from typing import Any

import pytest

from chatapp.claude.stream import Reading
from chatapp.claude.usage import Usage
from tests.claude import speech


def usage_after(*events: bytes, asks_for_hours: bool = False) -> Usage:
    reading = Reading(1000, asks_for_hours)
    reading.feed(b"".join(events))
    assert reading.fault is None
    assert reading.usage is not None
    return reading.usage


def test_before_the_message_begins_nothing_is_known() -> None:
    reading = Reading(1000)
    reading.feed(speech.PING)
    assert reading.usage is None


def test_the_placeholder_is_never_the_output() -> None:
    usage = usage_after(speech.start())
    assert usage == Usage(11, 0, 400, 10, 20, final=False, trusted=True)


def test_the_last_count_stands() -> None:
    first = speech.event("message_delta", delta={}, usage={"output_tokens": 3})
    assert usage_after(speech.start(), first).final is False
    assert usage_after(speech.start(), first, speech.finish(output_tokens=9)) == Usage(11, 9, 400, 10, 20, final=True)
    doubled = speech.finish(output_tokens=9) * 2
    assert usage_after(speech.start(), doubled).output_tokens == 9


def test_later_counts_of_the_prompt_replace_the_earlier_ones() -> None:
    later = {
        "output_tokens": 5,
        "input_tokens": 50,
        "cache_read_input_tokens": 401,
        "cache_creation_input_tokens": 33,
    }
    events = speech.start(), speech.event("message_delta", delta={"stop_reason": "end_turn"}, usage=later)
    assert usage_after(*events) == Usage(50, 5, 401, 13, 20, final=True)
    assert usage_after(*events, asks_for_hours=True) == Usage(50, 5, 401, 10, 23, final=True)


def test_writes_without_their_kind_are_of_the_kind_that_was_asked_for() -> None:
    unsplit = {"input_tokens": 1, "cache_creation_input_tokens": 30, "cache_creation": None, "output_tokens": 1}
    assert usage_after(speech.start(unsplit)) == Usage(1, 0, 0, 30, 0)
    assert usage_after(speech.start(unsplit), asks_for_hours=True) == Usage(1, 0, 0, 0, 30)


@pytest.mark.parametrize(
    "absurd",
    [
        None,
        {},
        [],
        "many",
        {"input_tokens": None},
        {"input_tokens": -1},
        {"input_tokens": 1.5},
        {"input_tokens": True},
        {"input_tokens": "11"},
        {"input_tokens": 10**12},
        {"input_tokens": 1, "cache_read_input_tokens": -5},
        {"input_tokens": 1, "cache_creation_input_tokens": 10**12},
        {"input_tokens": 1, "cache_creation": {"ephemeral_1h_input_tokens": "x"}},
    ],
)
def test_absurd_counts_of_the_prompt_are_not_trusted(absurd: Any) -> None:
    usage = usage_after(speech.start(absurd), speech.finish(output_tokens=9))
    assert not usage.trusted
    assert (usage.output_tokens, usage.final) == (9, True)


@pytest.mark.parametrize("absurd", [-1, 1001, 10**15, 2.5, "7", False])
def test_an_absurd_output_is_not_trusted(absurd: Any) -> None:
    assert not usage_after(speech.start(), speech.finish(output_tokens=absurd)).trusted


@pytest.mark.parametrize("usage", [None, {}, {"output_tokens": None}])
def test_without_an_output_the_count_is_not_final(usage: Any) -> None:
    assert not usage_after(
        speech.start(), speech.event("message_delta", delta={"stop_reason": "end_turn"}, usage=usage), speech.STOP
    ).final


def test_an_output_without_a_beginning_is_not_trusted() -> None:
    assert usage_after(speech.finish(output_tokens=9)) == Usage(output_tokens=9, final=True, trusted=False)
