"""Limits for people and conversations of a running product, given as another process would give them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.patience import until
from tests.people import Asked, Person
from tests.product import Product

NANODOLLARS = 1_000_000_000
_SET = (
    "INSERT INTO chatapp_budget (scope, user_id, conversation_id, period, limit_nanodollars, warn_percents, at_limit, "
    "own, key, changed_at) VALUES (?, ?, ?, ?, ?, ?, 'stop', FALSE, ?, ?) ON CONFLICT (key) DO UPDATE SET "
    "limit_nanodollars = excluded.limit_nanodollars, warn_percents = excluded.warn_percents, "
    "changed_at = excluded.changed_at"
)


def limit(
    product: Product, usd: float, *, conversation: str = "", person: str = "", period: str = "total", warn: str = ""
) -> None:
    """The most that a conversation or a person may spend from now on."""
    scope, subject = ("conversation", conversation) if conversation else ("user", person)
    user_id = None
    if person:
        [(user_id,)] = product.rows("SELECT id FROM auth_user WHERE username = ?", person)
        subject = str(user_id)
    hexadecimal = conversation.replace("-", "") or None
    now = datetime.now(UTC).isoformat(" ").removesuffix("+00:00")
    nanodollars = round(usd * NANODOLLARS)
    key = f"{scope}:{subject}:{period}"
    product.change(_SET, scope, user_id, hexadecimal, period, nanodollars, warn, key, now)


def spent_usd(product: Product, conversation: str) -> float:
    """What a conversation has cost so far, by the ledger's own lines."""
    found = product.rows(
        "SELECT sum(nanodollars) FROM chatapp_entry WHERE conversation_id = ?", conversation.replace("-", "")
    )
    return float(found[0][0] or 0) / NANODOLLARS


def settled(product: Product, conversation: str) -> bool:
    """Whether nothing is set aside for the conversation any more: not for an answer, and not for its title."""
    held = product.rows(
        "SELECT 1 FROM chatapp_hold WHERE state = 'open' AND conversation_id = ?", conversation.replace("-", "")
    )
    return not held


def begun(person: Person) -> Asked:
    """A conversation with one short answer and its title, and nothing on its way any more."""
    asked = person.begin("How do lighthouses work? [[tokens:8]]")
    person.final(asked)
    until(lambda: person.product.rows("SELECT 1 FROM chatapp_attempt WHERE task = 'title'"), 10, "the title")
    until(lambda: settled(person.product, asked.conversation), 10, "the title's end")
    return asked


def leave(product: Product, asked: Asked, usd: float, **options: Any) -> None:
    """Leave a conversation so much and no more."""
    limit(product, spent_usd(product, asked.conversation) + usd, conversation=asked.conversation, **options)
