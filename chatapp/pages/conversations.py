"""The pages of the chat: a new one, a conversation, the rail, the exports, and what is done with a whole one."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from chatapp.money.prices import UnknownPrice
from chatapp.pages.doors import conversation_of, is_htmx, person, post_only, signed_in, turn_of, wants_json
from chatapp.turns import drawing, endings, estimates, export, frames, inbox, later, meter, rail, routing, shelf
from chatapp.turns.fallbacks import Fallbacks
from chatapp.turns.meter import Meter
from chatapp.turns.models import Conversation
from chatapp.turns.refusals import Refused

STARTERS = (
    "Explain a hard idea of my field to a newcomer, with an example.",
    "Turn these notes into a clear plan with dates and owners: ",
    "Review this text: what is unclear, what is missing, what is wrong? ",
)


@require_safe
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "chat/page.html", context(request, None))


@require_safe
@signed_in
def show(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    conversation = conversation_of(request, conversation_id)
    before = request.GET.get("before", "")
    if is_htmx(request) and before.isascii() and before.isdigit() and len(before) < 19:
        turns, older_before = drawing.window(conversation, int(before), frames.WINDOW)
        fragment = {"turns": turns, "older_before": older_before, "conversation": conversation}
        return render(request, "turns/turns.html", fragment)
    later.see(conversation.pk)
    return render(request, "chat/page.html", context(request, conversation))


@require_safe
@signed_in
def show_rail(request: HttpRequest) -> HttpResponse:
    return render(request, "chat/rail.html", rail_context(request, _current(request)))


def context(request: HttpRequest, conversation: Conversation | None) -> dict[str, Any]:
    """Everything the page of a conversation, or of a new one, is drawn from."""
    turns: list[drawing.TurnView] = []
    older_before = None
    if conversation:
        turns, older_before = drawing.window(conversation, None, frames.WINDOW)
    return {
        "conversation": conversation,
        "turns": turns,
        "older_before": older_before,
        "running": next((turn for turn in turns if not turn.final), None),
        "meter": meter.of(conversation.owner_id, conversation.pk, timezone.now()) if conversation else Meter(),
        "budget_words": "" if conversation else meter.words(person(request).pk, timezone.now()),
        "simulated": settings.CHATAPP_SIMULATED,
        "question_limit_bytes": inbox.QUESTION_LIMIT_BYTES,
        "ask_id": uuid4(),
        "starters": STARTERS,
        "later": Fallbacks.current().later,
        "choices": routing.choices(person(request).pk, conversation.wish if conversation else "", _today()),
        **rail_context(request, conversation.pk if conversation else None),
    }


def _today() -> date:
    return timezone.now().date()


@require_safe
@signed_in
def estimate(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """What the next question may cost at most: a fixed part, a part for every byte typed, and what is left."""
    conversation = conversation_of(request, conversation_id)
    try:
        response = JsonResponse(estimates.worst(conversation, timezone.now()).as_json())
    except UnknownPrice:
        response = JsonResponse({"error": "no_price", "message": endings.NO_PRICE}, status=404)
    response["Cache-Control"] = "no-store"
    return response


def rail_context(request: HttpRequest, current: UUID | None) -> dict[str, Any]:
    search = request.GET.get("q", "")[:200]
    archived = request.GET.get("archived") == "1"
    return {
        "rail": rail.groups(person(request), search=search, archived=archived, current=current),
        "search": search,
        "archived": archived,
    }


@require_safe
@signed_in
def export_json(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    response = JsonResponse(export.as_json(conversation_of(request, conversation_id)))
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@signed_in
def export_markdown(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    conversation = conversation_of(request, conversation_id)
    text = "".join(export.as_markdown(conversation))
    return HttpResponse(
        text,
        content_type="text/markdown; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="conversation-{conversation.pk}.md"',
            "Cache-Control": "no-store",
        },
    )


@require_safe
@signed_in
def answer(request: HttpRequest, conversation_id: UUID, turn_id: int) -> HttpResponse:
    """An answer as Claude wrote it, for copying."""
    text = export.text_of(turn_of(request, conversation_id, turn_id))
    return HttpResponse(text, content_type="text/markdown; charset=utf-8", headers={"Cache-Control": "no-store"})


@post_only
@signed_in
def rename(request: HttpRequest, conversation_id: UUID) -> HttpResponseBase:
    conversation = conversation_of(request, conversation_id)
    try:
        shelf.rename(conversation, request.POST.get("title", ""))
    except Refused as refused:
        if wants_json(request):
            raise
        page = {**context(request, conversation), "refusal": refused.sentence}
        return render(request, "chat/page.html", page, status=refused.status)
    return _after(request, conversation)


@post_only
@signed_in
def pin(request: HttpRequest, conversation_id: UUID) -> HttpResponseBase:
    conversation = conversation_of(request, conversation_id)
    shelf.pin(conversation)
    return _after(request, conversation)


@post_only
@signed_in
def archive(request: HttpRequest, conversation_id: UUID) -> HttpResponseBase:
    conversation = conversation_of(request, conversation_id)
    shelf.archive(conversation)
    return _after(request, conversation)


@post_only
@signed_in
def delete(request: HttpRequest, conversation_id: UUID) -> HttpResponseBase:
    shelf.delete(conversation_of(request, conversation_id))
    if wants_json(request):
        return JsonResponse({"deleted": str(conversation_id)})
    if is_htmx(request):
        return HttpResponse(headers={"HX-Redirect": "/"})
    return redirect("/")


def _after(request: HttpRequest, conversation: Conversation) -> HttpResponseBase:
    if wants_json(request):
        return JsonResponse({"conversation": str(conversation.pk), "title": conversation.title})
    if is_htmx(request):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return redirect("conversation", conversation.pk)


def _current(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("current", ""))
    except ValueError:
        return None
