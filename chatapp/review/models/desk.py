"""Scorecards that an administrator defines, rules that fill the queue, its items, and what reviewers found."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from chatapp.turns.models import Turn

_PERCENT: list[MinValueValidator | MaxValueValidator] = [MinValueValidator(0), MaxValueValidator(100)]


class ReviewSettings(models.Model):
    """What an administrator decides about the review desk: one row."""

    owners_see = models.BooleanField(
        "owners see who read",
        default=False,
        help_text="Whoever owns a conversation sees in its menu when it was read by staff, and why.",
    )
    second_percent = models.PositiveSmallIntegerField(
        "second reviewer, percent",
        default=10,
        validators=_PERCENT,
        help_text="Of so many items in a hundred a second reviewer is asked, who does not see what the first found.",
    )

    class Meta:
        app_label = "chatapp"
        verbose_name = verbose_name_plural = "review settings"
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="review_settings_has_one_row")]

    def __str__(self) -> str:
        return "Review settings"

    @classmethod
    def current(cls) -> ReviewSettings:
        return cls.objects.first() or cls(id=1)


class Rule(models.Model):
    """What lands in the queue by itself."""

    class Kind(models.TextChoices):
        THUMBS_DOWN = "thumbs_down", "A thumb down"
        REFUSED = "refused", "Claude refused"
        FAILED = "failed", "No answer, or a broken one"
        COSTLY = "costly", "Dearer than an amount"
        RANDOM = "random", "At random"

    kind = models.CharField(max_length=12, choices=Kind, unique=True)
    active = models.BooleanField(default=True)
    percent = models.DecimalField(
        "share, percent",
        max_digits=5,
        decimal_places=2,
        default=100,
        validators=_PERCENT,
        help_text="Of those that the rule finds.",
    )
    above_nanodollars = models.BigIntegerField(
        "dearer than", default=100_000_000, help_text="US dollars; only for what is dearer than an amount."
    )

    class Meta:
        app_label = "chatapp"
        verbose_name = "queue rule"
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.get_kind_display()


class Scorecard(models.Model):
    """What reviewers are asked; the newest active one is used. One that was used is kept as it was."""

    name = models.CharField(max_length=80, unique=True)
    active = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "chatapp"
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Scorecard | None:
        return cls.objects.filter(active=True).prefetch_related("criteria").first()


class Criterion(models.Model):
    """One question of a scorecard, with two to nine answers: one for each number key."""

    scorecard = models.ForeignKey(Scorecard, models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=80)
    help = models.CharField(max_length=300, blank=True)
    choices = models.JSONField(default=list)

    class Meta:
        app_label = "chatapp"
        verbose_name_plural = "criteria"
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["scorecard", "name"], name="one_criterion_once")]

    def __str__(self) -> str:
        return self.name


class Item(models.Model):
    """One turn in the queue."""

    class State(models.TextChoices):
        OPEN = "open", "to review"
        SECOND = "second", "waits for a second reviewer"
        DISPUTED = "disputed", "reviewers disagree"
        DONE = "done", "reviewed"

    OPEN_STATES: ClassVar = (State.OPEN, State.SECOND, State.DISPUTED)

    turn = models.OneToOneField(Turn, models.CASCADE, related_name="review_item")
    why = models.CharField(max_length=12, choices=[*Rule.Kind.choices, ("by_hand", "By hand")])
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    # How many reviewers are asked before it is done.
    wanted = models.PositiveSmallIntegerField(default=1)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # Taken by whoever opened it, for a while; None where somebody was asked by name.
    taken_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "chatapp"
        verbose_name = "queue item"
        indexes: ClassVar = [models.Index(fields=["state", "id"], name="item_state")]

    def __str__(self) -> str:
        return f"item {self.pk}"


class Review(models.Model):
    """What one reviewer found."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="reviews")
    scorecard = models.ForeignKey(Scorecard, models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reviewer_name = models.CharField(max_length=150)
    # Which answer was chosen, by the criterion's number; the first answer is 1.
    scores = models.JSONField(default=dict)
    note = models.TextField(default="")
    # It settles what two reviewers did not agree about.
    settles = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        app_label = "chatapp"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["item", "reviewer"], condition=Q(settles=False), name="one_review_per_reviewer"
            )
        ]

    def __str__(self) -> str:
        return f"review {self.pk}"


class Note(models.Model):
    """What a member of staff wrote about a turn."""

    turn = models.ForeignKey(Turn, models.CASCADE, related_name="review_notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=150)
    text = models.CharField(max_length=2000)
    at = models.DateTimeField()

    class Meta:
        app_label = "chatapp"
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"note {self.pk}"
