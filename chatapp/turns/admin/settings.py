"""How Claude is asked: the table of tasks, the rules of the automatic choice, how much of a conversation it is told."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from chatapp.claude import catalogue
from chatapp.context.models import ContextSettings
from chatapp.telemetry.history import SaysWhatChanged
from chatapp.turns import patience, tasks
from chatapp.turns.admin.single import ModelNameForm, SingleAdmin
from chatapp.turns.routing import Routing
from chatapp.turns.tasks import TaskSettings


class TaskForm(ModelNameForm):
    def clean_model(self) -> str:
        return self._priced("model")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "first_word_seconds" in cleaned and "seconds" in cleaned:
            for field, sentence in self._disorder(cleaned["first_word_seconds"], cleaned["seconds"]).items():
                self.add_error(field, sentence)
        return cleaned

    def _disorder(self, first_word: float | None, seconds: float | None) -> dict[str, str]:
        """Only people wait for a first sign of life, and for the end of a whole question."""
        usual, now = tasks.usual_deadlines(self.instance.task), tasks.of(self.instance.task).deadlines
        first_word, seconds = first_word or usual.first_word, seconds or usual.answer
        answers = self.instance.task == tasks.Name.ANSWER
        wrong = patience.disorder(
            now.first_event if answers else 0, first_word, seconds, now.turn if answers else seconds
        )
        fields = {"first_word": "first_word_seconds", "answer": "seconds"}
        return {fields[name]: sentence for name, sentence in wrong.items() if name in fields}


@admin.register(TaskSettings)
class TaskAdmin(SaysWhatChanged):
    """One row a task, with what is asked of Claude just now, whoever decided it."""

    form = TaskForm
    actions = None
    list_display = ("__str__", "asked", "manner", "ceiling", "deadlines")
    fields = ("model", "thinking", "effort", "max_tokens", "first_word_seconds", "seconds")

    @admin.display(description="Model")
    def asked(self, row: TaskSettings) -> str:
        return tasks.of(row.task).model

    @admin.display(description="Thinking, effort")
    def manner(self, row: TaskSettings) -> str:
        """What that model is really sent, which may be less than what was wished."""
        task = tasks.of(row.task)
        terms = task.terms(catalogue.of(task.model))
        kind = terms.thinking.get("type") if terms.thinking else "not mentioned"
        return f"{kind}, {terms.effort or 'as the model likes'}"

    @admin.display(description="Most tokens")
    def ceiling(self, row: TaskSettings) -> int:
        return tasks.of(row.task).max_tokens

    @admin.display(description="First word, whole answer")
    def deadlines(self, row: TaskSettings) -> str:
        task = tasks.of(row.task)
        return f"{task.deadlines.first_word:g} s, {task.deadlines.answer:g} s"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Routing)
class RoutingAdmin(SingleAdmin):
    fields = ("automatic_first", "most_characters", "most_tokens", "hard_words")


@admin.register(ContextSettings)
class ContextSettingsAdmin(SingleAdmin):
    fields = ("prompt_cache", "digest_above_tokens", "digest_share_percent", "tail_tokens")
