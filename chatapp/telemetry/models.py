"""Measures that are taken rarely and read often: their last value outlives the process that took it."""

from __future__ import annotations

from django.db import models


class Reading(models.Model):
    """The last value of one measure."""

    name = models.CharField(max_length=80, primary_key=True)
    value = models.BigIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        app_label = "chatapp"

    def __str__(self) -> str:
        return f"{self.name} {self.value}"
