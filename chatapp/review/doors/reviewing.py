"""The queue: what waits, the next item, the scorecard, and how far reviewers agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from chatapp.review import agreement, queue, transcripts
from chatapp.review.doors.guard import LEAD, REVIEW, by_script, item_of, note, number, page, reader, staff
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
    if found is None:
        return _next(request, number(request.GET.get("after", "")) or 0, Scorecard.current())
    _claim(request, found)
    return _lead(request, found, Scorecard.current())


def _next(request: HttpRequest, after: int, card: Scorecard | None) -> HttpResponseBase:
    me = reader(request)
    if found := queue.take_next(me, after, leads=me.has_perm(LEAD)):
        return _lead(request, found, card)
    messages.success(request, "Nothing waits for you. Well done.")
    if by_script(request):
        return HttpResponse(headers={"HX-Redirect": reverse("review_queue")})
    return redirect("review_queue")


def _lead(request: HttpRequest, found: Item, card: Scorecard | None) -> HttpResponseBase:
    """To an item: our script gets it with this very answer, everybody else its address."""
    if not by_script(request):
        return redirect("review_item", found.pk)
    response = _shown(request, item_of(found.pk), card)
    response.headers["HX-Push-Url"] = reverse("review_item", args=[found.pk])
    return response


@staff(REVIEW, "GET", "HEAD", "POST")
def item(request: HttpRequest, item_id: int) -> HttpResponseBase:
    """One turn with its scorecard; sent, it leads on to the next one."""
    me, card = reader(request), Scorecard.current()
    if request.method != "POST":
        found = item_of(item_id)
        _claim(request, found)
        return _shown(request, found, card)
    try:
        if card is None:
            raise queue.Unclear("There is no scorecard yet. An administrator can make one.")
        queue.submit(item_id, me, card, request.POST, request.POST.get("note", ""), leads=me.has_perm(LEAD))
    except (Item.DoesNotExist, OverflowError):
        raise Http404 from None
    except queue.Unclear as unclear:
        found = item_of(item_id)
        _claim(request, found)
        return _shown(request, found, card, request.POST, str(unclear))
    return _next(request, item_id, card)


def _claim(request: HttpRequest, found: Item) -> None:
    """His for a while, if he has anything to do with it."""
    me = reader(request)
    if queue.concerns(found, me, leads=me.has_perm(LEAD)) and not queue.take(found, me):
        # Whoever was quicker has come since it was read.
        found.refresh_from_db(fields=["assignee"])
        messages.warning(request, f"{found.assignee or 'Somebody else'} is at it just now.")


def _shown(
    request: HttpRequest,
    found: Item,
    card: Scorecard | None,
    said: Mapping[str, str] | None = None,
    wrong: str = "",
) -> HttpResponse:
    """The page of an item, with what was said of it already, if that could not be kept."""
    said, turn = said or {}, found.turn
    note(request, Visit.What.REVIEW, f"item {found.pk}: {found.get_why_display()}", turn.conversation, turn.pk)
    transcript = transcripts.of(turn.conversation, turn.pk, around=2)
    current = [one for one in transcript.turns if one.current]
    context = {
        "item": found,
        "card": card,
        "criteria": _criteria(card, said),
        "note": said.get("note", ""),
        "transcript": transcript,
        "current": current,
        "before": [one for one in transcript.turns if one.id < turn.pk],
        "turn_id": turn.pk,
        "open_reviews": current and transcripts.open_to(found, reader(request), current[0].reviews),
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


def _criteria(card: Scorecard | None, said: Mapping[str, str]) -> list[dict[str, Any]]:
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
