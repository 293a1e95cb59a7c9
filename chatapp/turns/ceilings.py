"""How many questions a person may have running, waiting and asked lately."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from chatapp.storage import statements
from chatapp.turns import later
from chatapp.turns.refusals import ALL_WAIT, CROWDED, PUT_OFF, RUNNING, TOO_FAST


def check(asker_id: int, conversation_id: UUID | None, now: datetime, *, waits: bool) -> None:
    """Raises the refusal of a question that would be one too many; one that `waits` does not run."""
    # The person's row is the lock under which his own questions are counted.
    statements.lock("SELECT 1 FROM auth_user WHERE id = %s", asker_id)
    # Whether an answer runs in somebody else's conversation is none of a stranger's business.
    found = statements.row(_COUNTS, conversation_id, asker_id, asker_id, asker_id, now - timedelta(minutes=1))
    put_off_here, running, lately = found or (None, 0, 0)
    if put_off_here is not None:
        raise PUT_OFF if put_off_here else RUNNING
    if not waits and running >= settings.CHATAPP_RUNNING_PER_USER:
        raise CROWDED
    if lately >= settings.CHATAPP_QUESTIONS_PER_MINUTE:
        raise TOO_FAST
    if waits and later.is_full(asker_id):
        raise ALL_WAIT


# What was put off until Claude is back takes nobody's place, also while it is asked again.
_COUNTS = (
    "SELECT (SELECT min(CASE WHEN worker = '' AND later_until IS NOT NULL THEN 1 ELSE 0 END) FROM chatapp_turn "
    "WHERE conversation_id = %s AND asker_id = %s AND ended_at IS NULL), "
    "(SELECT count(*) FROM chatapp_turn WHERE asker_id = %s AND ended_at IS NULL AND later_until IS NULL), "
    "(SELECT count(*) FROM chatapp_turn WHERE asker_id = %s AND asked_at > %s)"
)
