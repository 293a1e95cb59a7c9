"""The doors of attached files: taken in one by one before the question, shown to nobody but their owner."""

from __future__ import annotations

import re

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from chatapp.files import cupboard
from chatapp.pages.doors import person, post_only, signed_in, wants_json
from chatapp.turns import attachments, refusals

# Whatever it is, it is looked at and never run.
_UNPLAIN = re.compile(r"[^A-Za-z0-9._ -]")
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@post_only
@signed_in
def add(request: HttpRequest) -> HttpResponseBase:
    """One file; answered with what it is, or with a sentence about what is wrong with it."""
    given = request.FILES.get("file")
    if given is None:
        raise refusals.unfit("There is no file in that message.")
    chip = attachments.add(person(request), given.name or "", given.read())
    return JsonResponse({"key": chip.key, "name": chip.name, "kind": chip.kind, "words": chip.words})


@post_only
@signed_in
def remove(request: HttpRequest, key: str) -> HttpResponseBase:
    attachments.remove(person(request), key)
    return JsonResponse({"removed": key}) if wants_json(request) else redirect("/")


@require_safe
@signed_in
def show(request: HttpRequest, key: str) -> HttpResponse:
    row = attachments.owned(person(request), key)
    data = cupboard.take(row.key) if row else None
    if row is None or data is None:
        raise Http404
    text = row.media_type == "text/plain"
    response = HttpResponse(data, content_type=f"{row.media_type}; charset=utf-8" if text else row.media_type)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    shown = "inline" if row.kind == "image" else "attachment"
    response.headers["Content-Disposition"] = f'{shown}; filename="{_UNPLAIN.sub("_", row.name)}"'
    return response


def files_in(request: HttpRequest) -> tuple[str, ...]:
    """What goes with a question: what was attached before by key, and what a form without scripts brings along."""
    keys = attachments.keys_in(request.POST.getlist("attachments"))
    given = [file for file in request.FILES.getlist("files") if file.size]
    if len(keys) + len(given) > attachments.PER_QUESTION:
        raise refusals.TOO_MUCH_AT_ONCE
    for file in given:
        try:
            keys = (*keys, attachments.add(person(request), file.name or "", file.read()).key)
        except refusals.Refused:
            # All or none: the person sends the form once more.
            for key in keys:
                attachments.remove(person(request), key)
            raise
    return keys
