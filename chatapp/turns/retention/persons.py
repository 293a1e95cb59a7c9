"""Deleting a person and everything about him, but for the money's numbers and the records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Model, ProtectedError, Q, QuerySet

from chatapp.files import cupboard
from chatapp.turns import stopping
from chatapp.turns.attachments import Attachment
from chatapp.turns.models import Conversation
from chatapp.turns.refusals import Refused
from chatapp.turns.retention import erasing, holds, records
from chatapp.turns.retention.models import Erasure
from chatapp.turns.retention.records import Amount
from chatapp.turns.retention.traces import TRACES, Then

BATCH: Final = 50
SESSIONS: Final = 500


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done, and whether the database's file has been written anew since; the night does so otherwise."""

    record: Erasure
    wiped: bool


def erase(person: User, by_number: int | None = None) -> Erased:
    """Raises Held, and then nothing is deleted. Whoever stops it on the way can call it once more."""
    if kept := holds.of_person(person.pk):
        raise holds.Held(kept)
    record = records.begin(records.Kind.PERSON, person.pk, by_number)
    # From now on he asks nothing more.
    User.objects.filter(pk=person.pk).update(is_active=False)
    _end_sessions(person.pk)
    try:
        _erase_conversations(person.pk, record)
        while not _erase_person(person.pk, record):
            _erase_conversations(person.pk, record)
    except (Refused, ProtectedError):
        # Somebody holds a conversation since a moment ago: it stays, and so does its owner.
        raise holds.Held(holds.of_person(person.pk)) from None
    records.end(record)
    return Erased(record, erasing.wipe(at_most_bytes=erasing.AT_ONCE_BYTES))


def _erase_conversations(person_id: int, record: Erasure) -> None:
    mine = Conversation.objects.filter(owner=person_id).order_by("pk").values_list("pk", flat=True)
    while found := list(mine[:BATCH]):
        for number in found:
            stopping.stop_all(number)
            erasing.erase(number, lambda: record)
            _forget_limits(number)


def _forget_limits(number: UUID) -> None:
    """What somebody wrote about one of his conversations: its own limits and grants, with their reasons."""
    for trace in TRACES:
        if trace.by_conversation:
            rows = trace.model._default_manager.filter(conversation_id=number)
            _unname(trace.model, rows, f"of conversation {number}")
            rows.delete()


def _erase_person(person_id: int, record: Erasure) -> bool:
    """The rest in one transaction; False while a question that was on its way has begun a conversation."""
    with transaction.atomic():
        person = User.objects.select_for_update().filter(pk=person_id).first()
        if person is None:
            return True
        if Conversation.objects.filter(owner=person_id).exists():
            return False
        loose = list(Attachment.objects.filter(owner=person_id).values_list("key", "size"))
        records.add(record, Amount(files=len(loose), file_bytes=sum(size for _, size in loose)))
        _forget_name(person_id)
        for trace in TRACES:
            if trace.then is Then.DELETED:
                trace.rows(person_id).filter(trace.only or Q()).delete()
        # How often a door was tried is kept under hashes, so nobody can tell his from others'. All of them run
        # out within minutes anyway.
        apps.get_model("chatapp.Tries")._default_manager.all().delete()
        person.delete()
    cupboard.discard(key for key, _ in loose)
    return True


def _end_sessions(person_id: int) -> None:
    for session in _sessions():
        if session.get_decoded().get(SESSION_KEY) == str(person_id):
            session.delete()


def _sessions() -> Iterator[Session]:
    """All of them, some at a time: whose one is stands within."""
    rows = Session.objects.order_by("pk")
    found = list(rows[:SESSIONS])
    while found:
        last = found[-1].session_key
        yield from found
        found = list(rows.filter(pk__gt=last)[:SESSIONS])


def _forget_name(person_id: int) -> None:
    """The administrators' log calls him and what was his by name; from now on by number."""
    for trace in TRACES:
        if trace.then is Then.DELETED or trace.table == "auth.User":
            _unname(trace.model, trace.rows(person_id), f"of person {person_id}")


def _unname(model: type[Model], rows: QuerySet[Any], whose: str) -> None:
    numbers = [str(pk) for pk in rows.values_list("pk", flat=True)]
    kind = ContentType.objects.get_for_model(model)
    # What was changed may name him, too.
    LogEntry.objects.filter(content_type=kind, object_id__in=numbers).update(object_repr=whose, change_message="")
