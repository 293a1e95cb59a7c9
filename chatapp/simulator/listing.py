"""Pages of a list, by the cursors that the API uses."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

from chatapp.simulator.refusals import invalid

USUAL, MOST = 20, 1_000


def page(items: Sequence[dict[str, Any]], query: str) -> dict[str, Any]:
    wishes = parse_qs(query)
    ids = [item["id"] for item in items]
    limit = whole(wishes.get("limit", [str(USUAL)])[0])
    if after := wishes.get("after_id"):
        start = position(ids, after[0]) + 1
        shown, more = items[start : start + limit], start + limit < len(items)
    elif before := wishes.get("before_id"):
        end = position(ids, before[0])
        shown, more = items[max(0, end - limit) : end], end > limit
    else:
        shown, more = items[:limit], limit < len(items)
    return {
        "data": list(shown),
        "has_more": more,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
    }


def whole(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MOST:
        raise invalid(f"limit: Input should be a number from 1 to {MOST}")
    return int(text)


def position(ids: list[str], wanted: str) -> int:
    if wanted not in ids:
        raise invalid(f"cursor: {wanted!r} is not in this list")
    return ids.index(wanted)
