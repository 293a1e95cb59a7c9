"""The queue: rules put turns into it, reviewers take the next one, and each is reviewed once, some of them twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from chatapp.review.models import Item, Review, ReviewSettings, Rule, Scorecard
from chatapp.turns.feedback import Feedback
from chatapp.turns.models import Turn
from chatapp.turns.register import filing
from chatapp.turns.register.models import Filed
from chatapp.turns.states import State

# Whoever opened an item and went away keeps it from others for so long.
TAKEN_FOR: Final = timedelta(minutes=30)
LATE_THUMBS: Final = timedelta(days=7)
MOST_DISLIKED: Final = 200
BY_HAND: Final = "by_hand"
_BROKEN: Final = (State.FAILED, State.INTERRUPTED)
_WHICH: Final[Mapping[str, Q]] = {
    Rule.Kind.THUMBS_DOWN: Q(profile__thumb=-1),
    Rule.Kind.REFUSED: Q(profile__state=State.REFUSED),
    Rule.Kind.FAILED: Q(profile__state__in=_BROKEN),
    Rule.Kind.RANDOM: Q(),
}


class Unclear(ValueError):
    """What a reviewer sent cannot be kept; the sentence says why."""


def fill(turn_ids: Sequence[int]) -> int:
    """Put what the rules find among these turns into the queue; how many that were. Twice is once."""
    rules = list(Rule.objects.filter(active=True)) if turn_ids else []
    found: dict[int, str] = {}
    for rule in rules:
        which = Q(nanodollars__gt=rule.above_nanodollars) if rule.kind == Rule.Kind.COSTLY else _WHICH[rule.kind]
        hits = Filed.objects.filter(which, turn__in=turn_ids).values_list("turn_id", flat=True)
        for turn_id in hits:
            if _drawn(f"{rule.kind}:{turn_id}", float(rule.percent)):
                found.setdefault(turn_id, rule.kind)
    second = ReviewSettings.current().second_percent if found else 0
    now = timezone.now()
    items = [_item(turn_id, why, second, now) for turn_id, why in sorted(found.items())]
    before = Item.objects.filter(turn__in=found).count()
    Item.objects.bulk_create(items, ignore_conflicts=True)
    return Item.objects.filter(turn__in=found).count() - before


def disliked() -> list[int]:
    """Filed turns that got a thumb down since, and are in no queue; the newest, for no rule may want the others."""
    since = timezone.now() - LATE_THUMBS
    found = Feedback.objects.filter(thumb=-1, given_at__gt=since, turn__review_item=None, turn__filed__isnull=False)
    return list(found.order_by("-given_at").values_list("turn_id", flat=True)[:MOST_DISLIKED])


def add(turn: Turn) -> Item:
    """Somebody wants it reviewed."""
    item = _item(turn.pk, BY_HAND, ReviewSettings.current().second_percent, timezone.now())
    Item.objects.bulk_create([item], ignore_conflicts=True)
    return Item.objects.get(turn=turn)


def waiting(reviewer: User, *, leads: bool) -> QuerySet[Item]:
    """What this reviewer could do now, the oldest first; what was given to him by name comes before everything."""
    free = Q(assignee=None) | Q(assignee=reviewer) | Q(taken_at__lt=timezone.now() - TAKEN_FOR)
    open_states = [Item.State.OPEN, Item.State.SECOND, *([Item.State.DISPUTED] if leads else [])]
    mine = Review.objects.filter(reviewer=reviewer).values("item")
    found = Item.objects.filter(free, state__in=open_states)
    return found.exclude(Q(pk__in=mine) & ~Q(state=Item.State.DISPUTED)).order_by("pk")


def take_next(reviewer: User, after: int = 0, *, leads: bool) -> Item | None:
    """The next item, his for a while; past the end it begins again with the first."""
    for _ in range(5):
        free = waiting(reviewer, leads=leads)
        named = free.filter(assignee=reviewer, taken_at=None)
        found = named.filter(pk__gt=after).first() or free.filter(pk__gt=after).first() or free.first()
        if found is None or take(found, reviewer):
            return found
    return None


def before(reviewer: User, item_id: int, *, leads: bool) -> Item | None:
    """The one before, for going back."""
    return waiting(reviewer, leads=leads).filter(pk__lt=item_id).last()


def take(item: Item, reviewer: User) -> bool:
    """His for a while, unless somebody was quicker."""
    now = timezone.now()
    free = Q(assignee=None) | Q(assignee=reviewer, taken_at__isnull=False) | Q(taken_at__lt=now - TAKEN_FOR)
    if Item.objects.filter(free, pk=item.pk).update(assignee=reviewer, taken_at=now):
        return True
    return Item.objects.filter(pk=item.pk, assignee=reviewer).exists()


def concerns(item: Item, reviewer: User, *, leads: bool) -> bool:
    """Whether this reviewer has anything to do with it now."""
    if item.state == Item.State.DISPUTED:
        return leads
    return item.state != Item.State.DONE and not item.reviews.filter(reviewer=reviewer).exists()


def assign(item: Item, reviewer: User | None) -> None:
    """Ask somebody by name, or nobody."""
    Item.objects.filter(pk=item.pk).update(assignee=reviewer, taken_at=None)


def submit(
    item_id: int, reviewer: User, card: Scorecard, said: Mapping[str, str], note: str, *, leads: bool = False
) -> Item:
    """Keep what a reviewer found; raises Unclear. Once more is a correction, as long as nobody else has reviewed it."""
    scores, now = _scores(card, said), timezone.now()
    note = note.replace("\x00", "").strip()
    if len(note) > 4000:
        raise Unclear("A note may have 4,000 characters.")
    with transaction.atomic():
        filing.hold()
        held = Item.objects.select_for_update().get(pk=item_id)
        settles = held.state == Item.State.DISPUTED
        if settles and not leads:
            raise Unclear("Two reviewers disagree here; somebody who leads the reviewers settles it.")
        what: dict[str, Any] = {
            "scorecard": card,
            "reviewer_name": reviewer.get_username(),
            "scores": scores,
            "note": note,
            "at": now,
        }
        known = list(held.reviews.order_by("pk"))
        mine_at_last = next((one for one in reversed(known) if one.reviewer_id == reviewer.pk), None)
        same = mine_at_last and (mine_at_last.scorecard_id, mine_at_last.scores, mine_at_last.note)
        if same == (card.pk, scores, note) and not settles:
            # Pressed twice: it is kept already. Who settles may say again what he said as one of the two.
            return held
        reviews = [one for one in known if not one.settles]
        mine = next((one for one in reviews if one.reviewer_id == reviewer.pk), None)
        if held.state == Item.State.DONE and mine is None:
            raise Unclear("Somebody else has reviewed it meanwhile. The next one is waiting.")
        if settles or mine is None:
            reviews.append(held.reviews.create(reviewer=reviewer, settles=settles, **what))
        elif held.state == Item.State.DONE or len(reviews) > 1:
            raise Unclear("It is settled already, so your review stays as it is.")
        else:
            held.reviews.filter(pk=mine.pk).update(**what)
            mine.scores = scores
        held.state = Item.State.DONE if settles else _state(held, reviews)
        held.done_at = now if held.state == Item.State.DONE else None
        held.assignee, held.taken_at = None, None
        held.save()
        if held.state == Item.State.DONE:
            filing.file_again([held.turn_id], reviewed=True)
    return held


def _state(item: Item, found: Sequence[Review]) -> Item.State:
    if len(found) < item.wanted:
        return Item.State.SECOND
    return Item.State.DONE if all(one.scores == found[0].scores for one in found) else Item.State.DISPUTED


def _scores(card: Scorecard, said: Mapping[str, str]) -> dict[str, int]:
    scores: dict[str, int] = {}
    for criterion in card.criteria.all():
        chosen = said.get(f"criterion-{criterion.pk}", "")
        number = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 4 else 0
        if not 1 <= number <= len(criterion.choices):
            raise Unclear(f"“{criterion.name}” has no answer yet.")
        scores[str(criterion.pk)] = number
    return scores


def _item(turn_id: int, why: str, second_percent: int, now: datetime) -> Item:
    wanted = 2 if _drawn(f"second:{turn_id}", second_percent) else 1
    return Item(turn_id=turn_id, why=why, wanted=wanted, made_at=now)


def _drawn(ticket: str, percent: float) -> bool:
    """By chance, and always the same for the same ticket: whoever looks twice draws once."""
    number = int.from_bytes(hashlib.sha256(ticket.encode()).digest()[:8], "big")
    return number < percent / 100 * 2**64
