"""Reading one conversation: masked, or unmasked for a reason; what Claude was sent; labels and notes."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from chatapp.files import cupboard
from chatapp.review import queue, sent, transcripts
from chatapp.review.doors.guard import REVEAL, REVIEW, conversation_of, note, number, page, reader, staff, turn_of
from chatapp.review.models import Note, Visit
from chatapp.turns.attachments import Attachment
from chatapp.turns.models import Turn
from chatapp.turns.register.models import Label, Labelled

SHORTEST_REASON: Final = 8
LONGEST_NOTE: Final = 2_000
LONGEST_LABEL: Final = 40
WHY: Final = (
    f"Please say in a few words why you need to see it (at least {SHORTEST_REASON} characters). Nothing was shown."
)


@staff(REVIEW, "GET", "HEAD")
def show(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    conversation = conversation_of(conversation_id)
    turn_id = number(request.GET.get("turn", ""))
    note(request, Visit.What.TRANSCRIPT, "opened from the list", conversation, turn_id)
    return _page(request, transcripts.of(conversation, turn_id), turn_id)


@staff(REVEAL, "GET", "HEAD", "POST")
def reveal(request: HttpRequest, conversation_id: UUID) -> HttpResponseBase:
    """The same page unmasked, once: a reload asks again."""
    if request.method != "POST":
        return redirect("review_transcript", conversation_id)
    conversation = conversation_of(conversation_id)
    turn_id = number(request.POST.get("turn", ""))
    reason = _reason(request)
    if not reason:
        note(request, Visit.What.TRANSCRIPT, "asked to see it unmasked without a reason", conversation, turn_id)
        return _page(request, transcripts.of(conversation, turn_id), turn_id, wrong=WHY, status=400)
    note(request, Visit.What.REVEAL, reason, conversation, turn_id)
    return _page(request, transcripts.of(conversation, turn_id, masked=False), turn_id, reason=reason)


@staff(REVEAL, "POST")
def file(request: HttpRequest, conversation_id: UUID, key: str) -> HttpResponse:
    """A file cannot be masked, so it is opened for a reason like everything unmasked."""
    conversation = conversation_of(conversation_id)
    if "\x00" in key:
        raise Http404
    found = Attachment.objects.filter(key=key, turns__conversation=conversation).first()
    data = cupboard.take(key) if found else None
    if found is None or data is None:
        raise Http404
    turn_id = number(request.POST.get("turn", ""))
    reason = _reason(request)
    if not reason:
        note(request, Visit.What.TRANSCRIPT, "asked for a file without a reason", conversation, turn_id)
        return _page(request, transcripts.of(conversation, turn_id), turn_id, wrong=WHY, status=400)
    note(request, Visit.What.FILE, reason, conversation, turn_id)
    response = HttpResponse(data, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{key}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@staff(REVIEW, "GET", "HEAD")
def told(request: HttpRequest, turn_id: int) -> HttpResponse:
    turn = turn_of(turn_id)
    note(request, Visit.What.TRANSCRIPT, "what Claude was sent", turn.conversation, turn.pk)
    return page(request, "sent.html", {"turn": turn, "sent": sent.of(turn)})


@staff(REVIEW, "POST")
def label(request: HttpRequest, turn_id: int) -> HttpResponseBase:
    """Put a label on, making it if there is none of that name; or take one off."""
    turn = turn_of(turn_id)
    gone = number(request.POST.get("remove", ""))
    if gone is not None:
        Labelled.objects.filter(turn=turn, label=gone).delete()
        return _back(request, turn)
    name = " ".join(request.POST.get("name", "").replace("\x00", " ").split())
    if not name or len(name) > LONGEST_LABEL:
        messages.error(request, f"A label needs a name of at most {LONGEST_LABEL} characters, so none was put on.")
        return _back(request, turn)
    known = Label.objects.filter(name__iexact=name).first() or Label.objects.get_or_create(name=name)[0]
    Labelled.objects.get_or_create(label=known, turn=turn, defaults={"by": reader(request), "at": timezone.now()})
    return _back(request, turn)


@staff(REVIEW, "POST")
def remark(request: HttpRequest, turn_id: int) -> HttpResponseBase:
    turn = turn_of(turn_id)
    text = request.POST.get("text", "").replace("\x00", "").strip()
    if not text or len(text) > LONGEST_NOTE:
        messages.error(request, f"A note needs 1 to {LONGEST_NOTE:,} characters, so none was kept.")
        return _back(request, turn)
    by = reader(request)
    Note.objects.create(turn=turn, by=by, by_name=by.get_username(), text=text, at=timezone.now())
    return _back(request, turn)


@staff(REVIEW, "POST")
def enqueue(request: HttpRequest, turn_id: int) -> HttpResponseBase:
    """Whoever reads may put a turn into the queue."""
    queue.add(turn_of(turn_id))
    messages.success(request, "It is in the queue.")
    return _back(request, turn_of(turn_id))


def _page(
    request: HttpRequest, transcript: transcripts.Transcript, turn_id: int | None, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"transcript": transcript, "turn_id": turn_id, "known_labels": Label.objects.all(), **more}
    return page(request, "transcript.html", context, status=status)


def _back(request: HttpRequest, turn: Turn) -> HttpResponseBase:
    item = number(request.POST.get("item", ""))
    if item is not None:
        return redirect("review_item", item)
    return redirect(f"{reverse('review_transcript', args=[turn.conversation_id])}?turn={turn.pk}#turn-{turn.pk}")


def _reason(request: HttpRequest) -> str:
    said = "".join(letter if letter.isprintable() else " " for letter in request.POST.get("reason", ""))
    reason = " ".join(said.split())
    return reason if len(reason) >= SHORTEST_REASON else ""
