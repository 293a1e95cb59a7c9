"""When Claude would like to be asked again: read from its headers, and told in words."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from email.utils import mktime_tz, parsedate_tz


def seconds(headers: Mapping[str, str]) -> float | None:
    """When Claude would like to be asked again; None when it does not say, or says nothing sensible."""
    for name, per_second in (("retry-after-ms", 1000), ("retry-after", 1)):
        value = headers.get(name, "")
        try:
            wanted = float(value) / per_second
        except ValueError:
            date = parsedate_tz(value)
            wanted = mktime_tz(date) - time.time() if date else math.nan
        if math.isfinite(wanted):
            return max(wanted, 0.0)
    return None


def words(seconds: float) -> str:
    """For whoever is asked to wait."""
    minutes = math.ceil(seconds / 60)
    if minutes <= 1:
        return "please try again in a minute"
    if minutes < 90:
        return f"please try again in about {minutes} minutes"
    hours = math.ceil(minutes / 60)
    return f"please try again in about {hours} hours" if hours <= 36 else "please try again in a few days"
