"""The one way in which a conversation goes, whoever sends it: stopped, paid for, written down, and gone for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from chatapp.files import cupboard
from chatapp.storage import wiping
from chatapp.telemetry.points import Point, reach
from chatapp.turns import attachments, stopping
from chatapp.turns.attachments import Attachment
from chatapp.turns.feedback import Feedback
from chatapp.turns.kept import KeptAnswer
from chatapp.turns.models import Attempt, Checkpoint, Conversation, Turn
from chatapp.turns.notes import Digest
from chatapp.turns.register import filing, index
from chatapp.turns.register.models import Filed
from chatapp.turns.relay import Removed, relay
from chatapp.turns.retention import holds, records
from chatapp.turns.retention.models import Erasure

# Rows of these go with conversations and people; their tables are vacuumed.
TABLES: Final = (
    *(model._meta.db_table for model in (Turn, Attempt, Checkpoint, Digest, KeptAnswer, Attachment, Conversation)),
    *(model._meta.db_table for model in (Filed, Feedback, User, Session, LogEntry)),
    index.TABLE,
)
# A larger file is not written anew while people ask: whoever writes waits for it.
AT_ONCE_BYTES: Final = 50_000_000


def erase(
    number: UUID, record: Callable[[], Erasure], *, only: Callable[[Conversation], bool] = lambda _: True
) -> bool:
    """Delete for good; the ledger keeps what it cost, without a word of it. Raises Refused where it must stay.

    False where it was not there any more, or not one to be deleted `only` under this condition; then nothing is
    written down either.
    """
    with transaction.atomic():
        locked = Conversation.objects.select_for_update(of=("self",)).filter(pk=number).first()
        if locked is None or not only(locked):
            return False
        holds.refuse(number)
        stopping.settle_open(locked)
        records.add(record(), records.of_conversation(locked))
        filing.forget(number)
        keys = attachments.delete_all_of(locked)
        # The head points back at a turn of its own; without it nothing is left that could hold the rows.
        Conversation.objects.filter(pk=number).update(head=None)
        locked.delete()
        reach(Point.INSIDE_ERASING)
    reach(Point.ERASED)
    # Killed before this, the files lie there for the night, which throws away what belongs to nobody.
    cupboard.discard(keys)
    relay.publish(number, Removed())
    return True


def wipe(*, at_most_bytes: int | None = None) -> bool:
    """Write the database's file anew where something was deleted since the last time; False where that is still due."""
    if not records.left_to_wipe():
        return True
    if at_most_bytes is not None and wiping.file_bytes() > at_most_bytes:
        # All but what unused pages may hold is gone with this.
        wiping.empty_log()
        return False
    began_at = timezone.now()
    while filing.tidy_up():
        pass
    if not wiping.rewrite(TABLES):
        return False
    records.wiped(began_at)
    return True
