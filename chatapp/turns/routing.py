"""Which model answers a question, and why: what the person chose, or rules that an administrator can read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from chatapp.claude import offer
from chatapp.claude.catalogue import label
from chatapp.storage import seldom, statements
from chatapp.turns import refusals, tasks

AUTOMATIC: Final = "automatic"
# As a form says that nobody chose.
USUAL: Final = "usual"
_HARD: Final = "analyse\nanalyze\nprove\nderive\ndebug\nrefactor\nstep by step\ncompare\nplan\nreview\nstrategy"
_CODE: Final = re.compile(r"```|^(?: {4}|\t)\S|[{};]\s*$|^\s*(?:def|class|import|SELECT|function)\b", re.MULTILINE)
_WORDS: Final = re.compile(r"[\w-]+")
_ROW: Final = (
    "SELECT automatic_first, most_characters, most_tokens, hard_words FROM chatapp_routing ORDER BY id LIMIT 1"
)


class Routing(models.Model):
    """The rules of the automatic choice: one row."""

    automatic_first = models.BooleanField(
        "automatic unless somebody chooses",
        default=False,
        help_text="Off: new conversations begin with the model of the task “answer”.",
    )
    most_characters = models.PositiveIntegerField(
        "longest plain question, characters",
        default=280,
        validators=[MaxValueValidator(32_000)],
        help_text="Longer ones go to the default model.",
    )
    most_tokens = models.PositiveIntegerField(
        "longest conversation, tokens",
        default=20_000,
        validators=[MinValueValidator(0), MaxValueValidator(95_000)],
        help_text="Beyond it the default model goes on: it has most of it in its cache, and the cheap model's small "
        "price ends at 100,000 tokens.",
    )
    hard_words = models.TextField(
        "words of hard questions",
        default=_HARD,
        blank=True,
        help_text="One a line, capitals do not matter. A question with one of them goes to the default model.",
    )

    class Meta:
        app_label = "chatapp"
        verbose_name = verbose_name_plural = "automatic choice"

    def __str__(self) -> str:
        return "Automatic choice"


@dataclass(frozen=True, slots=True)
class Rules:
    automatic_first: bool
    most_characters: int
    most_tokens: int
    hard_words: tuple[str, ...]

    def hard(self, question: str, conversation_tokens: int, *, files: bool = False) -> str:
        """Why a question is not for the cheap model; empty where it is short and plain."""
        if files:
            return "something is attached to it"
        if len(question) > self.most_characters:
            return f"longer than {self.most_characters} characters"
        if _CODE.search(question):
            return "it has code in it"
        if conversation_tokens > self.most_tokens:
            return "the conversation is long"
        said = f" {_plain(question)} "
        word = next((word for word in self.hard_words if f" {word} " in said), "")
        return f"it says “{word}”" if word else ""


@dataclass(frozen=True, slots=True)
class Route:
    """Who answers, why, and who could do better."""

    model: str
    # Empty where the person chose, or nobody did.
    reason: str = ""


def rules() -> Rules:
    return seldom.of("routing", _rules)


def _rules() -> Rules:
    found = statements.row(_ROW)
    automatic, characters, tokens, words = found or (False, 280, 20_000, _HARD)
    hard_words = tuple(_plain(line) for line in words.splitlines())
    return Rules(bool(automatic), characters, tokens, tuple(word for word in hard_words if word))


def route(
    user_id: int,
    wish: str,
    question: str,
    conversation_tokens: int,
    today: date,
    *,
    files: bool = False,
    firm: bool = True,
) -> Route:
    """The model for a question. An empty wish is nobody's; a `firm` one raises Refused where it may not be used."""
    usual = tasks.of(tasks.Name.ANSWER).model
    known = rules() if wish in ("", AUTOMATIC) else None
    if known is not None and (wish == AUTOMATIC or known.automatic_first):
        return _automatic(user_id, usual, known.hard(question, conversation_tokens, files=files), today)
    wanted = wish or usual
    if offer.may_use(user_id, wanted, today):
        return Route(wanted)
    if wish and firm:
        raise refusals.NOT_YOUR_MODEL
    return Route(usual if offer.may_use(user_id, usual, today) else _first(user_id, today))


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the menu beside the composer."""

    value: str
    label: str
    chosen: bool


def choices(user_id: int, wish: str, today: date) -> list[Choice]:
    """What somebody may choose from; nothing where that is no choice."""
    usual = tasks.of(tasks.Name.ANSWER).model
    offered = offer.to(user_id, today)
    automatic_first = rules().automatic_first
    first = label(usual) if offer.may_use(user_id, usual, today) else (offered[0].label if offered else "")
    lines = [(USUAL, "Automatic" if automatic_first else first)]
    if not automatic_first:
        lines.append((AUTOMATIC, "Automatic"))
    lines += [(one.name, one.label) for one in offered if automatic_first or one.label != first]
    if len(offered) < 2:
        return []
    known = wish if wish in dict(lines) else USUAL
    # Between them they need no surname.
    return [Choice(value, words.removeprefix("Claude "), value == known) for value, words in lines]


def _automatic(user_id: int, usual: str, hard: str, today: date) -> Route:
    cheap = tasks.of(tasks.Name.TITLE).model
    if not hard and offer.may_use(user_id, cheap, today):
        return Route(cheap, "it is short and plain")
    if offer.may_use(user_id, usual, today):
        return Route(usual, hard or "the cheap model is not for you")
    return Route(_first(user_id, today), hard)


def _plain(text: str) -> str:
    return " ".join(_WORDS.findall(text.casefold()))


def _first(user_id: int, today: date) -> str:
    """Somebody whom the usual model is not for gets the first one that is."""
    for choice in offer.to(user_id, today):
        return choice.name
    raise refusals.NO_MODEL
