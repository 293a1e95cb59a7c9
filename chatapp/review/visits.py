"""Writes down who reads what before it is shown, and finds out whether a row was changed or taken away since."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from chatapp.review.models import Chain, Glimpse, Visit
from chatapp.turns.models import Conversation

THE_ROW: Final = 1
_FIRST: Final = ""
_BATCH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What is about to be read."""

    what: Visit.What
    reason: str
    conversation: Conversation | None = None
    turn_id: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `audit verify` found."""

    count: int
    last_seal: str
    wrong: tuple[str, ...]


def record(request: HttpRequest, reader: User, seen: Seen) -> Visit:
    """Keep a reading; what is read may only be shown once this is committed."""
    with transaction.atomic():
        chain = Chain.objects.select_for_update().filter(pk=THE_ROW).first()
        if chain is None:
            Chain.objects.get_or_create(pk=THE_ROW)
            chain = Chain.objects.select_for_update().get(pk=THE_ROW)
        visit = Visit(
            number=chain.count + 1,
            what=seen.what,
            reader_id=reader.pk,
            reader=reader.get_username(),
            at=timezone.now(),
            conversation_id=seen.conversation.pk if seen.conversation else None,
            turn_id=seen.turn_id,
            owner_id=seen.conversation.owner_id if seen.conversation else None,
            reason=seen.reason.replace("\x00", "")[:500],
            address=(request.META.get("REMOTE_ADDR") or "")[:64],
            agent=request.headers.get("User-Agent", "").replace("\x00", "")[:200],
            key=fingerprint(settings.SECRET_KEY),
        )
        visit.seal = _seal(settings.SECRET_KEY, chain.seal, visit)
        visit.save(force_insert=True)
        Chain.objects.filter(pk=THE_ROW).update(count=visit.number, seal=visit.seal)
    return visit


def verify(old_keys: Sequence[str] = (), expected: str = "") -> Verdict:
    """Hold every row against its seal and the row before; what does not fit, as sentences."""
    keys = {fingerprint(key): key for key in (settings.SECRET_KEY, *old_keys)}
    wrong: list[str] = []
    before, number, met = _FIRST, 0, not expected
    # Looked at first: readings that are written meanwhile only make the chain longer.
    chain = Chain.objects.filter(pk=THE_ROW).first() or Chain(count=0, seal=_FIRST)
    whole = (chain.count, chain.seal) == (number, before)
    for visit in _all():
        if visit.number != number + 1:
            wrong.append(f"between reading {number} and reading {visit.number} rows are missing")
        if visit.key not in keys:
            wrong.append(f"reading {visit.number} was sealed with another SECRET_KEY, which --old-key-file can name")
        elif not hmac.compare_digest(_seal(keys[visit.key], before, visit), visit.seal):
            wrong.append(f"reading {visit.number} is not what it was when it was written")
        met = met or visit.seal == expected
        before, number = visit.seal, visit.number
        whole = whole or (chain.count, chain.seal) == (number, before)
    if not whole:
        wrong.append(f"{chain.count} readings were written, the last one that is here is {number}")
    if not met:
        wrong.append(
            "the seal that was kept elsewhere is none of them: rows at the end are missing, or were written anew"
        )
    return Verdict(number, before, tuple(wrong))


def glimpsed(search: Visit, conversations: Iterable[UUID]) -> None:
    """Keep of which conversations a search is about to show a line."""
    Glimpse.objects.bulk_create(Glimpse(visit=search, conversation_id=one) for one in sorted(set(conversations)))


def about(conversation_id: UUID) -> Q:
    """Which readings showed something of a conversation."""
    return Q(conversation_id=conversation_id) | Q(
        pk__in=Glimpse.objects.filter(conversation_id=conversation_id).values("visit")
    )


def of_conversation(conversation_id: UUID) -> list[Visit]:
    """The newest readings of one conversation, for its owner."""
    return list(Visit.objects.filter(about(conversation_id))[:100])


def fingerprint(key: str) -> str:
    """Names a key without telling it."""
    return hashlib.sha256(f"readings:{key}".encode()).hexdigest()[:8]


def _all() -> Iterator[Visit]:
    last = 0
    while rows := list(Visit.objects.filter(number__gt=last).order_by("number")[:_BATCH]):
        yield from rows
        last = rows[-1].number


def _seal(key: str, before: str, visit: Visit) -> str:
    facts: dict[str, Any] = {
        field.attname: getattr(visit, field.attname) for field in Visit._meta.concrete_fields if field.attname != "seal"
    }
    said = json.dumps([before, facts], default=_plain, sort_keys=True, separators=(",", ":"))
    return hmac.new(f"readings:{key}".encode(), said.encode(), hashlib.sha256).hexdigest()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
