"""Scorecards as files: what is wrong with one is said in a sentence that names the place."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from chatapp.review.models import Criterion, Scorecard

MOST_BYTES: Final = 100_000
MOST_CRITERIA: Final = 20
EXAMPLE: Final = {
    "name": "Support answers",
    "criteria": [
        {"name": "Right", "help": "Is what it says true?", "choices": ["No", "Partly", "Yes"]},
        {"name": "Tone", "help": "", "choices": ["Rude", "Cold", "Kind"]},
    ],
}


class Unclear(ValueError):
    """A scorecard that cannot be used; the sentence says why."""


def read(data: bytes) -> Scorecard:
    """Keep a scorecard from a file, in the caller's transaction; raises Unclear."""
    if len(data) > MOST_BYTES:
        raise Unclear("A scorecard is at most 100 kB long; this file is longer.")
    try:
        said = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unclear("This is no text in UTF-8.") from None
    except (ValueError, RecursionError) as wrong:
        place = f", line {wrong.lineno}" if isinstance(wrong, json.JSONDecodeError) else ""
        raise Unclear(f"This is no JSON{place}.") from None
    if not isinstance(said, dict) or not isinstance(said.get("criteria"), list):
        raise Unclear("A scorecard has a “name” and a list of “criteria”.")
    name = _text(said.get("name"), "The scorecard's name", 80)
    criteria = said["criteria"]
    if not 1 <= len(criteria) <= MOST_CRITERIA:
        raise Unclear(f"A scorecard has 1 to {MOST_CRITERIA} criteria; this one has {len(criteria)}.")
    if Scorecard.objects.filter(name=name).exists():
        raise Unclear(f"There is a scorecard called “{name}” already.")
    card = Scorecard.objects.create(name=name)
    names: set[str] = set()
    for number, one in enumerate(criteria, 1):
        _keep(card, number, one, names)
    return card


def answers(said: Iterable[Any]) -> list[str]:
    """The answers to one question; raises Unclear."""
    found = [_text(one, "An answer", 60) for one in said if not isinstance(one, str) or one.strip()]
    if not 2 <= len(found) <= 9:
        raise Unclear(f"A question has two to nine answers, one for each number key; this one has {len(found)}.")
    if len(set(found)) < len(found):
        raise Unclear("Two answers are the same.")
    return found


def _keep(card: Scorecard, number: int, one: Any, names: set[str]) -> None:
    where = f"Criterion {number}"
    if not isinstance(one, dict) or not isinstance(one.get("choices"), list):
        raise Unclear(f"{where} needs a “name” and a list of “choices”.")
    name = _text(one.get("name"), f"{where}: its name", 80)
    if name in names:
        raise Unclear(f"{where}: “{name}” is there twice.")
    names.add(name)
    help_ = _text(one["help"], f"{where}: its help", 300) if one.get("help") else ""
    try:
        choices = answers(one["choices"])
    except Unclear as unclear:
        raise Unclear(f"{where}: {unclear}") from None
    Criterion.objects.create(scorecard=card, position=number, name=name, help=help_, choices=choices)


def _text(said: Any, what: str, most: int) -> str:
    # JSON can name halves of characters, which no database keeps.
    whole = said.encode(errors="replace").decode() if isinstance(said, str) else ""
    text = " ".join(whole.replace("\x00", " ").split())
    if not text or len(text) > most:
        raise Unclear(f"{what} must be a text of 1 to {most} characters.")
    return text
