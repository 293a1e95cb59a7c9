"""The banner on every page while Claude cannot answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chatapp.pages.doors import signed_in
from chatapp.turns import outages
from chatapp.turns.outages import Told


def banner(request: HttpRequest) -> dict[str, Told | None]:
    """A context processor, so that no page can forget it."""
    return {"outage": outages.told()}


@require_safe
@signed_in
def show(request: HttpRequest) -> HttpResponse:
    """What the banner says now, for a page that has no socket to hear it from."""
    response = render(request, "chat/outage.html")
    response["Cache-Control"] = "no-store"
    return response
