"""The queue: rules fill it, everybody takes another item, some are reviewed twice, disputes are settled."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chatapp.review import agreement, exports, queue, rounds
from chatapp.review.models import Criterion, Item, Review, ReviewSettings, Rule, Scorecard
from chatapp.turns import opinions
from chatapp.turns.models import Attempt, Turn
from chatapp.turns.register.models import Filed
from chatapp.turns.register.wanted import Wanted
from chatapp.turns.states import State
from tests.review.conftest import browser, file_all, member
from tests.turns import stories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def carl() -> User:
    return member("carl", "reviewer")


def ask(owner: User, count: int = 1, state: State = State.ANSWERED) -> list[Turn]:
    turns = [stories.turn(owner, state, timezone.now()) for _ in range(count)]
    Turn.objects.filter(pk__in=[turn.pk for turn in turns]).update(ended_at=timezone.now())
    return turns


def rule(kind: str, percent: float = 100, **more: int) -> None:
    Rule.objects.update_or_create(kind=kind, defaults={"active": True, "percent": percent, **more})


def items(owner: User, count: int, wanted: int = 1) -> list[Item]:
    turns = ask(owner, count)
    file_all()
    made = [Item(turn=turn, why="random", wanted=wanted, made_at=timezone.now()) for turn in turns]
    return Item.objects.bulk_create(made)


def scores(card: Scorecard, *numbers: int) -> dict[str, str]:
    return {f"criterion-{one.pk}": str(number) for one, number in zip(card.criteria.all(), numbers, strict=True)}


def test_each_rule_finds_its_own(ada: User) -> None:
    [fine], [refused], [failed] = ask(ada), ask(ada, state=State.REFUSED), ask(ada, state=State.FAILED)
    [dear] = ask(ada)
    Attempt.objects.create(
        turn=dear, number=1, model="m", hold_id=0, outcome="done", cost_nanodollars=2 * 10**8, started_at=timezone.now()
    )
    for kind in ("refused", "failed", "costly", "thumbs_down"):
        rule(kind)
    assert not rounds.catch_up()
    assert dict(Item.objects.values_list("turn_id", "why")) == {
        refused.pk: "refused", failed.pk: "failed", dear.pk: "costly"
    }  # fmt: skip
    opinions.give(fine, "down", "wrong")
    rounds.catch_up()
    assert Item.objects.get(turn=fine).why == "thumbs_down"
    rounds.catch_up()
    assert Item.objects.count() == 4


def test_a_share_is_drawn_by_chance_and_only_once(ada: User) -> None:
    rule("random", 30)
    turns = [turn.pk for turn in ask(ada, 120)]
    file_all()
    first = queue.fill(turns)
    assert 15 <= first <= 60
    assert queue.fill(turns) == 0
    Rule.objects.update(percent=0)
    assert queue.fill([turn.pk for turn in ask(ada, 5)]) == 0


def test_two_reviewers_are_never_given_the_same_item(ada: User, bea: User, carl: User, card: Scorecard) -> None:
    items(ada, 3)
    first, second = queue.take_next(bea, leads=False), queue.take_next(carl, leads=False)
    assert first
    assert second
    assert first.pk != second.pk
    Item.objects.filter(pk=second.pk).update(taken_at=timezone.now() - queue.TAKEN_FOR - timedelta(seconds=1))
    assert second in list(queue.waiting(bea, leads=False))


def test_an_item_given_to_somebody_by_name_waits_for_him(ada: User, bea: User, carl: User, card: Scorecard) -> None:
    made = items(ada, 3)
    queue.assign(made[2], carl)
    assert made[2] not in list(queue.waiting(bea, leads=False))
    assert queue.take_next(carl, leads=False) == made[2]


def test_a_card_is_kept_and_leads_on_to_the_next(ada: User, bea: User, card: Scorecard) -> None:
    first, second = items(ada, 2)
    desk = browser(bea)
    assert desk.get("/review/queue/next/").headers["Location"] == f"/review/items/{first.pk}/"
    missing = desk.post(
        f"/review/items/{first.pk}/", {**scores(card, 3, 2), f"criterion-{card.criteria.all()[1].pk}": ""}
    )
    assert missing.status_code == 400
    assert "“Safe” has no answer yet" in missing.content.decode()
    for bad in ("0", "9", "x", "99999999999999999999", "²"):
        told = desk.post(
            f"/review/items/{first.pk}/", {**scores(card, 3, 2), f"criterion-{card.criteria.all()[0].pk}": bad}
        )
        assert told.status_code == 400
    assert desk.post(f"/review/items/{first.pk}/", {**scores(card, 3, 2), "note": "x" * 4001}).status_code == 400
    assert not Review.objects.exists()
    kept = desk.post(f"/review/items/{first.pk}/", {**scores(card, 3, 2), "note": "good"})
    assert kept.headers["Location"] == f"/review/items/{second.pk}/"
    first.refresh_from_db()
    assert first.state == Item.State.DONE
    assert Filed.objects.get(turn=first.turn_id).profile.reviewed
    for _ in range(2):
        again = desk.post(f"/review/items/{second.pk}/", scores(card, 1, 1))
        assert again.headers["Location"] == "/review/queue/"
    assert desk.get(f"/review/queue/next/?after={second.pk}").headers["Location"] == "/review/queue/"


def test_the_second_reviewer_sees_nothing_of_the_first(ada: User, bea: User, carl: User, card: Scorecard) -> None:
    [one] = items(ada, 1, wanted=2)
    browser(bea).post(f"/review/items/{one.pk}/", {**scores(card, 3, 2), "note": "bea thinks so"})
    assert queue.take_next(bea, leads=False) is None
    page = browser(carl).get(f"/review/items/{one.pk}/").content.decode()
    assert "bea thinks so" not in page
    browser(carl).post(f"/review/items/{one.pk}/", scores(card, 3, 2))
    one.refresh_from_db()
    assert one.state == Item.State.DONE


def test_a_dispute_is_settled_by_who_leads(ada: User, bea: User, carl: User, card: Scorecard) -> None:
    [one] = items(ada, 1, wanted=2)
    lea = member("lea", "reviewer", "lead_reviews")
    for who, number in ((bea, 3), (carl, 1)):
        browser(who).post(f"/review/items/{one.pk}/", scores(card, number, 2))
    one.refresh_from_db()
    assert one.state == Item.State.DISPUTED
    assert queue.take_next(carl, leads=False) is None
    assert browser(carl).post(f"/review/items/{one.pk}/", scores(card, 3, 2)).status_code == 400
    assert queue.take_next(lea, leads=True) == one
    assert browser(lea).post(f"/review/items/{one.pk}/", scores(card, 2, 2)).status_code == 302
    one.refresh_from_db()
    assert one.state == Item.State.DONE
    assert one.reviews.get(settles=True).reviewer == lea


def test_who_comes_too_late_is_told(ada: User, bea: User, carl: User, card: Scorecard) -> None:
    [one] = items(ada, 1)
    browser(bea).post(f"/review/items/{one.pk}/", scores(card, 3, 2))
    late = browser(carl).post(f"/review/items/{one.pk}/", scores(card, 1, 2))
    assert late.status_code == 400
    assert "Somebody else has reviewed it" in late.content.decode()
    assert one.reviews.count() == 1


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(1, 1)] * 20 + [(1, 2)] * 5 + [(2, 1)] * 10 + [(2, 2)] * 15, 0.4),
        ([(1, 1), (2, 2), (3, 3)], 1.0),
        ([(1, 2), (2, 1)], -1.0),
        ([(1, 1)] * 5, None),
        ([], None),
    ],
)
def test_kappa_is_what_the_textbook_says(pairs: list[tuple[int, int]], expected: float | None) -> None:
    found = agreement.kappa(pairs)
    assert found == (expected if expected is None else pytest.approx(expected))


def test_the_agreement_about_the_same_answers_is_shown(ada: User, bea: User, carl: User, card: Scorecard) -> None:
    for number, one in enumerate(items(ada, 4, wanted=2)):
        for who, right in ((bea, 1 + number % 2), (carl, 1 + number % 2 if number else 3)):
            queue.submit(one.pk, who, card, scores(card, right, 2), "")
    found = {one.criterion: one for one in agreement.of_all()}
    assert (found["Right"].pairs, found["Right"].same) == (4, 3)
    assert found["Right"].kappa == pytest.approx((0.75 - 0.375) / (1 - 0.375))
    assert found["Safe"].kappa is None
    assert "Right" in browser(bea).get("/review/agreement/").content.decode()


def test_what_was_found_is_exported_with_the_filters_of_the_page(
    ada: User, bea: User, desk_of_bea: Client, card: Scorecard
) -> None:
    one, other = items(ada, 2)
    queue.submit(one.pk, bea, card, scores(card, 3, 1), '=HYPERLINK("http://evil")')
    response = desk_of_bea.get("/review/export.csv?reviewed=1")
    assert response.streaming
    [row] = csv.DictReader(io.StringIO(b"".join(response).decode()))
    assert (row["turn"], row["reviewer"], row["scores"]) == (str(one.turn_id), "bea", "Right: Yes; Safe: No")
    assert row["note"].startswith("'=")
    lines = b"".join(desk_of_bea.get("/review/export.jsonl")).decode().splitlines()
    found = [json.loads(line) for line in lines]
    assert [line["turn"] for line in found] == [other.turn_id, one.turn_id]
    assert found[1]["scores"] == {"Right": "Yes", "Safe": "No"}
    assert not any("Who pays?" in line for line in lines)


def test_an_export_of_many_pages_has_each_turn_once(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    items(ada, 25)
    monkeypatch.setattr(exports, "PAGE", 4)
    assert len({row["turn"] for row in exports.rows(Wanted())}) == 25
    assert len(list(exports.as_jsonl(Wanted()))) == 25


def test_a_share_gets_a_second_reviewer(ada: User) -> None:
    ReviewSettings.objects.create(pk=1, second_percent=50)
    rule("random", 100)
    turns = [turn.pk for turn in ask(ada, 60)]
    file_all()
    queue.fill(turns)
    assert 12 <= Item.objects.filter(wanted=2).count() <= 48


def test_without_a_scorecard_nothing_is_kept_and_everybody_is_told(ada: User, bea: User) -> None:
    Criterion.objects.all().delete()
    Scorecard.objects.all().delete()
    [one] = items(ada, 1)
    desk = browser(bea)
    assert "no active scorecard" in desk.get("/review/queue/").content.decode()
    assert desk.post(f"/review/items/{one.pk}/", {}).status_code == 400
