"""Every migration since the first release is survived by a process of the version before it, or says how it is."""

from __future__ import annotations

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.test import Client

from chatapp.storage import schema
from chatapp.storage.schema import SECOND_HALF, Tables
from tests.storage import older

# Until then nobody had two versions at the same time.
SINCE = "0014"


def ours() -> list[tuple[str, migrations.Migration]]:
    """In the order in which they run."""
    found = MigrationLoader(None).disk_migrations or {}
    return sorted((name, one) for (app, name), one in found.items() if app == "chatapp")


def before(name: str) -> ProjectState:
    """The models as they were when a migration began."""
    return MigrationLoader(None).project_state(("chatapp", name), at_end=False)


def test_no_migration_breaks_a_process_of_the_version_before_it() -> None:
    wrong = {
        name: reasons
        for name, one in ours()
        if name[:4] > SINCE
        and not SECOND_HALF.search(name)
        and (reasons := list(older.breaks(one.operations, before(name))))
    }
    # Make two halves of it, in two releases: see "Migrations in two halves" in the README.
    assert wrong == {}


def test_a_second_half_has_a_first_one_before_it() -> None:
    numbers = {name[:4] for name, _ in ours()}
    for name, _ in ours():
        if half := SECOND_HALF.search(name):
            assert half[1] in numbers
            assert SINCE < half[1] < name[:4]


def test_every_number_is_used_once() -> None:
    numbers = [name[:4] for name, _ in ours()]
    assert numbers == sorted(set(numbers))


BREAKS: dict[str, Operation] = {
    "a column goes": migrations.RemoveField("turn", "routed"),
    "a column gets another name": migrations.RenameField("turn", "routed", "reason"),
    "a table goes": migrations.DeleteModel("Reading"),
    "a table gets another name": migrations.RenameModel("Reading", "Measurement"),
    "a table is elsewhere": migrations.AlterModelTable("reading", "measures"),
    "a column that must be filled": migrations.AddField("turn", "mood", models.CharField(max_length=9, default="")),
    "a column that was empty must be filled": migrations.AlterField("turn", "kept_from", models.DateTimeField()),
    "a column gets shorter": migrations.AlterField("turn", "routed", models.CharField(max_length=9, default="")),
    "a column of another type": migrations.AlterField("turn", "routed", models.TextField(default="")),
    "a column under another name": migrations.AlterField(
        "turn", "routed", models.CharField(max_length=160, default="", db_column="why")
    ),
    "a rule": migrations.AddConstraint("turn", models.CheckConstraint(condition=models.Q(epoch__gt=0), name="rule")),
    "whatever is written by hand": migrations.RunSQL("ALTER TABLE chatapp_turn DROP COLUMN routed"),
    "behind a good beginning": migrations.RunSQL("CREATE INDEX x ON chatapp_turn (epoch); DROP TABLE chatapp_reading"),
    "only in the database": migrations.SeparateDatabaseAndState([migrations.RemoveField("turn", "routed")]),
}
HARMLESS: dict[str, list[Operation]] = {
    "a column that may be empty": [migrations.AddField("turn", "mood", models.CharField(max_length=9, null=True))],
    "a column with the database's default": [
        migrations.AddField("turn", "mood", models.CharField(max_length=9, db_default=""))
    ],
    "a table, and what is added to it": [
        migrations.CreateModel("Mood", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("mood", "name", models.CharField(max_length=9, default="")),
        migrations.AddConstraint("mood", models.UniqueConstraint(fields=["name"], name="mood_once")),
    ],
    "a longer column": [migrations.AlterField("turn", "routed", models.CharField(max_length=500, default=""))],
    "a column that may be empty now": [migrations.AlterField("turn", "epoch", models.PositiveIntegerField(null=True))],
    "other words": [
        migrations.AlterField("turn", "routed", models.CharField("why", max_length=160, default="", help_text="Why."))
    ],
    "an index": [migrations.AddIndex("turn", models.Index(fields=["epoch"], name="turn_epoch"))],
    "rows": [migrations.RunPython(migrations.RunPython.noop)],
    "an index by hand": [migrations.RunSQL("CREATE INDEX x ON chatapp_turn (epoch);")],
}


def now() -> ProjectState:
    return MigrationLoader(None).project_state(("chatapp", ours()[-1][0]))


@pytest.mark.parametrize("step", BREAKS.values(), ids=BREAKS)
def test_what_breaks_an_older_process_is_recognised(step: Operation) -> None:
    assert len(list(older.breaks([step], now()))) == 1


@pytest.mark.parametrize("steps", HARMLESS.values(), ids=HARMLESS)
def test_what_an_older_process_does_not_notice_is_let_through(steps: list[Operation]) -> None:
    assert list(older.breaks(steps, now())) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("9998_more", Tables.CURRENT),
        ("9999_less_second_half_of_0001", Tables.CURRENT),
        ("9999_less_second_half_of_9998", Tables.LEFT_BEHIND),
    ],
)
def test_a_process_notices_when_the_tables_have_left_it_behind(name: str, tables: Tables, client: Client) -> None:
    MigrationRecorder(connection).record_applied("chatapp", name)
    assert schema.standing() is tables
    answer = client.get("/readyz")
    assert ("left this one behind" in answer.json().get("reason", "")) == (tables is Tables.LEFT_BEHIND)
