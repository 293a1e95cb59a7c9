"""Files beside a question: whose they are, how many there may be, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from chatapp.files import cupboard
from chatapp.turns import attachments, composition, inbox, kept, opening, past
from chatapp.turns.attachments import Attachment
from chatapp.turns.fallbacks import Fallbacks
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.refusals import FILE_GONE, MANY_FILES, REUSED, TOO_MUCH_AT_ONCE, TOO_MUCH_IN_ALL, Refused
from chatapp.turns.states import State
from tests.files import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("price_book")]
ASK_ID = UUID("5d6b3f6e-0000-4000-8000-000000000000")


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


def _add(owner: User, data: bytes = samples.PNG, name: str = "cat.png") -> str:
    return attachments.add(owner, name, data).key


def _begin(owner: User, *keys: str, question: str = "What is this?", ask_id: UUID | None = None) -> Turn:
    turn = Turn.objects.get(pk=inbox.begin(owner, question, ask_id or uuid4(), files=keys).turn_id)
    Turn.objects.filter(pk=turn.pk).update(state=State.ANSWERED, answer="A picture.", ended_at=timezone.now())
    turn.refresh_from_db()
    return turn


def _refused(owner: User, *keys: str) -> Refused:
    with pytest.raises(Refused) as refused:
        inbox.begin(owner, "What is this?", uuid4(), files=keys)
    assert not Turn.objects.filter(asker=owner).exists()
    return refused.value


def test_the_same_ask_id_with_the_same_files_is_one_turn_and_with_others_refused(ada: User) -> None:
    one, other = _add(ada), _add(ada)
    first = _begin(ada, one, ask_id=ASK_ID)
    assert _begin(ada, one, ask_id=ASK_ID).pk == first.pk
    for keys in ((), (other,), (one, other)):
        with pytest.raises(Refused) as refused:
            inbox.begin(ada, "What is this?", ASK_ID, files=keys)
        assert refused.value == REUSED


def test_asking_again_carries_the_files_along(ada: User) -> None:
    turn = _begin(ada, _add(ada), _add(ada, samples.PDF, "paper.pdf"))
    again = inbox.retry(ada, turn, ASK_ID)
    assert attachments.of_turn(again.turn_id) == attachments.of_turn(turn.pk)
    # And twice is once.
    assert inbox.retry(ada, turn, ASK_ID).turn_id == again.turn_id
    Turn.objects.filter(pk=again.turn_id).update(state=State.ANSWERED, ended_at=timezone.now())
    edited = inbox.edit(ada, turn, "In other words?", uuid4())
    assert attachments.of_turn(edited.turn_id) == attachments.of_turn(turn.pk)


def test_a_file_goes_with_one_question_of_its_owner(ada: User) -> None:
    eve = User.objects.create_user("eve")
    key = _add(ada)
    assert _refused(eve, key) == FILE_GONE
    _begin(ada, key)
    with pytest.raises(Refused) as refused:
        inbox.begin(ada, "And once more?", uuid4(), files=(key,))
    assert refused.value == FILE_GONE


def test_what_is_not_there_is_refused(ada: User) -> None:
    assert _refused(ada, "0" * 40) == FILE_GONE
    key = _add(ada)
    attachments.remove(ada, key)
    assert _refused(ada, key) == FILE_GONE
    assert cupboard.take(key) is None


def test_five_files_and_fifteen_megabytes_go_with_one_question(ada: User) -> None:
    keys = [_add(ada) for _ in range(6)]
    assert _refused(ada, *keys) == TOO_MUCH_AT_ONCE
    Attachment.objects.filter(key=keys[0]).update(size=15_000_001)
    assert _refused(ada, keys[0]) == TOO_MUCH_AT_ONCE


def test_what_is_shown_again_with_every_question_is_limited_too(ada: User) -> None:
    turn = _begin(ada, key := _add(ada))
    Attachment.objects.filter(key=key).update(size=15_000_000)
    large = _add(ada)
    Attachment.objects.filter(key=large).update(size=5_000_001)
    with pytest.raises(Refused) as refused:
        inbox.ask(ada, turn.conversation_id, "And this?", uuid4(), files=(large,))
    assert refused.value == TOO_MUCH_IN_ALL
    Attachment.objects.filter(key=large).update(size=5_000_000)
    inbox.ask(ada, turn.conversation_id, "And this?", uuid4(), files=(large,))


def test_twenty_files_a_day(ada: User) -> None:
    for _ in range(20):
        _add(ada)
    with pytest.raises(Refused) as refused:
        _add(ada)
    assert refused.value == MANY_FILES
    Attachment.objects.update(added_at=timezone.now() - timedelta(days=1, seconds=1))
    _add(ada)


def test_a_bad_file_is_not_kept(ada: User) -> None:
    with pytest.raises(Refused, match="unfit_file"):
        _add(ada, b"PK\x03\x04\0")
    assert not Attachment.objects.exists()


def test_what_was_never_asked_with_is_thrown_away_after_a_day_and_the_rest_stays(ada: User) -> None:
    asked, young, old, orphan = _add(ada), _add(ada), _add(ada), cupboard.new_key()
    cupboard.put(orphan, b"nobody's")
    _begin(ada, asked)
    Attachment.objects.exclude(key=young).update(added_at=timezone.now() - timedelta(days=2))
    assert attachments.sweep(timezone.now()) == 1
    assert [cupboard.take(key) is not None for key in (asked, young, old, orphan)] == [True, True, False, True]


def test_the_next_question_is_told_of_the_file_above_it(ada: User) -> None:
    turn = _begin(ada, _add(ada), _add(ada, samples.TEXT, "diary.txt"))
    (step,) = past.of(turn.pk).steps
    assert [file.kind for file in step.exchange.files] == ["image", "text"]
    assert step.exchange.files[1].data == samples.TEXT.decode()


def test_a_file_that_is_gone_from_the_disk_does_not_stop_the_conversation(ada: User) -> None:
    turn = _begin(ada, key := _add(ada))
    cupboard.discard([key])
    assert past.of(turn.pk).steps[0].exchange.files == ()


def test_a_document_is_counted_by_claude_before_anything_is_held_for_it(ada: User) -> None:
    turn = _begin(ada, _add(ada, samples.PDF, "paper.pdf"))
    question = composition.Question(turn.pk, turn.conversation_id, ada.pk, None, "?", "", turn.model, "id")
    with pytest.raises(opening.Tight):
        opening.attempt(question)
    with pytest.raises(opening.Uncounted):
        opening.attempt(question, opening.Fit(cut=True))
    assert opening.attempt(question, opening.Fit(cut=True, counted=2_000)).tokens > 2_000


def test_an_answer_about_a_file_is_not_kept_for_other_times(ada: User) -> None:
    Fallbacks.objects.create(kept_hours=24)
    with_file, without = _begin(ada, _add(ada)), _begin(ada)
    Turn.objects.update(stop_reason="end_turn")
    for turn in (with_file, without):
        kept.keep(turn.pk)
    assert list(kept.KeptAnswer.objects.values_list("turn", flat=True)) == [without.pk]
    asked = _begin(ada, _add(ada))
    assert kept.find(asked.pk) is None


def test_a_name_is_only_a_name(ada: User) -> None:
    chip = attachments.add(ada, "C:\\secret\\..\\\x00 \u202e<b>.png" + "x" * 300, samples.PNG)
    assert chip.name.startswith("\ufffd") or chip.name
    assert "\\" not in chip.name
    assert len(chip.name) <= 120
    assert attachments.add(ada, " \u200b ", samples.PNG).name == "image"


def test_a_conversation_of_somebody_who_is_deleted_leaves_no_file(ada: User) -> None:
    turn = _begin(ada, key := _add(ada))
    keys = attachments.delete_all_of(Conversation.objects.get(pk=turn.conversation_id))
    assert keys == [key]
    assert not Attachment.objects.exists()
