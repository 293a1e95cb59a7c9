"""The queue: what waits, the next item, the scorecard, and how far reviewers agree."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from chatapp.review import agreement, queue, transcripts
from chatapp.review.doors.guard import LEAD, REVIEW, item_of, note, number, page, reader, staff
from chatapp.review.models import Item, Scorecard, Visit
from chatapp.turns.register.models import Label

SHOWN = 100


@staff(REVIEW, "GET", "HEAD")
def show(request: HttpRequest) -> HttpResponse:
    """What waits and for whom; which turns those are, and not what was said in them."""
    leads = reader(request).has_perm(LEAD)
    waiting = (
        Item.objects.filter(state__in=Item.OPEN_STATES)
        .select_related("turn__asker", "assignee")
        .defer("turn__question", "turn__answer", "turn__thinking")
    )
    counts = dict(Item.objects.values_list("state").annotate(n=Count("pk")))
    context = {
        "items": waiting.order_by("pk")[:SHOWN],
        "counts": [(label, counts.get(state, 0)) for state, label in Item.State.choices],
        "mine": queue.waiting(reader(request), leads=leads).count(),
        "reviewers": _reviewers() if leads else (),
        "card": Scorecard.current(),
    }
    return page(request, "queue.html", context)


@staff(REVIEW, "GET", "HEAD")
def go_on(request: HttpRequest) -> HttpResponseBase:
    """The next item after one, or the one before it."""
    me, leads = reader(request), reader(request).has_perm(LEAD)
    earlier = number(request.GET.get("before", ""))
    found = queue.before(me, earlier, leads=leads) if earlier is not None else None
    return redirect("review_item", found.pk) if found else _next(request, number(request.GET.get("after", "")) or 0)


def _next(request: HttpRequest, after: int) -> HttpResponseBase:
    me = reader(request)
    if found := queue.take_next(me, after, leads=me.has_perm(LEAD)):
        return redirect("review_item", found.pk)
    messages.success(request, "Nothing waits for you. Well done.")
    return redirect("review_queue")


@staff(REVIEW, "GET", "HEAD", "POST")
def item(request: HttpRequest, item_id: int) -> HttpResponseBase:
    """One turn with its scorecard; sent, it leads on to the next one."""
    found, me = item_of(item_id), reader(request)
    card = Scorecard.current()
    wrong = ""
    if request.method == "POST":
        try:
            if card is None:
                raise queue.Unclear("There is no scorecard yet. An administrator can make one.")
            queue.submit(found, me, card, request.POST, request.POST.get("note", ""), leads=me.has_perm(LEAD))
            return _next(request, item_id)
        except queue.Unclear as unclear:
            wrong = str(unclear)
    if queue.concerns(found, me, leads=me.has_perm(LEAD)) and not queue.take(found, me):
        messages.warning(request, f"{found.assignee} is at it just now.")
    turn = found.turn
    note(request, Visit.What.REVIEW, f"item {item_id}: {found.get_why_display()}", turn.conversation, turn.pk)
    transcript = transcripts.of(turn.conversation, turn.pk, around=2)
    context = {
        "item": found,
        "card": card,
        "criteria": _criteria(card, request.POST),
        "note": request.POST.get("note", ""),
        "transcript": transcript,
        "current": [one for one in transcript.turns if one.current],
        "before": [one for one in transcript.turns if one.id < turn.pk],
        "turn_id": turn.pk,
        "open_reviews": transcripts.open_to(found, me),
        "known_labels": Label.objects.all(),
        "wrong": wrong,
    }
    return page(request, "item.html", context, status=400 if wrong else 200)


@staff(LEAD, "POST")
def assign(request: HttpRequest, item_id: int) -> HttpResponseBase:
    found = item_of(item_id)
    name = request.POST.get("reviewer", "")
    chosen = next((one for one in _reviewers() if one.get_username() == name), None)
    if name and chosen is None:
        messages.error(request, f"“{name}” is no reviewer, so nobody was asked.")
    else:
        queue.assign(found, chosen)
        messages.success(request, f"{found} is for {chosen}." if chosen else f"{found} is for whoever comes first.")
    return redirect("review_queue")


@staff(REVIEW, "GET", "HEAD")
def agreed(request: HttpRequest) -> HttpResponse:
    disputed = Item.objects.filter(state=Item.State.DISPUTED).order_by("pk")[:SHOWN]
    return page(request, "agreement.html", {"agreements": agreement.of_all(), "disputed": disputed})


def _criteria(card: Scorecard | None, said: Any) -> list[dict[str, Any]]:
    """Every question with its answers, each with its number, and what was chosen already."""
    return [
        {
            "one": criterion,
            "field": f"criterion-{criterion.pk}",
            "choices": list(enumerate(criterion.choices, 1)),
            "chosen": number(said.get(f"criterion-{criterion.pk}", "")),
        }
        for criterion in (card.criteria.all() if card else ())
    ]


def _reviewers() -> list[User]:
    may = Q(user_permissions__codename="review_transcripts") | Q(groups__permissions__codename="review_transcripts")
    return list(
        User.objects.filter(may | Q(is_superuser=True), is_active=True, is_staff=True).distinct().order_by("username")
    )
