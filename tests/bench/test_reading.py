"""The benchmark's own eyes: it sees every word once, knows how late it is, and misses none that is missing."""

import itertools

import pytest

from bench import answers, stamps
from bench.tally import Reading, Tally


def words(count: int, begin: int) -> list[bytes]:
    return [b"z" + stamps.written((begin + number * 200) % stamps.TICKS) for number in range(count)]


@pytest.fixture
def tally() -> Tally:
    return Tally(measuring=True)


@pytest.fixture
def reading(tally: Tally) -> Reading:
    reading = Reading(tally)
    reading.ask()
    return reading


@pytest.mark.parametrize("earlier", [0, 5, stamps.TICKS - 3])
def test_two_stamps_are_told_apart_also_where_the_clock_wraps(earlier: int) -> None:
    later = stamps.read(stamps.written((earlier + 7) % stamps.TICKS))

    assert stamps.apart(earlier, later) == 7
    assert stamps.apart(later, earlier) == -7


def test_a_block_that_is_sent_again_brings_only_its_newest_words_as_news(tally: Tally, reading: Reading) -> None:
    told = words(3, stamps.now() + 1)

    reading.see(b"<p>" + b" ".join(told[:2]) + b"</p>", 20)
    reading.see(b"<p>" + b" ".join(told) + b"</p>", 30)

    assert len(tally.lags) == 3
    assert tally.frame_bytes == 50


def test_an_answer_that_is_all_there_has_lost_nothing(tally: Tally, reading: Reading) -> None:
    told = words(answers.ANSWER_TOKENS, stamps.now() + 1)
    for word in told:
        reading.see(word, 5)

    reading.end([word[1:] for word in told])

    assert tally.lost_words == 0


def test_a_word_that_never_came_is_missed_in_the_stream_and_in_the_last_frame(tally: Tally, reading: Reading) -> None:
    told = words(answers.ANSWER_TOKENS, stamps.now() + 1)
    del told[17]
    for word in told:
        reading.see(word, 5)

    reading.end([word[1:] for word in told])

    assert tally.lost_words >= 2


def test_two_words_in_the_wrong_order_are_noticed(tally: Tally, reading: Reading) -> None:
    told = words(answers.ANSWER_TOKENS, stamps.now() + 1)
    for word in told:
        reading.see(word, 5)
    told[4], told[5] = told[5], told[4]

    reading.end([word[1:] for word in told])

    assert tally.lost_words > 0


def test_the_stand_in_tells_as_many_tokens_as_it_says_and_each_event_is_one_chunk() -> None:
    for half in itertools.chain([answers.FIRST], answers.REST):
        size, _, rest = (half.before + half.after).partition(b"\r\n")
        missing = 10 if half is answers.FIRST else 4
        assert int(size, 16) == len(rest) - len(b"\r\n") + missing
    assert len(answers.REST) == answers.ANSWER_TOKENS
