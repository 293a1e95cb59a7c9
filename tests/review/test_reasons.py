"""What is shown for a reason has one that can be read, and what is cut off a text is masked no less."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from chatapp.review import hits
from chatapp.review.models import Visit
from chatapp.turns.models import Attempt, Turn
from chatapp.turns.register import words
from tests.review.conftest import browser, member
from tests.review.test_reading import MAIL, turn

__all__ = ["turn"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("letter", ["\x00", "\u200b", "\u2060", "\u00a0"])
def test_a_reason_that_nobody_can_read_is_none(desk_of_bea: Client, turn: Turn, letter: str) -> None:
    response = desk_of_bea.post(f"/review/c/{turn.conversation_id}/reveal/", {"reason": letter * 9})
    assert response.status_code == 400
    assert not Visit.objects.filter(what="reveal").exists()


def test_a_zero_in_an_address_breaks_nothing(desk_of_bea: Client, turn: Turn) -> None:
    """PostgreSQL takes none."""
    auditor = browser(member("carl", "auditor"))
    assert auditor.get("/review/readings/?reader=%00&owner=%00").status_code == 200
    assert desk_of_bea.post(f"/review/c/{turn.conversation_id}/files/%00/").status_code == 404


def test_an_address_at_the_end_of_what_is_looked_through_is_in_no_excerpt(turn: Turn) -> None:
    search = words.search("treasure")
    assert search is not None
    turn.question = ""
    for size in range(39_960, 40_420, 7):
        turn.answer = " " * size + "treasure ada.lovelace@mail.example.org and so on" + " ." * 400
        assert "lovelace" not in str(hits.of(turn, search))


def test_what_went_wrong_is_masked_too(desk_of_bea: Client, turn: Turn) -> None:
    Turn.objects.filter(pk=turn.pk).update(notice="Call +44 20 7946 0958")
    Attempt.objects.create(
        turn=turn, number=3, model="m", hold_id=0, outcome="failed", failure="bad_request", detail="zoe@b.example: no",
        started_at=timezone.now(),
    )  # fmt: skip
    page = desk_of_bea.get(f"/review/c/{turn.conversation_id}/").content.decode()
    assert "zoe@" not in page
    assert "7946" not in page
    assert MAIL not in page
