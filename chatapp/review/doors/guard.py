"""Who may come in: staff with the permission for this very door. For everybody else there is no such page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render

from chatapp.review import visits
from chatapp.review.models import Item, Visit
from chatapp.review.visits import Seen
from chatapp.turns.models import Conversation, Turn

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

REVIEW: Final = "chatapp.review_transcripts"
REVEAL: Final = "chatapp.reveal_transcripts"
EXPORT: Final = "chatapp.export_reviews"
LEAD: Final = "chatapp.lead_reviews"
AUDIT: Final = "chatapp.audit_readings"


def staff(permission: str, *methods: str) -> Callable[[View[P]], View[P]]:
    """Only for these methods, and for staff who have the permission."""

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path() if request.method in ("GET", "HEAD") else "/review/")
            if not (request.user.is_staff and request.user.has_perm(permission)):
                raise Http404
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            try:
                response = view(request, *args, **kwargs)
            except IntegrityError:
                # What it was about was deleted in this very moment.
                raise Http404 from None
            response.headers["Cache-Control"] = "no-store"
            return response

        return guarded

    return guard


def reader(request: HttpRequest) -> User:
    """Whoever is signed in; only for doors that `staff` guards."""
    return cast("User", request.user)


def note(
    request: HttpRequest,
    what: Visit.What,
    reason: str,
    conversation: Conversation | None = None,
    turn: int | None = None,
) -> Visit:
    """Before anything is shown."""
    return visits.record(request, reader(request), Seen(what, reason, conversation, turn))


def conversation_of(conversation_id: UUID) -> Conversation:
    try:
        return Conversation.objects.select_related("owner").get(pk=conversation_id)
    except Conversation.DoesNotExist:
        raise Http404 from None


def turn_of(turn_id: int) -> Turn:
    try:
        return Turn.objects.select_related("conversation__owner", "asker").get(pk=turn_id)
    except (Turn.DoesNotExist, OverflowError):
        raise Http404 from None


def item_of(item_id: int) -> Item:
    try:
        return Item.objects.select_related("turn__conversation__owner", "turn__asker", "assignee").get(pk=item_id)
    except (Item.DoesNotExist, OverflowError):
        raise Http404 from None


def page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page of the desk, with the ways that lead on from it; as much of it as is asked for."""
    user = reader(request)
    ways = {
        "layout": "review/part.html" if by_script(request) else "base.html",
        "may_reveal": user.has_perm(REVEAL),
        "may_export": user.has_perm(EXPORT),
        "may_lead": user.has_perm(LEAD),
        "may_audit": user.has_perm(AUDIT),
        "may_review": user.has_perm(REVIEW),
    }
    return render(request, f"review/{template}", {**ways, **context}, status=status)


def by_script(request: HttpRequest) -> bool:
    """Whether our own page asks, to put the answer in place of what stands there."""
    return request.headers.get("HX-Request") == "true"


def number(text: str) -> int | None:
    """A turn's or an item's number in an address, if it is one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
