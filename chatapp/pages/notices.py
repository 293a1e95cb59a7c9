"""The notices on every page, for whoever is signed in."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from chatapp.pages.doors import signed_in
from chatapp.turns import notices
from chatapp.turns.notices import Told


def banner(request: HttpRequest) -> dict[str, Callable[[], tuple[Told, ...]]]:
    """A context processor, so that no page can forget it; they are only looked up where they are shown."""
    return {"notices": lambda: notices.running(timezone.now())}


@require_safe
@signed_in
def show(request: HttpRequest) -> JsonResponse:
    """What is to be read now, for a page that has no socket to hear it from."""
    response = JsonResponse({"notices": [told.as_json() for told in notices.running(timezone.now())]})
    response["Cache-Control"] = "no-store"
    return response
