"""Files beside a question: taken in, asked with, carried along to another try, and deleted with what they belong to."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone

from chatapp.context.briefing import File
from chatapp.files import cupboard, kinds
from chatapp.files.kinds import Kind
from chatapp.rendering import words
from chatapp.storage import statements
from chatapp.turns import refusals
from chatapp.turns.models import Conversation, Turn

PER_DAY = 20
PER_QUESTION = 5
QUESTION_BYTES = 15_000_000
# Encoded they grow by a third, and Claude takes 32 MB at once, all older files included.
BRANCH_BYTES = 20_000_000
# With more pictures than these in one request Claude wants each of them smaller.
BRANCH_FILES = 20
LONGEST_NAME = 120
# Who has attached it and not asked has forgotten it.
FORGOTTEN = timedelta(days=1)


class Attachment(models.Model):
    """One file of one person. Turns that ask the same question again share it."""

    key = models.CharField(max_length=40, unique=True, default=cupboard.new_key)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    turns = models.ManyToManyField(Turn, related_name="files")
    name = models.CharField(max_length=LONGEST_NAME)
    kind = models.CharField(max_length=5, choices=[(kind.value, kind.value) for kind in Kind])
    media_type = models.CharField(max_length=20)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    tokens = models.PositiveIntegerField()
    added_at = models.DateTimeField()

    class Meta:
        app_label = "chatapp"
        indexes: ClassVar = [models.Index(fields=["owner", "added_at"], name="attachment_owner")]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Chip:
    """A file as the page shows it."""

    key: str
    name: str
    kind: str
    words: str


def add(owner: User, name: str, data: bytes) -> Chip:
    """Look at a file and keep it until it is asked with; raises Refused, and then nothing is kept."""
    now = timezone.now()
    try:
        found = kinds.of(data)
    except kinds.Unfit as unfit:
        raise refusals.unfit(str(unfit)) from None
    key = cupboard.new_key()
    cupboard.put(key, data)
    try:
        with transaction.atomic():
            # The person's row is the lock under which his own files are counted.
            statements.held("SELECT 1 FROM auth_user WHERE id = %s", owner.pk)
            since = now - timedelta(days=1)
            if Attachment.objects.filter(owner=owner, added_at__gt=since).count() >= PER_DAY:
                raise refusals.MANY_FILES
            row = Attachment.objects.create(
                key=key,
                owner=owner,
                name=_name(name, found.kind),
                kind=found.kind,
                media_type=found.media_type,
                size=len(data),
                width=found.width,
                height=found.height,
                pages=found.pages,
                tokens=found.tokens,
                added_at=now,
            )
    except BaseException:
        cupboard.discard([key])
        raise
    return chip(row)


def remove(owner: User, key: str) -> None:
    """Only what nobody has asked with yet."""
    if Attachment.objects.filter(owner=owner, key=key, turns=None).delete()[0]:
        cupboard.discard([key])


def chip(row: Attachment) -> Chip:
    size = f"{row.size / 1_000_000:.1f} MB" if row.size >= 100_000 else f"{max(1, round(row.size / 1000))} kB"
    more = {
        Kind.IMAGE: f"{row.width} by {row.height}",
        Kind.PDF: f"{row.pages} page{'s' if row.pages != 1 else ''}",
    }.get(Kind(row.kind), "")
    return Chip(row.key, row.name, row.kind, f"{more}, {size}" if more else size)


def chips(turn_ids: Sequence[int]) -> Mapping[int, list[Chip]]:
    """By turn."""
    found: dict[int, list[Chip]] = {}
    links = Attachment.turns.through.objects.filter(turn_id__in=turn_ids).order_by("attachment_id")
    for link in links.select_related("attachment"):
        found.setdefault(link.turn_id, []).append(chip(link.attachment))
    return found


def of_turn(turn_id: int) -> tuple[str, ...]:
    rows = Attachment.objects.filter(turns=turn_id).order_by("pk")
    return tuple(rows.values_list("key", flat=True))


def attach(owner_id: int, turn_id: int, parent_id: int | None, keys: Sequence[str], *, again: bool) -> None:
    """Within the question's own transaction; raises Refused. What is asked `again` may have been asked with before."""
    if not keys:
        return
    rows = list(Attachment.objects.filter(owner=owner_id, key__in=keys).order_by("pk"))
    fresh = again or not Attachment.turns.through.objects.filter(attachment__in=rows).exists()
    if len(rows) != len(set(keys)) or not fresh:
        raise refusals.FILE_GONE
    sizes = [row.size for row in rows]
    if len(rows) > PER_QUESTION or sum(sizes) > QUESTION_BYTES:
        raise refusals.TOO_MUCH_AT_ONCE
    above = statements.rows(_SIZES, parent_id) if parent_id is not None else []
    if len(above) + len(rows) > BRANCH_FILES or sum(size for (size,) in above) + sum(sizes) > BRANCH_BYTES:
        raise refusals.TOO_MUCH_IN_ALL
    links = [Attachment.turns.through(attachment=row, turn_id=turn_id) for row in rows]
    Attachment.turns.through.objects.bulk_create(links)


