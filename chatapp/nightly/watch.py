"""Runs the night's agenda by itself, in whichever web process looks first."""

from __future__ import annotations

from django.utils import timezone

from chatapp.nightly import agenda
from chatapp.storage.crossing import in_thread
from chatapp.storage.rounds import Round


async def look() -> None:
    """Run what is due."""
    await in_thread(agenda.run_what_is_due, timezone.now())


ROUND = Round(look, 600.0, "the night's agenda could not be looked at")
