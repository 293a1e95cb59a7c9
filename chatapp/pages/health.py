"""Is this process alive, can it serve, and what has been measured."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from chatapp.claude import gate, stops
from chatapp.claude import readings as of_claude
from chatapp.money import readings as of_money
from chatapp.storage import schema
from chatapp.storage.schema import Tables
from chatapp.telemetry import measures
from chatapp.turns import lease
from chatapp.turns import readings as of_turns

for readings in (of_claude, of_money, of_turns):
    readings.register()


@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    if lease.claim.leaving:
        return _not_ready("this process is leaving: it finishes its answers and takes no new questions")
    try:
        tables = schema.standing()
        stopped = tables is Tables.CURRENT and "" in stops.standing()
    except DatabaseError:
        return _not_ready("the database cannot be reached", database="away")
    if tables is Tables.LACKING:
        return _not_ready("the database lacks tables; `manage.py prepare` makes them", database="here")
    if tables is Tables.LEFT_BEHIND:
        return _not_ready("the database is of a newer version, which has left this one behind", database="newer")
    if stopped:
        return _not_ready("Claude must not be asked until an operator ends the stop in the admin", claude="stopped")
    # Trouble that passes by itself is no reason to leave: every process has it, and its pages are still of use.
    refused = gate.refused()
    if refused:
        return _not_ready(f"Claude does not accept this site's requests: {refused}", claude="refuses")
    claude = "in trouble" if gate.outage() else "here"
    return JsonResponse({"status": "ready", "database": "here", "claude": claude})


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    token = settings.CHATAPP_METRICS_TOKEN
    if token and not secrets.compare_digest(
        request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()
    ):
        return HttpResponse("These figures want a bearer token.\n", status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(measures.as_text(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _not_ready(reason: str, **more: str) -> JsonResponse:
    return JsonResponse({"status": "not ready", "reason": reason, **more}, status=503)