def files(turn_ids: Sequence[int]) -> Mapping[int, tuple[File, ...]]:
    """What Claude is shown of them, by turn; always in the same order, byte for byte."""
    if not turn_ids:
        return {}
    found: dict[int, tuple[File, ...]] = {}
    sql = _FILES.format(statements.marks(turn_ids))
    for turn_id, key, name, kind, media_type, tokens in statements.rows(sql, *turn_ids):
        data = cupboard.take(key)
        if data is not None:
            found[turn_id] = (*found.get(turn_id, ()), _shown(name, kind, media_type, tokens, data))
    return found


def delete_all_of(conversation: Conversation) -> list[str]:
    """Within the caller's transaction: forget the files of a conversation; the keys of what is to be thrown away."""
    rows = Attachment.objects.filter(turns__conversation=conversation)
    keys = list(rows.values_list("key", flat=True).distinct())
    Attachment.objects.filter(key__in=keys).delete()
    return keys


def sweep(now: datetime) -> int:
    """Throw away what was never asked with, and what belongs to nobody any more."""
    old = Attachment.objects.filter(turns=None, added_at__lt=now - FORGOTTEN)
    keys = list(old.values_list("key", flat=True))
    old.delete()
    lying = cupboard.older_than(FORGOTTEN.total_seconds())
    known = set(Attachment.objects.filter(key__in=lying).values_list("key", flat=True))
    thrown = [*keys, *(key for key in lying if key not in known)]
    cupboard.discard(thrown)
    return len(set(thrown))


def owned(owner: User, key: str) -> Attachment | None:
    return Attachment.objects.filter(owner=owner, key=key).first()


def keys_in(said: Iterable[str]) -> tuple[str, ...]:
    """As a form names them: each once, in their order."""
    return tuple(dict.fromkeys(key.strip() for key in said if key.strip()))


def same(turn_id: int, keys: Sequence[str]) -> bool:
    """Whether a turn was asked with these very files."""
    return set(of_turn(turn_id)) == set(keys)


def _shown(name: str, kind: str, media_type: str, tokens: int, data: bytes) -> File:
    if kind == Kind.TEXT:
        return File(kind, media_type, name, words.clean(data.decode("utf-8-sig", "replace")), tokens)
    return File(kind, media_type, name, base64.b64encode(data).decode(), tokens)


def _name(said: str, kind: Kind) -> str:
    last = words.clean(said).replace("\\", "/").rpartition("/")[2]
    return " ".join(words.visible(last).split())[:LONGEST_NAME] or kind.value


# Up to the turn that notes stand for: what is older is not shown again.
_SIZES = (
    "WITH RECURSIVE path(id, parent_id) AS ("
    "SELECT t.id, t.parent_id FROM chatapp_turn t WHERE t.id = %s UNION ALL "
    "SELECT up.id, up.parent_id FROM chatapp_turn up JOIN path ON up.id = path.parent_id WHERE NOT EXISTS "
    "(SELECT 1 FROM chatapp_digest d WHERE d.through_id = path.id AND d.undone_at IS NULL)"
    ") SELECT file.size FROM path JOIN chatapp_attachment_turns link ON link.turn_id = path.id "
    "JOIN chatapp_attachment file ON file.id = link.attachment_id"
)
_FILES = (
    "SELECT link.turn_id, file.key, file.name, file.kind, file.media_type, file.tokens "
    "FROM chatapp_attachment_turns link JOIN chatapp_attachment file ON file.id = link.attachment_id "
    "WHERE link.turn_id IN ({}) ORDER BY link.turn_id, file.id"
)
