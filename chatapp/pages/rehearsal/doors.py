"""The rehearsal's doors in the admin: the page, its end by hand, and its numbers while somebody watches."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Final

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatapp.pages.rehearsal import board, record, steering
from chatapp.pages.rehearsal.forms import RehearsalForm
from chatapp.pages.rehearsal.steering import Declined, Plan, Unreachable

log = logging.getLogger(__name__)

# Who decides what people get when Claude cannot answer may also see whether it works.
PERMISSION: Final = "chatapp.change_fallbacks"
EARLIER: Final = 10
AWAY: Final = "The simulated Claude does not answer at its control doors, so nothing can be rehearsed just now."
STARTED: Final = "The rehearsal has begun. It ends by itself."
ONE_AT_A_TIME: Final = "A rehearsal is running already. Stop it first, or wait for its end."

View = Callable[[HttpRequest], HttpResponseBase]


def _only_in_a_simulation(view: View) -> View:
    """A real Claude cannot be told to fail, so there the doors are not there; for anybody."""

    def permitted(request: HttpRequest) -> HttpResponseBase:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        return view(request)

    guarded = admin.site.admin_view(wraps(view)(permitted))

    @wraps(view)
    def door(request: HttpRequest) -> HttpResponseBase:
        if not settings.CHATAPP_SIMULATED:
            raise Http404
        return guarded(request)

    return door


@_only_in_a_simulation
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """The page; its form comes back here."""
    rehearsals = record.latest(EARLIER)
    now = timezone.now()
    last = rehearsals[0] if rehearsals else None
    running = last is not None and last.is_running(now)
    if request.method == "POST" and running:
        messages.error(request, ONE_AT_A_TIME)
        return redirect("rehearsal")
    form, sentence = None, ""
    if not running:
        try:
            form = RehearsalForm(steering.faults(), request.POST if request.method == "POST" else None)
            if form.is_valid():
                _start(form.plan, int(request.user.pk or 0))
                messages.success(request, STARTED)
                return redirect("rehearsal")
        except Unreachable:
            form, sentence = None, AWAY
        except Declined as declined:
            log.warning("the simulated Claude declined a rehearsal: %s", declined)
            sentence = (
                "The simulated Claude did not accept this rehearsal; its own words are in the log. Try another one."
            )
    words = {
        "title": "Rehearse a failure",
        "form": form,
        "sentence": sentence,
        "board": board.of(last, now) if last else None,
        "last": last,
        "running": running,
        "earlier": rehearsals,
        "now": now,
    }
    status = 503 if sentence else 422 if form and form.is_bound else 200
    return render(request, "admin/rehearsal/page.html", {**admin.site.each_context(request), **words}, status=status)


@_only_in_a_simulation
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    last = next(iter(record.latest()), None)
    if last is None or not last.is_running(now):
        messages.info(request, "The rehearsal was over already.")
        return redirect("rehearsal")
    try:
        steering.withdraw(last.number)
    except Unreachable:
        messages.error(
            request,
            "The simulated Claude does not answer, so the rehearsal could not be stopped. "
            f"It ends by itself in {last.seconds_left(now)} seconds.",
        )
        return redirect("rehearsal")
    record.stopped(last, int(request.user.pk or 0), now)
    messages.success(request, "The rehearsal is stopped. What it broke goes on as it can.")
    return redirect("rehearsal")


@_only_in_a_simulation
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes."""
    now = timezone.now()
    last = next(iter(record.latest()), None)
    found = board.of(last, now) if last else None
    return render(request, "admin/rehearsal/figures.html", {"board": found, "last": last, "now": now})


def _start(plan: Plan, user_id: int) -> None:
    now = timezone.now()
    number = steering.start(plan)
    try:
        record.began(plan, number, user_id, now)
    except BaseException:
        # Nothing fails of which nobody could say who wanted it.
        with suppress(Unreachable):
            steering.withdraw(number)
        raise
