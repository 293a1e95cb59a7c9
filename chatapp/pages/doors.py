"""What every door of the conversations has in common: who is there, what is theirs, how a refusal is worded."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render

from chatapp.telemetry import measures
from chatapp.telemetry.measures import Measure
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.refusals import Refused

log = logging.getLogger(__name__)

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

SIGNED_OUT = Refused("signed_out", 401, "You are signed out. Sign in again, then send your message: it is kept here.")

AWAY = Refused("away", 503, "Our records cannot be reached just now. Please try again in a moment.")

LOOKING = ("GET", "HEAD")
SPENT_IDS = ("ask_id_reused", "bad_ask_id")


def signed_in(view: View[P]) -> View[P]:
    """Only for people who are signed in; scripts are told so in their own way."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            if wants_json(request) or is_htmx(request):
                return refusal(request, SIGNED_OUT)
            return redirect_to_login(request.get_full_path() if request.method in LOOKING else "/")
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            return refusal(request, refused)

    return _with_records(guarded)


def _with_records(view: View[P]) -> View[P]:
    """Where the database is away, scripts are told so in their own way; a page says it as it says any failure."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError):
            if not (wants_json(request) or is_htmx(request)):
                raise
            log.exception("a door could not be opened: the database is away")
            return refusal(request, AWAY)

    return guarded


def post_only(view: View[P]) -> View[P]:
    """A door for forms; whoever follows a link to it changes nothing and is shown the way back."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method == "POST":
            return view(request, *args, **kwargs)
        if wants_json(request) or request.method not in LOOKING:
            return HttpResponseNotAllowed(["POST"])
        conversation_id = kwargs.get("conversation_id")
        if conversation_id is None:
            return redirect("/")
        page = render(request, "405.html", {"conversation_id": conversation_id}, status=405)
        page.headers["Allow"] = "POST"
        return page

    return guarded


def person(request: HttpRequest) -> User:
    """Whoever is signed in; only for doors that `signed_in` guards."""
    return cast("User", request.user)


def conversation_of(request: HttpRequest, conversation_id: UUID) -> Conversation:
    """The person's own conversation; anybody else's is not there."""
    try:
        return Conversation.objects.get(pk=conversation_id, owner=person(request))
    except Conversation.DoesNotExist:
        raise Http404 from None


def turn_of(request: HttpRequest, conversation_id: UUID, turn_id: int) -> Turn:
    try:
        return Turn.objects.get(pk=turn_id, conversation_id=conversation_id, conversation__owner=person(request))
    except (Turn.DoesNotExist, OverflowError):
        raise Http404 from None


def question_in(request: HttpRequest) -> str:
    return request.POST.get("question", "")


def ask_id_in(request: HttpRequest) -> UUID:
    """The composer's id for this question, without which twice could not be once."""
    try:
        return UUID(request.POST.get("ask_id", ""))
    except ValueError:
        raise Refused("bad_ask_id", 400, "This form is incomplete. Reload the page and send it again.") from None


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The same refusal for a page, a fragment of a page, and a program."""
    measures.count(Measure.REFUSED, refused.code)
    if wants_json(request):
        said: dict[str, Any] = {"error": refused.code, "message": refused.sentence}
        if refused.report:
            said["report"] = refused.report.as_json()
        return JsonResponse(said, status=refused.status, headers=_headers(refused))
    template = "chat/refusal.html" if is_htmx(request) else "chat/refused.html"
    # An id that is used up, or is none, would be refused again and again.
    ask_id = uuid4() if refused.code in SPENT_IDS else request.POST.get("ask_id", "")
    context = {
        "sentence": refused.sentence,
        "code": refused.code,
        "report": refused.report,
        "question": question_in(request),
        "ask_id": ask_id,
    }
    page = render(request, template, context, status=refused.status)
    for name, value in _headers(refused).items():
        page.headers[name] = value
    return page


def _headers(refused: Refused) -> dict[str, str]:
    """When to come again, where that is soon."""
    return {"Retry-After": "2"} if refused.status == 503 else {}


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").split(";")[0].split(",")[0].strip() == "application/json"


def is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
