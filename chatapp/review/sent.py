"""What Claude was sent for one answer, put together again from the rows that never change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.context import prompts
from chatapp.context.models import SystemPrompt
from chatapp.review import masking
from chatapp.turns import attachments, thread
from chatapp.turns.models import Attempt, Turn
from chatapp.turns.notes import Digest
from chatapp.turns.states import State


@dataclass(frozen=True, slots=True)
class Message:
    """One part of the prompt."""

    who: str
    text: str
    files: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """The prompt of the last attempt at an answer."""

    prompt: str
    system: str
    notes: str
    # How many turns the notes stand for.
    condensed: int
    manner: str
    messages: Sequence[Message]


def of(turn: Turn) -> Sent | None:
    """None where Claude was never asked."""
    attempt = turn.attempts.filter(task=Attempt.Task.ANSWER).order_by("-number").first()
    if attempt is None:
        return None
    number, _, rest = attempt.told.partition("/")
    digest_id, _, manner = rest.partition("/")
    version = SystemPrompt.objects.filter(number=int(number or 0)).first() if number.isdigit() else None
    digest = Digest.objects.filter(pk=int(digest_id)).first() if digest_id.isdigit() else None
    covered = set(digest.covers) if digest else set()
    whole = thread.of(turn.conversation_id, turn.pk)
    ids = [pk for pk in whole.path if pk not in covered]
    rows = Turn.objects.in_bulk(ids)
    names = {pk: [chip.name for chip in chips] for pk, chips in attachments.chips(ids).items()}
    messages = [said for pk in ids for said in _said(rows[pk], pk == turn.pk, names.get(pk, ()))]
    return Sent(
        prompt=f"version {version.number}" if version else "the one that ships",
        system=version.text if version else prompts.DEFAULT,
        notes=masking.mask(digest.text) if digest else "",
        condensed=len(covered),
        manner=manner,
        messages=messages,
    )


def _said(turn: Turn, last: bool, files: Sequence[str]) -> list[Message]:
    asked = Message("Person", masking.mask(turn.question), [masking.mask(name) for name in files])
    if last:
        carried = turn.answer[: turn.carried]
        return [asked, Message("Claude", masking.mask(carried))] if carried else [asked]
    # What was refused or came to nothing is not told again.
    if turn.state == State.REFUSED or not turn.answer:
        return []
    return [asked, Message("Claude", masking.mask(turn.answer))]
