"""The doors through which questions come in and answers are stopped; POST only."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render

from chatapp.pages.attaching import files_in
from chatapp.pages.conversations import context
from chatapp.pages.doors import (
    ask_id_in,
    is_htmx,
    person,
    post_only,
    question_in,
    signed_in,
    turn_of,
    wants_json,
)
from chatapp.pages.posting import HEADER, told
from chatapp.turns import acceptance, drawing, frames, inbox, opinions, shelf, stopping
from chatapp.turns.acceptance import Accepted
from chatapp.turns.models import Conversation


@told
@post_only
@signed_in
def begin(request: HttpRequest) -> HttpResponseBase:
    turn = inbox.begin(person(request), question_in(request), ask_id_in(request), _wish(request), files_in(request))
    if is_htmx(request) and not wants_json(request):
        conversation = Conversation.objects.get(pk=turn.conversation_id)
        response = render(request, "chat/begun.html", context(request, conversation))
        response["HX-Push-Url"] = f"/c/{turn.conversation_id}/"
        return _known(response, turn)
    return _answered(request, turn)


@told
@post_only
@signed_in
def ask(request: HttpRequest, conversation_id: UUID) -> HttpResponseBase:
    try:
        said = question_in(request), ask_id_in(request), _wish(request), files_in(request)
        turn = inbox.ask(person(request), conversation_id, *said)
    except Conversation.DoesNotExist:
        raise Http404 from None
    return _answered(request, turn)


@told
@post_only
@signed_in
def edit(request: HttpRequest, conversation_id: UUID, turn_id: int) -> HttpResponseBase:
    turn = turn_of(request, conversation_id, turn_id)
    return _reshaped(request, inbox.edit(person(request), turn, question_in(request), ask_id_in(request)))


@told
@post_only
@signed_in
def retry(request: HttpRequest, conversation_id: UUID, turn_id: int) -> HttpResponseBase:
    turn = turn_of(request, conversation_id, turn_id)
    return _reshaped(request, inbox.retry(person(request), turn, _optional_ask_id(request), _wish(request)))


@told
@post_only
@signed_in
def later(request: HttpRequest, conversation_id: UUID, turn_id: int) -> HttpResponseBase:
    turn = turn_of(request, conversation_id, turn_id)
    return _reshaped(request, inbox.later(person(request), turn, _optional_ask_id(request)))


@told
@post_only
@signed_in
def carry_on(request: HttpRequest, conversation_id: UUID, turn_id: int) -> HttpResponseBase:
    turn = turn_of(request, conversation_id, turn_id)
    return _reshaped(request, inbox.carry_on(person(request), turn, _optional_ask_id(request)))


@told
@post_only
@signed_in
def select(request: HttpRequest, conversation_id: UUID, turn_id: int) -> HttpResponseBase:
    turn = turn_of(request, conversation_id, turn_id)
    shelf.select(turn)
    return _reshaped(request, acceptance.accepted(turn))


@told
@post_only
@signed_in
def stop(request: HttpRequest, conversation_id: UUID, turn_id: int) -> HttpResponseBase:
    turn = turn_of(request, conversation_id, turn_id)
    stopping.stop_and_wait(turn.pk)
    turn.refresh_from_db()
    return _answered(request, acceptance.accepted(turn))


def _wish(request: HttpRequest) -> str:
    """The model that was chosen with the question, if any."""
    return request.POST.get("model", "")


def _optional_ask_id(request: HttpRequest) -> UUID:
    return ask_id_in(request) if "ask_id" in request.POST else uuid4()


def _answered(request: HttpRequest, turn: Accepted) -> HttpResponseBase:
    """The turn, at once: its article for a page, its address for a browser without scripts."""
    if wants_json(request):
        return _json(turn)
    if not is_htmx(request):
        return _known(redirect(f"/c/{turn.conversation_id}/#turn-{turn.turn_id}"), turn)
    if turn.view:
        return _known(HttpResponse(frames.turn(drawing.first_article(turn.view))), turn)
    shown = drawing.shown(turn.turn_id)
    return _known(HttpResponse(frames.turn(drawing.article(shown)) if shown else ""), turn)


@post_only
@signed_in
def judge(request: HttpRequest, conversation_id: UUID, turn_id: int) -> HttpResponseBase:
    """A thumb for an answer, and a word about it."""
    turn = turn_of(request, conversation_id, turn_id)
    # Every turn's box belongs to the same form, so each has a name of its own.
    said = request.POST.get(f"words-{turn_id}", request.POST.get("words", ""))
    opinions.give(turn, request.POST.get("thumb", ""), said)
    return _reshaped(request, acceptance.accepted(turn))


def _reshaped(request: HttpRequest, turn: Accepted) -> HttpResponseBase:
    """The whole shown thread, because another branch is shown now."""
    if wants_json(request):
        return _json(turn)
    if not is_htmx(request):
        return _known(redirect("conversation", turn.conversation_id), turn)
    return _known(HttpResponse(frames.thread(Conversation.objects.get(pk=turn.conversation_id))), turn)


def _json(turn: Accepted) -> HttpResponseBase:
    told = {"turn": turn.turn_id, "conversation": str(turn.conversation_id), "state": turn.state}
    return _known(JsonResponse(told), turn)


def _known(response: HttpResponseBase, turn: Accepted) -> HttpResponseBase:
    response.headers[HEADER] = turn.correlation_id
    return response
