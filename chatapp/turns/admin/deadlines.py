"""How long a person is asked to wait, in the admin: one row, in order with the deadlines of the task “answer”."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin

from chatapp.turns import patience, tasks
from chatapp.turns.admin.single import SingleAdmin
from chatapp.turns.patience import Patience


class DeadlinesForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first_event, turn = cleaned.get("first_event_seconds"), cleaned.get("turn_seconds")
        if first_event is not None and turn is not None:
            answer = tasks.of(tasks.Name.ANSWER).deadlines
            wrong = patience.disorder(first_event, answer.first_word, answer.answer, turn)
            for name, field in (("first_event", "first_event_seconds"), ("turn", "turn_seconds")):
                if name in wrong:
                    self.add_error(field, wrong[name])
        return cleaned


@admin.register(Patience)
class DeadlinesAdmin(SingleAdmin):
    form = DeadlinesForm
    fieldsets = (
        (
            None,
            {
                "fields": ("connect_seconds", "first_event_seconds", "silence_seconds", "turn_seconds"),
                "description": "In force from the next question on. How long until the first word, and for one whole "
                "answer, stands with the task “answer”.",
            },
        ),
    )
