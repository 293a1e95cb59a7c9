"""One narrow row for every ended turn, and the few profiles that all of them share."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from chatapp.turns.models import Turn


class Profile(models.Model):
    """Everything low in number that turns are filtered by, as one combination. There are some hundreds of them,
    however many turns there are: whoever filters goes through the profiles first, and then reads each one's newest.
    """

    model = models.CharField(max_length=80)
    # The number of the system prompt; 0 is the one that ships.
    prompt = models.PositiveIntegerField()
    state = models.CharField(max_length=12)
    # The last thing that went wrong on the way to the answer.
    failure = models.CharField(max_length=40)
    thumb = models.SmallIntegerField()
    reviewed = models.BooleanField()
    # Which step of `costs.STEPS` the cost has reached.
    cost_step = models.PositiveSmallIntegerField()

    class Meta:
        app_label = "chatapp"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["model", "prompt", "state", "failure", "thumb", "reviewed", "cost_step"],
                name="one_profile_per_combination",
            )
        ]

    def __str__(self) -> str:
        return f"{self.model}, {self.state}"


class Filed(models.Model):
    """An ended turn in the register."""

    turn = models.OneToOneField(Turn, models.CASCADE, primary_key=True, related_name="filed")
    profile = models.ForeignKey(Profile, models.PROTECT, db_index=False, related_name="+")
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    nanodollars = models.BigIntegerField()
    asked_at = models.DateTimeField()

    class Meta:
        app_label = "chatapp"
        indexes: ClassVar = [
            models.Index(fields=["profile", "turn", "nanodollars"], name="filed_profile"),
            models.Index(fields=["asker", "turn", "profile"], name="filed_asker"),
            models.Index(fields=["asker", "profile", "turn", "nanodollars"], name="filed_asker_profile"),
            models.Index(fields=["asked_at", "turn"], name="filed_asked"),
        ]

    def __str__(self) -> str:
        return str(self.turn_id)


class Progress(models.Model):
    """One row: up to which turn everything that has ended is filed. Whoever files holds it."""

    through = models.BigIntegerField(default=0)
    # Words of deleted turns are still in the index, marked as deleted.
    untidy = models.BooleanField(default=False)

    class Meta:
        app_label = "chatapp"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="progress_has_one_row")]

    def __str__(self) -> str:
        return f"through {self.through}"


class Label(models.Model):
    """A word that reviewers put on turns."""

    name = models.CharField(max_length=40, unique=True)

    class Meta:
        app_label = "chatapp"
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Labelled(models.Model):
    """A label on a turn."""

    label = models.ForeignKey(Label, models.CASCADE, db_index=False, related_name="+")
    turn = models.ForeignKey(Turn, models.CASCADE, related_name="labelled")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        app_label = "chatapp"
        constraints: ClassVar = [models.UniqueConstraint(fields=["label", "turn"], name="one_label_once")]

    def __str__(self) -> str:
        return f"{self.label_id} on {self.turn_id}"
