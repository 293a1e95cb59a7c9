"""What two reviewers and the one who leads them may do to the same item, and which answers are kept."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, connection, transaction
from django.test import Client, RequestFactory

from chatapp.review import exports, queue
from chatapp.review.doors import guard, reviewing
from chatapp.review.models import Item, Review, Scorecard
from chatapp.storage import statements
from chatapp.turns import opinions
from chatapp.turns.models import Conversation
from chatapp.turns.register import filing
from chatapp.turns.register.wanted import Wanted
from tests.review.conftest import file_all, member
from tests.review.test_queue import ask, carl, items, rule, scores

__all__ = ["carl"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_dispute_that_arises_meanwhile_is_settled_by_who_leads(
    ada: User, bea: User, carl: User, card: Scorecard
) -> None:
    [seen] = items(ada, 1, wanted=2)
    dora = member("dora", "reviewer")
    for who, right in ((bea, 1), (carl, 2)):
        queue.submit(seen.pk, who, card, scores(card, right, 2), "")
    with pytest.raises(queue.Unclear, match="who leads"):
        queue.submit(seen.pk, dora, card, scores(card, 3, 2), "")
    assert queue.submit(seen.pk, dora, card, scores(card, 3, 2), "", leads=True).state == Item.State.DONE


def test_who_leads_may_settle_with_what_he_said_as_one_of_the_two_and_press_twice(
    ada: User, bea: User, carl: User, card: Scorecard
) -> None:
    [one] = items(ada, 1, wanted=2)
    for who, right in ((bea, 1), (carl, 2)):
        queue.submit(one.pk, who, card, scores(card, right, 2), "")
    for _ in range(2):
        assert queue.submit(one.pk, bea, card, scores(card, 1, 2), "", leads=True).state == Item.State.DONE
    assert list(Review.objects.filter(settles=True).values_list("reviewer_name", flat=True)) == ["bea"]


def test_who_settled_and_was_none_of_the_two_may_press_twice(ada: User, bea: User, carl: User, card: Scorecard) -> None:
    [one], dora = items(ada, 1, wanted=2), member("dora", "reviewer")
    for who, right in ((bea, 1), (carl, 2), (dora, 3), (dora, 3)):
        queue.submit(one.pk, who, card, scores(card, right, 2), "", leads=who == dora)
    assert Review.objects.count() == 3


def test_who_was_quicker_is_named(ada: User, bea: User, carl: User, rf: RequestFactory) -> None:
    [one] = items(ada, 1)
    seen, request = guard.item_of(one.pk), rf.get("/")
    queue.take(one, carl)
    request.user, request.session = bea, SessionStore()
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined] # where Django's middleware puts it
    reviewing._claim(request, seen)
    assert [str(said) for said in get_messages(request)] == ["carl is at it just now."]


@pytest.mark.large
@pytest.mark.parametrize("act", ["review", "opinion"])
def test_who_deletes_and_who_reviews_do_not_wait_for_each_other(
    ada: User, bea: User, card: Scorecard, act: str
) -> None:
    [one] = items(ada, 1)
    opinions.give(one.turn, "up")
    acts: dict[str, Callable[[], object]] = {
        "review": lambda: queue.submit(one.pk, bea, card, scores(card, 1, 2), ""),
        "opinion": lambda: opinions.give(one.turn, "down"),
    }
    with ThreadPoolExecutor(1) as crowd:
        with transaction.atomic():
            filing.forget(one.turn.conversation_id)
            other = crowd.submit(_and_close, acts[act])
            while not statements.row("SELECT 1 FROM pg_locks WHERE NOT granted"):
                assert not other.done()
            Conversation.objects.filter(pk=one.turn.conversation_id).update(head=None)
            Conversation.objects.filter(pk=one.turn.conversation_id).delete()
        # It finds nothing, and is no victim.
        assert isinstance(other.exception(30), Item.DoesNotExist | IntegrityError)


def _and_close(act: Callable[[], object]) -> None:
    try:
        act()
    finally:
        connection.close()


@pytest.mark.parametrize("answer", ["00299", "001" + "9" * 5_000, "4", "0", "-1", "\u0661"])
def test_an_answer_that_nobody_offered_is_not_kept(
    ada: User, desk_of_bea: Client, card: Scorecard, answer: str
) -> None:
    [one] = items(ada, 1)
    sent = {**scores(card, 1, 1), f"criterion-{card.criteria.all()[0].pk}": answer}
    assert desk_of_bea.post(f"/review/items/{one.pk}/", sent).status_code == 400
    assert not Review.objects.exists()


def test_thumbs_that_no_rule_drew_keep_no_later_one_from_the_queue(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_DISLIKED", 3)
    turns = ask(ada, 40)
    file_all()
    drawn = [turn for turn in turns if queue._drawn(f"thumbs_down:{turn.pk}", 30)]
    rule("thumbs_down", 30)
    for turn in sorted(turns, key=drawn.__contains__):
        opinions.give(turn, "down")
        queue.fill(queue.disliked())
    assert set(Item.objects.values_list("turn_id", flat=True)) == {turn.pk for turn in drawn}
    assert drawn


def test_an_export_tells_no_second_reviewer_what_the_first_one_found(
    ada: User, bea: User, carl: User, card: Scorecard
) -> None:
    [one] = items(ada, 1, wanted=2)
    queue.submit(one.pk, bea, card, scores(card, 1, 1), "quite wrong")
    [row] = exports.rows(Wanted())
    assert (row["item_state"], row["reviewer"], row["note"], row["scores"]) == ("second", "", "", {})
    queue.submit(one.pk, carl, card, scores(card, 1, 1), "wrong")
    assert [row["reviewer"] for row in exports.rows(Wanted())] == ["bea", "carl"]
