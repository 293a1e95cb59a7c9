"""Holds, which reserve the worst a request can cost; entries, which say what it did cost; and their running sums."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from chatapp.money.models.budgets import Period, Scope
from chatapp.money.models.prices import Price, Unchangeable


class Hold(models.Model):
    """Money set aside for one request to Claude, committed before the first byte is sent."""

    class State(models.TextChoices):
        OPEN = "open"
        CAPTURED = "captured"
        VOIDED = "voided"

    user_id = models.BigIntegerField()
    conversation_id = models.UUIDField()
    # The person's groups when it was taken, as ",3,7,"; empty for a person in none.
    groups = models.TextField(default="")
    # The site's day on which it counts, whatever day it is settled on.
    day = models.DateField()
    correlation_id = models.CharField(max_length=32)
    task = models.CharField(max_length=12)
    model = models.CharField(max_length=80)
    # Which price list covers it, and in which manner it was asked ("batch fast").
    priced_from = models.DateField()
    manner = models.CharField(max_length=20, default="")
    prompt_bound_tokens = models.BigIntegerField()
    max_tokens = models.BigIntegerField()
    max_searches = models.PositiveIntegerField(default=0)
    nanodollars = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    # When the request became free to go out; a hold without it was never sent.
    dispatched_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "chatapp"
        indexes: ClassVar = [
            models.Index(fields=["conversation_id"], condition=Q(state="open"), name="hold_open_conversation")
        ]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(nanodollars__gte=0), name="hold_is_no_debt")]

    def __str__(self) -> str:
        return str(self.pk)


class Entry(models.Model):
    """One line of the ledger; lines are only ever added."""

    class Kind(models.TextChoices):
        CHARGE = "charge", "Charge"
        ADJUSTMENT = "adjustment", "Adjustment"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CHARGE)
    hold = models.OneToOneField(Hold, models.PROTECT, related_name="entry", null=True)
    user_id = models.BigIntegerField(null=True)
    conversation_id = models.UUIDField(null=True)
    groups = models.TextField(default="")
    day = models.DateField()
    correlation_id = models.CharField(max_length=32, default="")
    task = models.CharField(max_length=12, default="")
    model = models.CharField(max_length=80, default="")
    price = models.ForeignKey(Price, models.PROTECT, related_name="+", null=True)
    nanodollars = models.BigIntegerField()
    # What the cache brought: the same tokens at the plain price, less what they cost. Negative when it cost more.
    saved_nanodollars = models.BigIntegerField(default=0)
    exact = models.BooleanField(default=True)
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cache_read_tokens = models.BigIntegerField(default=0)
    cache_write_5m_tokens = models.BigIntegerField(default=0)
    cache_write_1h_tokens = models.BigIntegerField(default=0)
    searches = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=400, default="")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        app_label = "chatapp"
        verbose_name_plural = "entries"
        indexes: ClassVar = [
            models.Index(fields=["conversation_id"], name="entry_conversation"),
            models.Index(fields=["user_id", "day"], name="entry_user_day"),
            models.Index(fields=["day"], name="entry_day"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="charge", hold__isnull=False, price__isnull=False, nanodollars__gte=0)
                | Q(kind="adjustment", hold__isnull=True) & ~Q(reason=""),
                name="entry_is_a_charge_or_an_adjustment",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Unchangeable("The ledger is only added to. Write an adjustment instead.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Unchangeable("The ledger is only added to. Write an adjustment instead.")


class Counter(models.Model):
    """What one subject has spent and holds in one period: the sums that a hold is measured against."""

    # "1c:<conversation>:2026-11-20"; whoever locks several does so in the order of their keys, the busiest last.
    key = models.CharField(max_length=64, primary_key=True)
    scope = models.CharField(max_length=12, choices=Scope)
    period = models.CharField(max_length=5, choices=Period)
    user_id = models.BigIntegerField(null=True)
    group_id = models.BigIntegerField(null=True)
    conversation_id = models.UUIDField(null=True)
    # The first day of its period; None for the whole of time.
    starts = models.DateField(null=True)
    spent_nanodollars = models.BigIntegerField(default=0)
    held_nanodollars = models.BigIntegerField(default=0)
    # The limit under which money was last set aside here: a limit lowered later stops what comes, not what was.
    ceiling_nanodollars = models.BigIntegerField(null=True)
    # The amount at which somebody is to be told next, and the percent that was told last.
    warn_nanodollars = models.BigIntegerField(null=True)
    told_percent = models.PositiveSmallIntegerField(default=0)

    class Meta:
        app_label = "chatapp"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ceiling_nanodollars=None)
                | Q(ceiling_nanodollars__gte=F("spent_nanodollars") + F("held_nanodollars")),
                name="never_beyond_the_ceiling",
            ),
            models.CheckConstraint(condition=Q(held_nanodollars__gte=0), name="nothing_is_held_twice"),
        ]

    def __str__(self) -> str:
        return self.key
