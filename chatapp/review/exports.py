"""What was found, as CSV or as JSON lines: row by row, with the filters of the page, and no word of a conversation."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from chatapp.money import ledger
from chatapp.review.models import Criterion, Item
from chatapp.turns.models import Turn
from chatapp.turns.register import finding
from chatapp.turns.register.wanted import Wanted

PAGE: Final = 500
COLUMNS: Final = (
    "turn", "conversation", "person", "asked_at", "model", "state", "cost_usd", "thumb", "labels", "item", "why",
    "item_state", "reviewer", "reviewed_at", "settles", "scores", "note",
)  # fmt: skip
# A table that opens in a spreadsheet must not calculate what somebody wrote.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def as_csv(wanted: Wanted) -> Iterator[str]:
    yield _line(COLUMNS)
    for row in rows(wanted):
        yield _line([_safe(_flat(row[column])) for column in COLUMNS])


def as_jsonl(wanted: Wanted) -> Iterator[str]:
    for row in rows(wanted):
        yield json.dumps(row, ensure_ascii=False) + "\n"


FORMATS: Final[dict[str, tuple[Callable[[Wanted], Iterator[str]], str]]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "jsonl": (as_jsonl, "application/x-ndjson; charset=utf-8"),
}


def rows(wanted: Wanted) -> Iterator[dict[str, Any]]:
    """One row for every review, and one for every turn that has none."""
    names = {str(pk): name for pk, name in Criterion.objects.values_list("pk", "name")}
    choices = {str(pk): said for pk, said in Criterion.objects.values_list("pk", "choices")}
    below: int | None = None
    while True:
        found = finding.page(wanted, below, PAGE)
        for row in _of(found.turn_ids):
            row["scores"] = {
                names.get(key, key): _chosen(choices.get(key, []), number) for key, number in row["scores"].items()
            }
            yield row
        below = found.below
        if below is None:
            return


def _of(turn_ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    turns = (
        Turn.objects.filter(pk__in=turn_ids).defer("question", "answer", "thinking").select_related("asker", "filed")
    )
    turns = turns.prefetch_related("labelled__label", "feedback")
    items = {item.turn_id: item for item in Item.objects.filter(turn__in=turn_ids).prefetch_related("reviews")}
    for turn in turns.order_by("-pk"):
        item = items.get(turn.pk)
        # Whoever is asked second may export, too, and does not see what the first one found.
        known: list[Any] = [*item.reviews.all()] if item and item.state != Item.State.SECOND else []
        for review in known or [None]:
            yield _row(turn, item, review)


def _row(turn: Turn, item: Item | None, review: Any) -> dict[str, Any]:
    opinion = getattr(turn, "feedback", None)
    return {
        "turn": turn.pk,
        "conversation": str(turn.conversation_id),
        "person": turn.asker.get_username(),
        "asked_at": turn.asked_at.isoformat(),
        "model": turn.model,
        "state": turn.state,
        "cost_usd": ledger.usd(turn.filed.nanodollars),
        "thumb": opinion.get_thumb_display() if opinion else "",
        "labels": sorted(one.label.name for one in turn.labelled.all()),
        "item": item.pk if item else None,
        "why": item.why if item else "",
        "item_state": item.state if item else "",
        "reviewer": review.reviewer_name if review else "",
        "reviewed_at": review.at.isoformat() if review else "",
        "settles": review.settles if review else False,
        "scores": dict(review.scores) if review else {},
        "note": review.note if review else "",
    }


def _chosen(choices: Sequence[str], number: int) -> str:
    return choices[number - 1] if 0 < number <= len(choices) else str(number)


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {said}" for name, said in value.items())
    return "; ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
