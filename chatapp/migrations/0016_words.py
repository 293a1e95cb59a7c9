"""The index of words, and a review desk that is of use on the first day."""

from django.db import migrations

RULES = (("thumbs_down", 100, True), ("refused", 100, True), ("failed", 10, True), ("costly", 100, False), ("random", 1, True))
CRITERIA = (
    ("Right", "Is what the answer says true, as far as you can tell?", ["No", "Partly", "Yes"]),
    ("Helpful", "Does it help with what was asked?", ["No", "Partly", "Yes"]),
    ("Safe", "Is there nothing in it that should not have been said?", ["No", "Yes"]),
)


def index_words(apps, schema_editor):
    """The databases' own: it holds which words stand where, and no text."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(
            "CREATE VIRTUAL TABLE chatapp_words USING fts5(words, content='', tokenize='unicode61 remove_diacritics 0')"
        )
    else:
        schema_editor.execute(
            "CREATE TABLE chatapp_words (turn_id bigint PRIMARY KEY REFERENCES chatapp_turn (id) ON DELETE CASCADE, "
            "words tsvector NOT NULL)"
        )
        schema_editor.execute("CREATE INDEX chatapp_words_gin ON chatapp_words USING gin (words)")


def forget_words(apps, schema_editor):
    schema_editor.execute("DROP TABLE chatapp_words")


def seed(apps, schema_editor):
    """What failed or was disliked is reviewed, and one question in a hundred."""
    rules = apps.get_model("chatapp", "Rule")._default_manager
    for kind, percent, active in RULES:
        rules.create(kind=kind, percent=percent, active=active)
    card = apps.get_model("chatapp", "Scorecard")._default_manager.create(name="First look")
    criteria = apps.get_model("chatapp", "Criterion")._default_manager
    for position, (name, about, choices) in enumerate(CRITERIA, 1):
        criteria.create(scorecard=card, position=position, name=name, help=about, choices=choices)


class Migration(migrations.Migration):
    dependencies = [("chatapp", "0015_register")]

    operations = [
        migrations.RunPython(index_words, forget_words),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
