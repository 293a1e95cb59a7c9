"""Which rule applies to whom, and what the night deletes because of it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from chatapp.nightly import agenda
from chatapp.storage import statements
from chatapp.turns import shelf
from chatapp.turns.models import Conversation, Turn
from chatapp.turns.refusals import HELD, Refused
from chatapp.turns.retention import erasing, holds, nights, records, rules
from chatapp.turns.retention.models import Erasure, LegalHold, Retention, Unchangeable
from chatapp.turns.states import State
from tests.turns import canaries, stories

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada")


def ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def rule(days: int, group: str = "") -> Retention:
    return Retention.objects.create(days=days, group=Group.objects.get_or_create(name=group)[0] if group else None)


def join(person: User, *names: str) -> None:
    person.groups.set([Group.objects.get_or_create(name=name)[0] for name in names])


@pytest.mark.parametrize(
    ("given", "groups", "days"),
    [
        ([], [], None),
        ([(30, "")], [], 30),
        ([(30, "law")], [], None),
        ([(30, "law")], ["law"], 30),
        # The longest of one's groups.
        ([(30, "law"), (90, "press")], ["law", "press"], 90),
        # A group's goes before everybody's, be it shorter or longer.
        ([(30, ""), (7, "law")], ["law"], 7),
        ([(30, ""), (90, "law")], ["law"], 90),
        ([(30, ""), (90, "law")], ["press"], 30),
        ([(30, ""), (90, "law")], ["law", "press"], 90),
        ([(3650, ""), (1, "law"), (2, "press")], ["law", "press"], 2),
    ],
)
def test_the_longest_rule_of_ones_groups_applies_and_else_everybodys(
    ada: User, given: list[tuple[int, str]], groups: list[str], days: int | None
) -> None:
    for each in given:
        rule(*each)
    join(ada, *groups)
    assert rules.days_for(ada.pk) == days
    canaries.plant(ada, ago(3651))
    assert [due.days for due in rules.due(timezone.now())] == ([days] if days else [])


def test_age_counts_from_the_last_activity(ada: User) -> None:
    rule(30)
    (old,) = canaries.plant(ada, ago(30.01))
    (young,) = canaries.plant(ada, ago(29.99))
    Conversation.objects.filter(pk=young.pk).update(created_at=ago(400))
    assert nights.sweep(timezone.now()).conversations == 1
    assert list(Conversation.objects.all()) == [young]
    assert not Turn.objects.filter(conversation_id=old.pk).exists()


def test_what_runs_or_waits_or_is_held_stays(ada: User) -> None:
    rule(1)
    running = stories.turn(ada, State.STREAMING, ago(3)).conversation
    (held,) = canaries.plant(ada, ago(3))
    Conversation.objects.update(active_at=ago(3))
    holds.place(held.pk, "A case", None, timezone.now())
    assert nights.sweep(timezone.now()).conversations == 0
    assert set(Conversation.objects.all()) == {running, held}
    assert not Erasure.objects.exists()


def test_more_than_a_batch_goes_and_the_second_night_finds_nothing(ada: User) -> None:
    rule(1)
    canaries.plant(ada, ago(2), rules.BATCH + 5)
    assert nights.sweep(timezone.now()).conversations == rules.BATCH + 5
    assert nights.sweep(timezone.now()).conversations == 0
    (record,) = Erasure.objects.all()
    assert (record.kind, record.person_number, record.by_number) == ("retention", ada.pk, None)
    assert record.rule == "1 day after the last question or answer"
    assert (record.conversations, record.turns, record.files) == (rules.BATCH + 5, rules.BATCH + 5, 3)
    assert record.file_bytes > 0
    assert record.ended_at


def test_each_person_and_rule_has_a_record_of_its_own(ada: User) -> None:
    eve = User.objects.create(username="eve")
    join(eve, "law")
    rule(1)
    rule(2, "law")
    canaries.plant(ada, ago(3), 2)
    canaries.plant(eve, ago(3), 1)
    nights.sweep(timezone.now())
    assert set(Erasure.objects.values_list("person_number", "conversations", "rule")) == {
        (ada.pk, 2, nights.rule(1)),
        (eve.pk, 1, nights.rule(2)),
    }


def test_a_question_that_comes_between_the_look_and_the_deletion_saves_the_conversation(ada: User) -> None:
    rule(1)
    (made,) = canaries.plant(ada, ago(3))
    (due,) = rules.due(timezone.now())
    for change in ({"active_at": timezone.now()}, {"active_at": ago(3)}):
        Conversation.objects.filter(pk=made.pk).update(**change)
        made.refresh_from_db()
        assert rules.is_still_due(made, due, timezone.now()) == (change["active_at"] < ago(2))
    Retention.objects.update(days=2)
    assert not rules.is_still_due(made, due, timezone.now())
    Retention.objects.update(days=1)
    Turn.objects.update(state=State.QUEUED)
    assert not rules.is_still_due(made, due, timezone.now())


def test_one_that_cannot_be_deleted_keeps_nobody_else(ada: User, caplog: pytest.LogCaptureFixture) -> None:
    rule(1)
    broken, _ = sorted(canaries.plant(ada, ago(3), 2), key=lambda one: one.pk)
    # A row of it refuses to go, as a table that nobody has told us of would have it.
    statements.run("CREATE TABLE stubborn (turn_id bigint NOT NULL REFERENCES chatapp_turn (id))")
    statements.run("INSERT INTO stubborn SELECT id FROM chatapp_turn WHERE conversation_id = %s", broken.pk)
    with caplog.at_level(logging.CRITICAL):
        swept = nights.sweep(timezone.now())
    assert (swept.conversations, swept.failed) == (1, 1)
    assert list(Conversation.objects.all()) == [broken]
    assert Erasure.objects.get().conversations == 1


def test_a_rule_is_there_once_for_everybody_and_once_for_a_group() -> None:
    rule(1)
    rule(1, "law")
    for group in (None, Group.objects.get(name="law")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Retention.objects.create(days=2, group=group)


@pytest.mark.parametrize("days", [0, 3651])
def test_a_rule_is_for_one_day_to_ten_years(days: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        rule(days)


def test_a_group_with_a_rule_is_not_deleted_before_the_rule_is() -> None:
    given = rule(1, "law")
    with pytest.raises(ProtectedError):
        Group.objects.all().delete()
    given.delete()
    Group.objects.all().delete()


def test_the_night_says_what_it_deleted(ada: User) -> None:
    rule(1)
    canaries.plant(ada, ago(2))
    done = agenda.delete_what_was_kept_long_enough()
    assert done.words.startswith("1 conversations deleted, 0 could not be")


def test_the_owner_is_told_that_it_must_be_kept_and_nothing_is_stopped(ada: User) -> None:
    conversation = stories.turn(ada, State.STREAMING, timezone.now()).conversation
    hold = holds.place(conversation.pk, "A case", None, timezone.now())
    with pytest.raises(Refused) as refused:
        shelf.delete(conversation)
    assert refused.value == HELD
    assert refused.value.status == 409
    assert not Turn.objects.exclude(stop_asked_at=None).exists()
    # Also for who comes so late that the look before saw nothing.
    with pytest.raises(Refused):
        erasing.erase(conversation.pk, lambda: records.begin(records.Kind.OWNER, ada.pk, ada.pk))
    # Neither the models nor the database let it go.
    with pytest.raises(ProtectedError):
        conversation.delete()
    with pytest.raises(ProtectedError):
        ada.delete()
    Turn.objects.update(state=State.ANSWERED, ended_at=timezone.now())
    assert holds.lift(hold, "Settled", None, timezone.now())
    assert not holds.lift(hold, "Settled twice", None, timezone.now())
    shelf.delete(conversation)
    hold.refresh_from_db()
    assert (hold.number, hold.owner_number, hold.lifted_because) == (conversation.pk, ada.pk, "Settled")


def test_of_two_holds_one_is_enough(ada: User) -> None:
    (made,) = canaries.plant(ada)
    first, second = (holds.place(made.pk, reason, None, timezone.now()) for reason in ("A case", "Another"))
    holds.lift(first, "Settled", None, timezone.now())
    with pytest.raises(Refused):
        shelf.delete(made)
    holds.lift(second, "Settled", None, timezone.now())
    shelf.delete(made)
    assert not Conversation.objects.exists()


def test_what_is_not_there_cannot_be_held(ada: User) -> None:
    made = stories.conversation(ada)
    number = made.pk
    made.delete()
    with pytest.raises(holds.Nowhere):
        holds.place(number, "A case", None, timezone.now())
    assert not LegalHold.objects.exists()


def test_an_owners_deletion_is_on_record_once_without_the_content(ada: User) -> None:
    (made,) = canaries.plant(ada)
    shelf.delete(made)
    shelf.delete(made)
    (record,) = Erasure.objects.all()
    assert (record.kind, record.by_number, record.conversations, record.turns) == ("owner", ada.pk, 1, 1)
    assert record.ended_at
    assert not any(canaries.WORD in str(value) for value in vars(record).values())


def test_no_record_is_rewritten_or_deleted(ada: User) -> None:
    record = records.begin(records.Kind.OWNER, ada.pk, ada.pk)
    for act in (record.save, record.delete):
        with pytest.raises(Unchangeable):
            act()
    ada.delete()
    assert Erasure.objects.exists()
