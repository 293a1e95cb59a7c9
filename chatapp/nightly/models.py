"""Which item of the night's agenda was last begun for which day."""

from __future__ import annotations

from django.db import models


class Night(models.Model):
    """One item of the agenda: whoever moves its day on is the one that runs it."""

    item = models.CharField(max_length=40, primary_key=True)
    day = models.DateField()

    class Meta:
        app_label = "chatapp"

    def __str__(self) -> str:
        return f"{self.item}, {self.day}"
