"""What people get when Claude cannot answer, as an administrator chooses it: one row."""

from __future__ import annotations

from django.contrib import admin

from chatapp.turns.admin.single import ModelNameForm, SingleAdmin
from chatapp.turns.fallbacks import Fallbacks


class FallbacksForm(ModelNameForm):
    def clean_stand_in(self) -> str:
        return self._priced("stand_in")


@admin.register(Fallbacks)
class FallbacksAdmin(SingleAdmin):
    form = FallbacksForm
    fields = ("retries", "stand_in", "other_providers", "kept_hours", "later")
