"""Conversations, their turns, the attempts under each turn, and the text kept while an answer runs."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from chatapp.turns.states import RUNNING, State

RUNNING_STATES = sorted(state.value for state in RUNNING)
BROKEN_STATES = [State.FAILED.value, State.INTERRUPTED.value]
# For statements: as it stands in the conditions of the indexes of open turns, or SQLite would not use them but read
# every turn there is. It does not see that states given as parameters are the same.
IS_OPEN = f"state IN ({', '.join(repr(state) for state in RUNNING_STATES)})"
IS_BROKEN = f"state IN ({', '.join(repr(state) for state in BROKEN_STATES)})"


class Conversation(models.Model):
    class TitledBy(models.TextChoices):
        FIRST_WORDS = "first_words"
        CLAUDE = "claude"
        PERSON = "person"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200)
    titled_by = models.CharField(max_length=12, choices=TitledBy.choices, default=TitledBy.FIRST_WORDS)
    # The last turn of the branch that is shown; the visible path is its chain of parents.
    head = models.ForeignKey("Turn", models.SET_NULL, null=True, related_name="+")
    # Counts every change a page may have missed; `reshaped` is its value when the visible path last changed shape.
    version = models.PositiveIntegerField(default=0)
    reshaped = models.PositiveIntegerField(default=0)
    # What Claude is told first, from the first turn to the last; None: whatever is told just now.
    prompt = models.ForeignKey("SystemPrompt", models.PROTECT, null=True, related_name="+")
    # The model that the person chose for it, or `automatic`; empty: nobody chose.
    wish = models.CharField(max_length=80, default="")
    # Its owner wants nothing of it condensed.
    whole = models.BooleanField(default=False)
    pinned = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    active_at = models.DateTimeField()

    class Meta:
        app_label = "chatapp"
        indexes = [models.Index(fields=["owner", "archived", "-active_at"], name="conversation_rail")]

    def __str__(self) -> str:
        return str(self.id)


class Turn(models.Model):
    """One question, at most one answer, one state, one cost, one correlation id."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="turns")
    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="turns")
    # Turns with the same parent are branches of one another.
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    ask_id = models.UUIDField()
    correlation_id = models.CharField(max_length=32)
    question = models.TextField()
    answer = models.TextField(default="")
    # How many characters of the answer were carried over from the branch that this one continues.
    carried = models.PositiveIntegerField(default=0)
    thinking = models.TextField(default="")
    thinking_ms = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=12, choices=[(state.value, state.value) for state in State])
    notice = models.CharField(max_length=400, default="")
    # What its cost made of a limit: near it, or at it.
    warning = models.CharField(max_length=400, default="")
    limit_report = models.JSONField(null=True)
    model = models.CharField(max_length=80)
    # The model that was meant to answer, where another one stood in for it.
    asked_model = models.CharField(max_length=80, default="")
    # Why this model was chosen, where nobody chose it.
    routed = models.CharField(max_length=160, default="")
    # An answer that was kept from an earlier asking, and when it was written.
    kept_from = models.DateTimeField(null=True)
    # It waits until Claude is back, so long at most; the hour stays until the owner has seen the end.
    later_until = models.DateTimeField(null=True)
    stop_reason = models.CharField(max_length=80, default="")
    # Claude is told it word for word, whatever is condensed.
    pinned = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    stop_asked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # How its text arrived: after how many milliseconds there were how many characters, in pairs.
    pace = models.TextField(default="", db_default="")
    version = models.PositiveIntegerField(default=0)
    # Who runs it, until when, and how often it changed hands: a late zombie's epoch no longer matches.
    worker = models.CharField(max_length=32, default="")
    lease_until = models.DateTimeField(null=True)
    epoch = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "chatapp"
        constraints = [
            models.UniqueConstraint(fields=["asker", "ask_id"], name="one_turn_per_ask_id"),
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(state__in=RUNNING_STATES),
                name="one_running_turn_per_conversation",
            ),
        ]
        indexes = [
            models.Index(fields=["lease_until"], condition=Q(state__in=RUNNING_STATES), name="turn_open"),
            models.Index(fields=["asker", "asked_at"], name="turn_asker"),
            # A day is counted in these. The state is no column of the first, which would then change with every state,
            # and which SQLite would take for the smallest way to whatever is asked about states.
            models.Index(fields=["asked_at"], name="turn_asked"),
            models.Index(fields=["asked_at"], condition=Q(state__in=BROKEN_STATES), name="turn_broken"),
            models.Index(fields=["conversation"], condition=Q(pinned=True), name="turn_pinned"),
            models.Index(fields=["conversation"], condition=Q(later_until__isnull=False), name="turn_later"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Attempt(models.Model):
    """One request to Claude on behalf of a turn."""

    class Task(models.TextChoices):
        ANSWER = "answer"
        TITLE = "title"
        DIGEST = "digest"
        REVIEW_DIGEST = "review", "Review digest"

    class Outcome(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"
        CUT = "cut"
        FAILED = "failed"
        LOST = "lost"

    turn = models.ForeignKey(Turn, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    task = models.CharField(max_length=12, choices=Task.choices, default=Task.ANSWER)
    model = models.CharField(max_length=80)
    # Empty: the environment's own key and address.
    provider = models.CharField(max_length=40, default="")
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.RUNNING)
    hold_id = models.BigIntegerField()
    request_id = models.CharField(max_length=80, default="")
    message_id = models.CharField(max_length=80, default="")
    input_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    cache_read_tokens = models.BigIntegerField(null=True)
    cache_write_5m_tokens = models.BigIntegerField(null=True)
    cache_write_1h_tokens = models.BigIntegerField(null=True)
    cost_nanodollars = models.BigIntegerField(default=0)
    saved_nanodollars = models.BigIntegerField(default=0)
    # What it was told beside the conversation, and why Claude did not find the last prompt in its cache.
    told = models.CharField(max_length=120, default="")
    cache_miss = models.CharField(max_length=40, default="")
    cost_exact = models.BooleanField(default=False)
    ttft_ms = models.PositiveIntegerField(null=True)
    total_ms = models.PositiveIntegerField(null=True)
    failure = models.CharField(max_length=40, default="")
    detail = models.TextField(default="")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "chatapp"
        constraints = [
            models.UniqueConstraint(fields=["turn", "number"], name="one_attempt_per_number"),
            models.UniqueConstraint(
                fields=["turn"],
                condition=Q(outcome="running", task="answer"),
                name="one_running_attempt_per_turn",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.turn_id}.{self.number}"


class Checkpoint(models.Model):
    """A piece of a running answer, kept so that a killed process loses at most the last blink."""

    turn = models.ForeignKey(Turn, models.CASCADE, related_name="checkpoints")
    epoch = models.PositiveIntegerField()
    text = models.TextField(default="")
    thinking = models.TextField(default="")

    class Meta:
        app_label = "chatapp"

    def __str__(self) -> str:
        return f"{self.turn_id}#{self.pk}"
