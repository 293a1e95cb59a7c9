"""Who read what: for auditors all of it, for owners what was read of their own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chatapp.money import standings
from chatapp.money.models import Scope
from chatapp.review import visits
from chatapp.review.doors.guard import AUDIT, number, page, staff
from chatapp.review.models import ReviewSettings, Visit
from chatapp.turns.models import Conversation

PAGE = 100


@staff(AUDIT, "GET", "HEAD")
def show(request: HttpRequest) -> HttpResponse:
    """The newest first; by reader, owner or conversation where one is named."""
    said = {
        name: request.GET.get(name, "").replace("\x00", " ").strip()[:150]
        for name in ("reader", "owner", "conversation")
    }
    rows = Visit.objects.all()
    wrong = ""
    if said["reader"]:
        rows = rows.filter(reader=said["reader"])
    if said["owner"]:
        rows = rows.filter(owner_id__in=User.objects.filter(username=said["owner"]).values("pk"))
    if said["conversation"]:
        try:
            rows = rows.filter(visits.about(UUID(said["conversation"])))
        except ValueError:
            wrong, rows = "That is no conversation's number.", Visit.objects.none()
    below = number(request.GET.get("below", ""))
    if below is not None:
        rows = rows.filter(number__lt=below)
    found = list(rows[: PAGE + 1])
    names = standings.names_of(Scope.USER, {visit.owner_id for visit in found if visit.owner_id})
    context = {
        "visits": [(visit, names.get(visit.owner_id, "")) for visit in found[:PAGE]],
        "below": found[PAGE - 1].number if len(found) > PAGE else None,
        "said": said,
        "wrong": wrong,
    }
    return page(request, "visits.html", context, status=400 if wrong else 200)


@require_safe
def of_mine(request: HttpRequest, conversation_id: UUID) -> HttpResponseBase:
    """For the owner of a conversation, where the site says so."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if not ReviewSettings.current().owners_see:
        raise Http404
    try:
        conversation = Conversation.objects.get(pk=conversation_id, owner=request.user.pk)
    except Conversation.DoesNotExist:
        raise Http404 from None
    context = {"conversation": conversation, "visits": visits.of_conversation(conversation.pk)}
    response = render(request, "review/mine.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def told(request: HttpRequest) -> dict[str, Any]:
    """A context processor: whether the menu of a conversation leads to who read it, asked only where it is drawn."""
    return {"owners_see": lambda: ReviewSettings.current().owners_see}
