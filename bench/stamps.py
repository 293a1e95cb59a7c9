"""Send times hidden in the words of an answer, so that whoever sees a word knows how late it is.

A stamp is the letter z and four base-32 digits of CLOCK_MONOTONIC in tenths of a millisecond. That clock is
shared by all processes of a machine; the stamps wrap around every 104 s, so two of them are compared only
within half of that.
"""

import re
import time
from typing import Final

TICK_NS: Final = 100_000
TICKS: Final = 1 << 20
WORD: Final = re.compile(rb"z([0-9A-V]{4})")
BIRTH: Final = re.compile(rb"y([0-9A-V]{4})")

_DIGITS: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUV"
_PAIRS: Final = [bytes((high, low)) for high in _DIGITS for low in _DIGITS]


def now() -> int:
    return time.monotonic_ns() // TICK_NS


def written(tick: int) -> bytes:
    """Four digits that no page, id or header contains after a z."""
    return _PAIRS[tick >> 10 & 1023] + _PAIRS[tick & 1023]


def read(digits: bytes) -> int:
    return int(digits, 32)


def apart(earlier: int, later: int) -> int:
    """Ticks from one stamp to another, negative when the second is the older one."""
    return (later - earlier + TICKS // 2) % TICKS - TICKS // 2
