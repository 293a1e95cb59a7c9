"""The list of transcripts and its exports: the filters stand in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.safestring import SafeString

from chatapp.claude.catalogue import label
from chatapp.money import amounts
from chatapp.review import exports, filters, hits, visits
from chatapp.review.doors.guard import EXPORT, REVIEW, note, page, staff
from chatapp.review.models import Visit
from chatapp.turns.models import Turn
from chatapp.turns.register import finding


@dataclass(frozen=True, slots=True)
class Row:
    """One turn in the list; not a word of it unless somebody searched for words."""

    id: int
    conversation_id: UUID
    asked_at: datetime
    person: str
    model_label: str
    state: str
    failure: str
    cost: str
    thumb: int
    reviewed: bool
    labels: Sequence[str]
    hit: SafeString | None


@staff(REVIEW, "GET", "HEAD")
def show(request: HttpRequest) -> HttpResponse:
    asked = filters.read(request.GET)
    if asked.wanted is None:
        return page(request, "list.html", {"form": asked.form, "wrong": True}, status=400)
    # The hits show words of conversations, so this is a reading.
    search = note(request, Visit.What.SEARCH, asked.told) if asked.wanted.search else None
    found = finding.page(asked.wanted, asked.below)
    rows = _rows(found.turn_ids, asked)
    if search:
        visits.glimpsed(search, (row.conversation_id for row in rows))
    context = {
        "form": asked.form,
        "rows": rows,
        "below": found.below,
        "tired": found.tired,
        "query": asked.query,
        "is_first": asked.below is None,
    }
    return page(request, "list.html", context)


@staff(EXPORT, "GET", "HEAD")
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    asked = filters.read(request.GET)
    if asked.wanted is None:
        return page(request, "list.html", {"form": asked.form, "wrong": True}, status=400)
    write, kind = exports.FORMATS[form]
    note(request, Visit.What.EXPORT, f"{form}: {asked.told or 'everything'}")
    response = StreamingHttpResponse(write(asked.wanted), content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="reviews.{form}"'
    return response


def _rows(turn_ids: Sequence[int], asked: filters.Filters) -> list[Row]:
    search = asked.wanted.search if asked.wanted else None
    turns = Turn.objects.select_related("asker", "filed__profile").prefetch_related("labelled__label").defer("thinking")
    if search is None:
        turns = turns.defer("thinking", "question", "answer")
    known = turns.in_bulk(turn_ids)
    return [_row(known[pk], hits.of(known[pk], search) if search else None) for pk in turn_ids if pk in known]


def _row(turn: Turn, hit: SafeString | None) -> Row:
    profile = turn.filed.profile
    return Row(
        id=turn.pk,
        conversation_id=turn.conversation_id,
        asked_at=turn.asked_at,
        person=turn.asker.get_username(),
        model_label=label(turn.model),
        state=turn.state,
        failure=profile.failure,
        cost=amounts.about(turn.filed.nanodollars),
        thumb=profile.thumb,
        reviewed=profile.reviewed,
        labels=sorted(one.label.name for one in turn.labelled.all()),
        hit=hit,
    )
