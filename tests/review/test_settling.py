"""What two reviewers and the one who leads them may do to the same item, and which answers are kept."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatapp.review import exports, queue
from chatapp.review.models import Item, Review, Scorecard
from chatapp.turns import opinions
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
