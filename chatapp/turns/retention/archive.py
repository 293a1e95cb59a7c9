"""Everything about one person as a zip, made while it is read: never more of it in memory than one file he attached."""

from __future__ import annotations

import json
import re
import time
import zipfile
from collections.abc import Iterator
from typing import IO, Any, Final, cast
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Sum
from django.db.models.functions import Length

from chatapp.files import cupboard
from chatapp.turns import export as transcript
from chatapp.turns.attachments import Attachment
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.retention import records
from chatapp.turns.retention.traces import TRACES, Trace

PIECE_BYTES: Final = 200_000
_UNPLAIN: Final = re.compile(r"[^A-Za-z0-9._-]+")

CONTENTS: Final = """\
Everything that is kept about one person.

profile.jsonl           the account; its password is kept as a hash, which is not handed out
conversations/          every conversation: questions, answers, thinking, what each cost
attachments/            every attached file, under its number; attachments.jsonl has the names
*.jsonl                 one row a line: notes of old turns, budgets, grants, the ledger's lines, and so on

Amounts in the rows are in billionths of a US dollar.
"""


class _Sink:
    """What a zip is written to that somebody else reads from meanwhile."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        self.size = 0
        return taken


def export(person_id: int, by_number: int | None = None) -> Iterator[bytes]:
    """The zip from its first byte to its last. Each piece may be asked for in another thread.

    Before the first one there is a record of it; one that is not read to its end has no end there.
    """
    record = records.begin(records.Kind.EXPORT, person_id, by_number)
    records.add(record, records.of_person(person_id))
    yield from _zipped(person_id)
    records.end(record)


def about_bytes(person_id: int) -> int:
    """How much it will be at most, but for the rows, which are few."""
    texts = sum(Length(column) for column in ("question", "answer", "thinking"))
    said = Turn.objects.filter(asker=person_id).aggregate(size=Sum(texts))["size"] or 0
    return records.of_person(person_id).file_bytes + int(said)


def _zipped(person_id: int) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w") as zipped:
        for name, parts in _files(person_id):
            about = zipfile.ZipInfo(name, time.gmtime()[:6])
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = 0o600 << 16
            with zipped.open(about, "w", force_zip64=True) as file:
                for part in parts:
                    file.write(part)
                    if sink.size >= PIECE_BYTES:
                        yield sink.take()
    yield sink.take()


def _files(person_id: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    yield "contents.txt", iter([CONTENTS.encode()])
    for trace in TRACES:
        if trace.file:
            yield f"{trace.file}.jsonl", _lines(trace, person_id)
    mine = Conversation.objects.filter(owner=person_id).order_by("pk")
    for number in _numbers(person_id):
        conversation = mine.filter(pk=number).first()
        if conversation is not None:
            yield f"conversations/{number}.json", (text.encode() for text in transcript.in_pieces(conversation))
    after = 0
    rows = Attachment.objects.filter(owner=person_id).order_by("pk")
    while row := rows.filter(pk__gt=after).first():
        after = row.pk
        data = cupboard.take(row.key)
        if data is not None:
            yield f"attachments/{row.pk}-{_UNPLAIN.sub('_', row.name)}", iter([data])


def _numbers(person_id: int) -> Iterator[UUID]:
    numbers = Conversation.objects.filter(owner=person_id).order_by("pk").values_list("pk", flat=True)
    found = numbers.first()
    while found:
        yield found
        found = numbers.filter(pk__gt=found).first()


def _lines(trace: Trace, person_id: int) -> Iterator[bytes]:
    return (_line(row) for row in trace.values(person_id))


def _line(row: dict[str, Any]) -> bytes:
    # Lone surrogates are never stored, so every text has its bytes.
    return (json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n").encode()
