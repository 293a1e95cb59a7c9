"""Where a person leaves traces: one line for each table, read by the export and by the deletion alike.

By name, as a foreign key names a table: some of them belong to rooms above this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from django.apps import apps
from django.db.models import Model, Q, QuerySet

from chatapp.turns.models import Conversation

PAGE: Final = 200


class Then(Enum):
    """What becomes of the rows when the person is deleted."""

    # With the conversations or with the person, by the database's own cascade.
    GOES = auto()
    DELETED = auto()
    # The money's numbers, the records, and what others are told: without a name, or by number only.
    STAYS = auto()


@dataclass(frozen=True, slots=True)
class Trace:
    table: str
    # The way to the person.
    whose: str
    then: Then
    # The file in the export; without one it is in another file of it, or is nobody's to hand out.
    file: str = ""
    # More ways to the same person, so that every column is named somewhere.
    also: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    # Rows may be about a conversation instead of a person.
    by_conversation: bool = False
    # What alone is deleted of it.
    only: Q | None = None

    @property
    def model(self) -> type[Model]:
        return apps.get_model(self.table)

    def rows(self, person_id: int) -> QuerySet[Any]:
        mine = Q(**{self.whose: person_id})
        if self.by_conversation:
            mine |= Q(conversation_id__in=Conversation.objects.filter(owner=person_id).values("pk"))
        return self.model._default_manager.filter(mine)

    def values(self, person_id: int) -> Iterator[dict[str, Any]]:
        """Every row by its columns, some at a time, so that nobody holds a place in the database for long."""
        names = [field.attname for field in self.model._meta.concrete_fields if field.attname not in self.hidden]
        key = self.model._meta.pk.attname
        rows = self.rows(person_id).order_by("pk").values(*names)
        found = list(rows[:PAGE])
        while found:
            yield from found
            found = list(rows.filter(pk__gt=found[-1][key])[:PAGE])


TRACES: Final = (
    Trace("auth.User", "pk", Then.GOES, "profile", hidden=("password",)),
    Trace("auth.Group", "user", Then.GOES, "groups"),
    Trace("chatapp.Conversation", "owner", Then.GOES, "conversations"),
    Trace("chatapp.Turn", "asker", Then.GOES),
    Trace("chatapp.Digest", "conversation__owner", Then.GOES, "digests"),
    Trace("chatapp.Feedback", "turn__asker", Then.GOES, "feedback"),
    Trace("chatapp.Filed", "asker", Then.GOES),
    # Where the person is staff, what he found of others is the house's; his name goes with his account.
    Trace("chatapp.Labelled", "by", Then.STAYS),
    Trace("chatapp.Item", "assignee", Then.STAYS),
    Trace("chatapp.Review", "reviewer", Then.STAYS),
    Trace("chatapp.Note", "by", Then.STAYS),
    Trace("chatapp.Notice", "made_by", Then.STAYS),
    # Who of the staff read his conversations stays, sealed, and names him by number.
    Trace(
        "chatapp.Visit",
        "owner_id",
        Then.STAYS,
        "readings",
        hidden=("reader_id", "reader", "address", "agent", "seal", "key"),
    ),
    Trace("chatapp.Attachment", "owner", Then.GOES, "attachments"),
    Trace("chatapp.Budget", "user", Then.DELETED, "budgets", by_conversation=True),
    Trace("chatapp.Grant", "user", Then.DELETED, "grants", also=("author", "ended_by"), by_conversation=True),
    Trace("chatapp.Entry", "user_id", Then.STAYS, "entries", also=("author",)),
    Trace("chatapp.Hold", "user_id", Then.STAYS, "holds"),
    Trace("chatapp.Counter", "user_id", Then.STAYS, "counters"),
    Trace("chatapp.Invitation", "used_by", Then.DELETED, "invitation", hidden=("code_hash",)),
    # An invitation that somebody else has used is his; and whom others were for is not to be handed out.
    Trace(
        "chatapp.Invitation",
        "created_by",
        Then.DELETED,
        "invitations-made",
        hidden=("code_hash", "note"),
        only=Q(used_by=None),
    ),
    # What he did as an administrator; on whom is theirs.
    Trace("admin.LogEntry", "user", Then.GOES, "administration", hidden=("object_repr", "change_message")),
    Trace("chatapp.Erasure", "person_number", Then.STAYS, "erasures", also=("by_number",)),
    # Why somebody else wants it kept is not for the person to read.
    Trace("chatapp.LegalHold", "owner_number", Then.STAYS, also=("set_by", "lifted_by")),
    Trace("chatapp.SystemPrompt", "written_by", Then.STAYS, also=("activated_by",)),
    Trace("chatapp.Stop", "ended_by", Then.STAYS),
)
