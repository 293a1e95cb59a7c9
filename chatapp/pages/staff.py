"""What staff see of a turn, whosever it is: how Claude was asked, and what came of it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chatapp.pages.doors import person, signed_in
from chatapp.turns import inquest
from chatapp.turns.models import Turn


@require_safe
@signed_in
def turn(request: HttpRequest, turn_id: int) -> HttpResponse:
    """For everybody else, and be it the one who asked, there is no such page."""
    if not person(request).is_staff:
        raise Http404
    try:
        found = Turn.objects.select_related("asker").get(pk=turn_id)
    except (Turn.DoesNotExist, OverflowError):
        raise Http404 from None
    response = render(request, "staff/turn.html", {"found": inquest.of(found)})
    response["Cache-Control"] = "no-store"
    return response
