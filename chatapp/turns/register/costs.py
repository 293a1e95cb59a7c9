"""Costs in coarse steps, so that turns of about the same cost have the same profile."""

from __future__ import annotations

from bisect import bisect_right

# In nano-dollars: from a hundredth of a cent to forty dollars, three steps for a factor of ten.
STEPS = [round(base * 10**power) for power in range(5, 11) for base in (1, 2.154, 4.642)]


def step(nanodollars: int) -> int:
    """How many of the steps a cost has reached."""
    return bisect_right(STEPS, nanodollars)
