"""One row for every reading by staff, each sealed with the one before it."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.db import models


class Kept(models.QuerySet[Any]):
    """Rows that the product neither changes nor deletes, whoever asks."""

    def delete(self) -> NoReturn:
        raise PermissionError("readings are kept")

    def update(self, **changes: Any) -> NoReturn:
        raise PermissionError("readings are kept")


class Visit(models.Model):
    """Who read what of whom, when, why and from where. The reader's name is written out, for he answers for it."""

    class What(models.TextChoices):
        SEARCH = "search", "searched"
        TRANSCRIPT = "transcript", "read"
        REVEAL = "reveal", "read unmasked"
        FILE = "file", "opened a file"
        REVIEW = "review", "reviewed"
        EXPORT = "export", "exported"

    number = models.BigIntegerField(primary_key=True)
    what = models.CharField(max_length=12, choices=What)
    reader_id = models.BigIntegerField()
    reader = models.CharField(max_length=150)
    at = models.DateTimeField()
    conversation_id = models.UUIDField(null=True)
    turn_id = models.BigIntegerField(null=True)
    # By number alone: a row stays for ever, and whoever is erased is to be named nowhere.
    owner_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=500, default="")
    address = models.CharField(max_length=64, default="")
    agent = models.CharField(max_length=200, default="")
    # Over everything above and the seal of the row before, with a key made from SECRET_KEY.
    seal = models.CharField(max_length=64)
    # Which key that was, so that a new SECRET_KEY is not taken for a changed row.
    key = models.CharField(max_length=8)

    objects = Kept.as_manager()

    class Meta:
        app_label = "chatapp"
        verbose_name = "reading"
        ordering: ClassVar = ["-number"]
        indexes: ClassVar = [
            models.Index(fields=["conversation_id"], name="visit_conversation"),
            models.Index(fields=["reader_id", "number"], name="visit_reader"),
        ]
        base_manager_name = "objects"
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("review_transcripts", "Can read and review transcripts, masked"),
            ("reveal_transcripts", "Can read transcripts unmasked, for a reason"),
            ("export_reviews", "Can export what was found"),
            ("lead_reviews", "Can assign items and settle disputes"),
            ("audit_readings", "Can see who read what"),
        ]

    def __str__(self) -> str:
        return f"reading {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise PermissionError("readings are kept")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise PermissionError("readings are kept")


class Chain(models.Model):
    """One row: how many readings there are, and the seal of the last. Whoever adds one holds it."""

    count = models.BigIntegerField(default=0)
    seal = models.CharField(max_length=64, default="")

    class Meta:
        app_label = "chatapp"
        default_permissions = ()
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="chain_has_one_row")]

    def __str__(self) -> str:
        return f"{self.count} readings"


class Glimpse(models.Model):
    """A conversation of which a search showed a line; the search's own row names none of them."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="glimpses")
    conversation_id = models.UUIDField()

    objects = Kept.as_manager()

    class Meta:
        app_label = "chatapp"
        default_permissions = ()
        base_manager_name = "objects"
        indexes: ClassVar = [models.Index(fields=["conversation_id", "visit"], name="glimpse_conversation")]

    def __str__(self) -> str:
        return f"a line of {self.conversation_id}"
