"""A mark that differs whenever somebody, in whatever process, has changed what may be spent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from chatapp.money import limits
from chatapp.storage import statements

Mark = tuple[date, tuple[Any, ...] | None]


def mark(now: datetime) -> Mark:
    """The rows of what is rare; the running sums are not among them. A new day counts as a change, too."""
    return limits.today(now), statements.row(_MARK, now)


# An adjustment is the entry without a hold, and so it is found by an index among however many entries there are.
_MARK = (
    "SELECT (SELECT count(*) FROM chatapp_budget), (SELECT max(changed_at) FROM chatapp_budget), "
    "(SELECT sum(limit_nanodollars) FROM chatapp_budget), (SELECT max(id) FROM chatapp_grant), "
    "(SELECT count(*) FROM chatapp_grant WHERE expires_at > %s AND ended_at IS NULL), "
    "(SELECT max(id) FROM chatapp_entry WHERE hold_id IS NULL), "
    "(SELECT count(*) FROM auth_user_groups), (SELECT max(id) FROM auth_user_groups), "
    "(SELECT max(id) FROM chatapp_price), "
    "(SELECT max(time_zone) FROM chatapp_moneysettings), (SELECT max(contact) FROM chatapp_moneysettings)"
)
