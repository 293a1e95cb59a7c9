"""What Claude is told of a conversation, and what its owner decides about it; for staff, how the cache serves."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from chatapp.claude.catalogue import label
from chatapp.pages.doors import conversation_of, is_htmx, person, post_only, signed_in, turn_of, wants_json
from chatapp.turns import cache, frames, memory, telling
from chatapp.turns.models import Conversation
from chatapp.turns.notes import Digest


@require_safe
@signed_in
def told(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The panel behind the gauge; a page of its own where nothing opens it in place."""
    conversation = conversation_of(request, conversation_id)
    template = "chat/told.html" if is_htmx(request) else "chat/told_page.html"
    context = {"told": telling.of(conversation, timezone.now()), "conversation": conversation}
    response = render(request, template, context)
    response["Cache-Control"] = "no-store"
    return response


@post_only
@signed_in
def allow(request: HttpRequest, conversation_id: UUID) -> HttpResponseBase:
    conversation = conversation_of(request, conversation_id)
    memory.allow(conversation)
    return _changed(request, conversation)


@post_only
@signed_in
def correct(request: HttpRequest, conversation_id: UUID, digest_id: int) -> HttpResponseBase:
    conversation = conversation_of(request, conversation_id)
    memory.correct(_digest(conversation, digest_id), request.POST.get("text", ""))
    return _changed(request, conversation)


@post_only
@signed_in
def undo(request: HttpRequest, conversation_id: UUID, digest_id: int) -> HttpResponseBase:
    conversation = conversation_of(request, conversation_id)
    memory.undo(_digest(conversation, digest_id))
    return _changed(request, conversation)


@post_only
@signed_in
def pin(request: HttpRequest, conversation_id: UUID, turn_id: int) -> HttpResponseBase:
    turn = turn_of(request, conversation_id, turn_id)
    memory.pin(turn)
    return _changed(request, conversation_of(request, conversation_id))


@require_safe
@signed_in
def health(request: HttpRequest) -> HttpResponse:
    """For staff: nothing here says what anybody wrote."""
    if not person(request).is_staff:
        raise Http404
    since = telling.week(timezone.now())
    models = [(label(model), found) for model, found in cache.by_model(since)]
    response = render(request, "staff/cache.html", {"models": models, "reasons": cache.why(since)})
    response["Cache-Control"] = "no-store"
    return response


def _digest(conversation: Conversation, digest_id: int) -> Digest:
    try:
        return conversation.digests.get(pk=digest_id, undone_at=None)
    except (Digest.DoesNotExist, OverflowError):
        raise Http404 from None


def _changed(request: HttpRequest, conversation: Conversation) -> HttpResponseBase:
    if wants_json(request):
        return JsonResponse({"conversation": str(conversation.pk)})
    if is_htmx(request):
        conversation.refresh_from_db()
        return HttpResponse(frames.thread(conversation))
    return redirect("conversation", conversation.pk)
