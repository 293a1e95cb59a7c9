"""Words that are found again wherever they lie: planted in every place that keeps what somebody said or attached."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from chatapp.files import cupboard
from chatapp.turns import closing
from chatapp.turns.attachments import Attachment
from chatapp.turns.closing import Receipt
from chatapp.turns.kept import KeptAnswer
from chatapp.turns.models import Attempt, Checkpoint, Conversation, Turn
from chatapp.turns.notes import Digest
from chatapp.turns.states import State
from tests.turns import stories

# Outside of ASCII, for what is kept as JSON spells it differently.
WORD = "Käfigvogel"
PLACES = (
    *("question", "answer", "thinking", "notice", "report", "title", "digest", "checkpoint", "detail"),
    *("file", "filename", "loose"),
)


def canary(place: str, whose: str) -> str:
    return f"{WORD}-{place}-{whose}."


def plant(owner: User, at: datetime | None = None, times: int = 1) -> list[Conversation]:
    """Conversations of somebody who said a canary in every possible place, last at that time."""
    return [_plant(owner, at or timezone.now(), number) for number in range(times)]


def plant_loose(owner: User) -> Attachment:
    """A file that was attached and not asked with yet."""
    data = canary("loose", owner.username).encode()
    return _attach(owner, data, "loose.txt")


def found(whose: str, files: Iterator[Path]) -> set[str]:
    """The places whose canary is in any of these files, as it is or as JSON spells it."""
    contents = [path.read_bytes() for path in files if path.is_file()]
    spelt = {place: canary(place, whose) for place in PLACES}
    return {
        place
        for place, text in spelt.items()
        for data in (text.encode(), json.dumps(text)[1:-1].encode())
        if any(data in content for content in contents)
    }


def any_word_of(whose: str, files: Iterator[Path]) -> list[str]:
    """The names of files in which anything of this person's is left."""
    ends = (f"-{whose}.".encode(),)
    return [path.name for path in files if path.is_file() and any(end in path.read_bytes() for end in ends)]


def _plant(owner: User, at: datetime, number: int) -> Conversation:
    def said(place: str) -> str:
        # Short and long ones, so that some rows fill pages of their own and others share them.
        return f"{canary(place, owner.username)} " * (1 + (number * 37) % 90)

    made = Conversation.objects.create(owner=owner, title="A question", created_at=at, active_at=at)
    turn = Turn.objects.create(
        conversation=made,
        asker=owner,
        ask_id=uuid4(),
        correlation_id=uuid4().hex,
        question=said("question"),
        model="claude-sonnet-5-5",
        state=State.STREAMING,
        # There was no price for it long ago.
        asked_at=timezone.now(),
        worker="gone",
        lease_until=at + timedelta(days=9999),
    )
    Checkpoint.objects.create(turn=turn, epoch=0, text=said("checkpoint"))
    # As it happens: rows grow, and move to other pages.
    Turn.objects.filter(pk=turn.pk).update(
        answer=said("answer"),
        thinking=said("thinking"),
        notice=canary("notice", owner.username),
        limit_report={"name": canary("report", owner.username)},
        state=State.ANSWERED,
        asked_at=at,
        ended_at=at,
        lease_until=None,
    )
    title = (f"{canary('title', owner.username)} " * 9)[: 40 + number % 150]
    Conversation.objects.filter(pk=made.pk).update(head=turn, title=title)
    Digest.objects.create(conversation=made, through=turn, text=said("digest"), model="m", written_at=at, covers=[1])
    attempt = stories.attempt(turn, Attempt.Task.ANSWER)
    failed = Receipt(Attempt.Outcome.FAILED, None, exact=True, billed=False, sent=False, detail=said("detail"))
    with transaction.atomic():
        closing.settle(attempt.pk, failed, timezone.now())
    KeptAnswer.objects.create(key=uuid4().hex, turn=turn, written_at=at)
    if number < 3:
        _attach(owner, said("file").encode(), f"{canary('filename', owner.username)}txt").turns.add(turn)
    made.refresh_from_db()
    return made


def _attach(owner: User, data: bytes, name: str) -> Attachment:
    key = cupboard.new_key()
    cupboard.put(key, data)
    return Attachment.objects.create(
        key=key,
        owner=owner,
        name=name,
        kind="text",
        media_type="text/plain",
        size=len(data),
        tokens=1,
        added_at=timezone.now(),
    )
