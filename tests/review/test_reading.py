"""Reading a transcript: masked, beside what really happened, and written down before it is shown."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chatapp.files import cupboard
from chatapp.review.models import ReviewSettings, Visit
from chatapp.turns.attachments import Attachment
from chatapp.turns.models import Attempt, Turn
from chatapp.turns.notes import Digest
from chatapp.turns.states import State
from tests.markup import parse
from tests.review.conftest import browser, file_all, member
from tests.turns import stories

pytestmark = pytest.mark.django_db(transaction=True)

MAIL = "ada@example.org"


@pytest.fixture
def turn(ada: User, price_book: None) -> Turn:
    made = stories.turn(ada, State.ANSWERED, timezone.now())
    Turn.objects.filter(pk=made.pk).update(
        question=f"I am {MAIL}. Where is the treasure?",
        answer=f"Dear {MAIL}, **under** the third stair.",
        thinking=f"{MAIL} wants it.",
        pace="420 10 900 20 3400 40",
    )
    Attempt.objects.create(
        turn=made,
        number=1,
        model=stories.MODEL,
        hold_id=0,
        outcome="failed",
        failure="overloaded",
        request_id="req_one",
        started_at=made.asked_at,
        ended_at=made.asked_at,
        told="0/0/adaptive low",
    )
    Attempt.objects.create(
        turn=made,
        number=2,
        model=stories.MODEL,
        hold_id=0,
        outcome="done",
        request_id="req_two",
        input_tokens=410,
        output_tokens=17,
        cost_nanodollars=213_000,
        cost_exact=True,
        ttft_ms=420,
        total_ms=3400,
        started_at=made.asked_at,
        ended_at=made.asked_at,
        told="0/0/adaptive low",
    )
    file_all()
    made.refresh_from_db()
    return made


def words(response: object) -> str:
    page = response.content.decode()  # type: ignore[attr-defined]
    return " ".join(parse(page.partition("<!doctype html>")[2]).text.split())


def test_a_transcript_is_masked_and_says_what_really_happened(desk_of_bea: Client, turn: Turn) -> None:
    response = desk_of_bea.get(f"/review/c/{turn.conversation_id}/?turn={turn.pk}")
    said = words(response)
    assert MAIL not in response.content.decode()
    assert "<strong>under</strong> the third stair" in response.content.decode()
    for fact in (
        "e-mail address",
        "overloaded",
        "req_one",
        "req_two",
        "410 in, 17 out",
        "$0.000213000",
        turn.correlation_id,
        "first word after 0.42 s",
        "1 of a second or more, the longest 2.5 s after 0.9 s",
    ):
        assert fact in said, fact
    visit = Visit.objects.get()
    assert (visit.what, visit.reader, visit.owner_id, visit.turn_id) == ("transcript", "bea", turn.asker_id, turn.pk)


def test_what_is_masked_is_revealed_for_a_reason_and_not_without(desk_of_bea: Client, turn: Turn) -> None:
    url = f"/review/c/{turn.conversation_id}/reveal/"
    for reason in ("", "  short  "):
        refused = desk_of_bea.post(url, {"reason": reason, "turn": turn.pk})
        assert refused.status_code == 400
        assert MAIL not in refused.content.decode()
        assert "at least 8 characters" in words(refused)
    assert not Visit.objects.filter(what="reveal").exists()
    shown = desk_of_bea.post(url, {"reason": "ticket 4711, asked by ada", "turn": turn.pk})
    assert MAIL in shown.content.decode()
    visit = Visit.objects.get(what="reveal")
    assert (visit.reason, visit.conversation_id) == ("ticket 4711, asked by ada", turn.conversation_id)


def test_who_may_only_review_reveals_nothing(turn: Turn) -> None:
    person = member("carl", "user", "review_transcripts")
    person.is_staff = True
    person.save()
    client = browser(person)
    assert client.get(f"/review/c/{turn.conversation_id}/").status_code == 200
    assert client.post(f"/review/c/{turn.conversation_id}/reveal/", {"reason": "because I like to"}).status_code == 404


def test_a_search_shows_masked_hits_and_is_a_reading(desk_of_bea: Client, turn: Turn) -> None:
    assert "treasure" not in words(desk_of_bea.get("/review/"))
    assert not Visit.objects.exists()
    response = desk_of_bea.get("/review/?q=TREASURE+stair*")
    page = response.content.decode()
    assert "<mark>treasure</mark>" in page
    assert MAIL not in page
    assert Visit.objects.get().what == "search"
    desk_of_bea.get("/review/?q=stair&person=ada")
    assert Visit.objects.get(number=2).reason == f"person={turn.asker_id}&q=stair"
    assert "Nothing was asked that fits" in words(desk_of_bea.get("/review/?q=gold"))


def test_whose_words_a_search_showed_is_known_to_him_and_to_auditors(
    desk_of_bea: Client, ada: User, turn: Turn
) -> None:
    other = stories.turn(ada, State.ANSWERED, timezone.now())
    file_all()
    ReviewSettings.objects.update_or_create(pk=1, defaults={"owners_see": True})
    desk_of_bea.get("/review/?q=treasure")
    mine = browser(ada)
    assert "A search showed a line of it" in words(mine.get(f"/c/{turn.conversation_id}/readings/"))
    assert "treasure" not in words(mine.get(f"/c/{turn.conversation_id}/readings/"))
    assert "Nobody but you" in words(mine.get(f"/c/{other.conversation_id}/readings/"))
    audit = browser(member("dora", "auditor"))
    assert "treasure" in words(audit.get(f"/review/readings/?conversation={turn.conversation_id}"))
    assert "treasure" not in words(audit.get(f"/review/readings/?conversation={other.conversation_id}"))


def test_a_search_never_makes_markup_of_what_was_said(desk_of_bea: Client, turn: Turn) -> None:
    Turn.objects.filter(pk=turn.pk).update(question="<img src=x onerror=alert(1)> treasure <b>")
    page = desk_of_bea.get("/review/?q=treasure").content.decode()
    assert "&lt;img src=x onerror=alert(1)&gt; <mark>treasure</mark> &lt;b&gt;" in page


def test_what_claude_was_sent_is_put_together_again_masked(desk_of_bea: Client, ada: User, turn: Turn) -> None:
    notes = Digest.objects.create(
        conversation=turn.conversation,
        through=turn,
        text=f"{MAIL} seeks.",
        model="m",
        written_at=timezone.now(),
        covers=[turn.pk],
    )
    later = Turn.objects.create(
        conversation=turn.conversation,
        asker=ada,
        parent=turn,
        ask_id=turn.conversation_id,
        correlation_id="c",
        question="And the key?",
        state="answered",
        model=stories.MODEL,
        asked_at=timezone.now(),
        ended_at=timezone.now(),
    )
    for number, told in ((1, "0/0/adaptive low"), (2, f"0/{notes.pk}/adaptive low")):
        Attempt.objects.create(
            turn=later,
            number=number,
            model=stories.MODEL,
            hold_id=0,
            outcome="done",
            started_at=timezone.now(),
            told=told,
        )
    said = words(desk_of_bea.get(f"/review/turns/{later.pk}/sent/"))
    assert "You are Claude" in said
    assert "Notes for 1 turn" in said
    assert "And the key?" in said
    assert "third stair" not in said
    assert "third stair" in words(desk_of_bea.get(f"/review/turns/{turn.pk}/sent/")) or turn.carried == 0
    Attempt.objects.filter(turn=later, number=2).delete()
    assert "under** the third stair" in words(desk_of_bea.get(f"/review/turns/{later.pk}/sent/"))
    assert MAIL not in desk_of_bea.get(f"/review/turns/{later.pk}/sent/").content.decode()


def test_a_file_is_opened_for_a_reason(desk_of_bea: Client, ada: User, turn: Turn) -> None:
    key = cupboard.new_key()
    cupboard.put(key, b"secret bytes")
    row = Attachment.objects.create(
        key=key,
        owner=ada,
        name=f"{MAIL}.txt",
        kind="text",
        media_type="text/plain",
        size=12,
        tokens=3,
        added_at=timezone.now(),
    )
    row.turns.add(turn)
    assert MAIL not in desk_of_bea.get(f"/review/c/{turn.conversation_id}/").content.decode()
    url = f"/review/c/{turn.conversation_id}/files/{key}/"
    assert desk_of_bea.post(url, {"reason": ""}).status_code == 400
    opened = desk_of_bea.post(url, {"reason": "ticket 4711 needs it"})
    assert opened.content == b"secret bytes"
    assert opened.headers["Content-Disposition"].startswith("attachment")
    assert Visit.objects.filter(what="file").count() == 1
    elsewhere = stories.turn(ada, State.ANSWERED, timezone.now())
    other = f"/review/c/{elsewhere.conversation_id}/files/{key}/"
    assert desk_of_bea.post(other, {"reason": "ticket 4711 needs it"}).status_code == 404
    cupboard.discard([key])
