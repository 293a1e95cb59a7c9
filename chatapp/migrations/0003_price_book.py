"""The price book of November 2026, the first budgets, and the sums of what was spent before there were any."""

from collections import Counter as Sums
from datetime import date
from decimal import Decimal

from django.db import migrations

DOLLAR = 1_000_000_000
START = date(2026, 1, 1)
FAST = {"claude-opus-5-5", "claude-fable-5-2", "claude-mythos-5-2", "claude-opus-5", "claude-opus-4-8"}
# Not offered before the 4.6 generation.
NO_GEO = {"claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5"}
# US dollars per million tokens: input, output, 5-minute write, 1-hour write, cache read.
BOOK = (
    ("claude-fable-5-2", START, 0, "8", "40", "10", "16", "0.20"),
    ("claude-mythos-5-2", START, 0, "8", "40", "10", "16", "0.20"),
    ("claude-fable-5-1", START, 0, "10", "50", "12.50", "20", "0.25"),
    ("claude-mythos-5-1", START, 0, "10", "50", "12.50", "20", "0.25"),
    ("claude-fable-5", START, 0, "10", "50", "12.50", "20", "1"),
    ("claude-mythos-5", START, 0, "10", "50", "12.50", "20", "1"),
    ("claude-opus-5-5", START, 0, "4", "20", "5", "8", "0.20"),
    ("claude-opus-5", START, 0, "5", "25", "6.25", "10", "0.50"),
    ("claude-opus-4-8", START, 0, "5", "25", "6.25", "10", "0.50"),
    ("claude-opus-4-7", START, 0, "5", "25", "6.25", "10", "0.50"),
    ("claude-opus-4-6", START, 0, "5", "25", "6.25", "10", "0.50"),
    ("claude-opus-4-5", START, 0, "5", "25", "6.25", "10", "0.50"),
    ("claude-sonnet-5-5", date(2026, 9, 28), 0, "2", "10", "2.50", "4", "0.20"),
    ("claude-sonnet-5-5", date(2026, 10, 7), 0, "2", "10", "2.50", "4", "0.10"),
    ("claude-sonnet-5", START, 0, "2", "10", "2.50", "4", "0.20"),
    ("claude-sonnet-4-6", START, 0, "3", "15", "3.75", "6", "0.30"),
    ("claude-sonnet-4-5", START, 0, "3", "15", "3.75", "6", "0.30"),
    ("claude-haiku-5-5", START, 0, "0.10", "0.50", "0.125", "0.20", "0.01"),
    ("claude-haiku-5-5", START, 100_000, "0.50", "2.50", "0.625", "1", "0.05"),
    ("claude-haiku-4-5", START, 0, "1", "5", "1.25", "2", "0.10"),
)
BUDGETS = (("conversation", "total", 1), ("user", "day", 5), ("site", "day", 50))


def seed(apps, schema_editor):
    Price = apps.get_model("chatapp", "Price")
    Budget = apps.get_model("chatapp", "Budget")
    for model, day, above, *rates in BOOK:
        Price.objects.create(
            model=model,
            valid_from=day,
            prompt_above=above,
            **dict(zip(("input", "output", "write_5m", "write_1h", "read"), map(Decimal, rates))),
            batch=Decimal("0.5"),
            geo=None if model in NO_GEO else Decimal("1.1"),
            fast=Decimal(2) if model in FAST else None,
            search=Decimal("0.01"),
        )
    for scope, period, dollars in BUDGETS:
        Budget.objects.create(scope=scope, period=period, limit_nanodollars=dollars * DOLLAR, key=f"{scope}::{period}")
    apps.get_model("chatapp", "MoneySettings").objects.create(id=1)


def count(apps, schema_editor):
    """Bring the rows of an older house into the new books."""
    Price, Hold, Entry = (apps.get_model("chatapp", name) for name in ("Price", "Hold", "Entry"))
    spent, held = Sums(), Sums()
    for hold in Hold.objects.all().iterator():
        hold.opened_at = hold.dispatched_at
        hold.day = hold.dispatched_at.date()
        hold.priced_from = _list_of(Price, hold.model, hold.day)
        hold.save(update_fields=["day", "opened_at", "priced_from"])
        if hold.state == "open":
            for key in _keys(hold):
                held[key] += hold.nanodollars
    for entry in Entry.objects.select_related("hold").iterator():
        entry.day = entry.hold.day
        prompt = (
            entry.input_tokens + entry.cache_read_tokens + entry.cache_write_5m_tokens + entry.cache_write_1h_tokens
        )
        entry.price = (
            Price.objects.filter(model=entry.model, valid_from=entry.hold.priced_from, prompt_above__lt=max(prompt, 1))
            .order_by("-prompt_above")
            .first()
        )
        entry.save(update_fields=["day", "price"])
        for key in _keys(entry):
            spent[key] += entry.nanodollars
    Counter = apps.get_model("chatapp", "Counter")
    for key in spent.keys() | held.keys():
        name, scope, period, user_id, conversation_id, starts = key
        Counter.objects.create(
            key=name,
            scope=scope,
            period=period,
            user_id=user_id,
            conversation_id=conversation_id,
            starts=starts,
            spent_nanodollars=spent[key],
            held_nanodollars=held[key],
        )


def _list_of(Price, model, day):
    price = Price.objects.filter(model=model, valid_from__lte=day).order_by("-valid_from").first()
    return price.valid_from if price else START


def _keys(row):
    subjects = (
        ("1c", "conversation", row.conversation_id.hex, None, row.conversation_id),
        ("2u", "user", str(row.user_id), row.user_id, None),
        ("4s", "site", "", None, None),
    )
    for letters, scope, subject, user_id, conversation_id in subjects:
        for period, starts in (("day", row.day), ("month", row.day.replace(day=1)), ("total", None)):
            key = f"{letters}:{subject}:{starts or ''}:{period}"
            yield key, scope, period, user_id, conversation_id, starts


class Migration(migrations.Migration):
    dependencies = [("chatapp", "0002_money")]

    operations = [
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
