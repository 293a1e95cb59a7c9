"""What a limit would have done, as the page before saving tells it."""

from __future__ import annotations

from typing import Any

from chatapp.money import amounts
from chatapp.money.replay import Effect


def of(effect: Effect) -> dict[str, Any]:
    return {
        "since": effect.since,
        "count": effect.count,
        "others": effect.others,
        "saved": amounts.at_least(effect.saved_nanodollars),
        "rows": [
            {"whom": one.whom, "days": one.days, "first": one.first, "saved": amounts.at_least(one.saved_nanodollars)}
            for one in effect.worst
        ],
    }
