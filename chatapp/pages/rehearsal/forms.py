"""The form that starts a rehearsal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from chatapp.pages.rehearsal.steering import Fault, Plan

EVERY, USUAL = "every", "usual"
_LEAST_SECONDS: Final = 5
_MOST_SECONDS: Final = 600
_MOST_RETRY_AFTER: Final = 3_600


class FaultSelect(forms.Select):
    """Each choice carries what it means, for the line below."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__()
        self.meanings = {fault.name: fault for fault in faults}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if fault := self.meanings.get(str(value)):
            option["attrs"]["data-meaning"] = f"{fault.meaning}. {fault.sentence}"
            if fault.may_say_when:
                option["attrs"]["data-may-say-when"] = ""
        return option


class WholeField(forms.IntegerField):
    """A whole number between two others; whatever is wrong with it, one sentence says what is right."""

    def __init__(self, least: int, most: int, sentence: str, **options: Any) -> None:
        wrong = dict.fromkeys(("required", "invalid", "min_value", "max_value"), sentence)
        super().__init__(min_value=least, max_value=most, error_messages=wrong, **options)


class RehearsalForm(forms.Form):
    fault = forms.ChoiceField(
        label="What goes wrong",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose one of the faults in the list."),
    )
    whom = forms.ChoiceField(
        label="Which requests",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose which requests meet it."),
    )
    share = WholeField(
        1, 100, "Write a whole number of percent from 1 to 100.", label="Share of them, in percent", initial=100
    )
    seconds = WholeField(
        _LEAST_SECONDS,
        _MOST_SECONDS,
        f"Write a whole number of seconds from {_LEAST_SECONDS} to {_MOST_SECONDS}.",
        label="For so many seconds",
        initial=60,
    )
    retry_after = WholeField(
        0,
        _MOST_RETRY_AFTER,
        f"Write a whole number of seconds from 0 to {_MOST_RETRY_AFTER:,}, or nothing.",
        label="Retry-after, in seconds",
        required=False,
        help_text="When Claude asks to be asked again. Empty: what the fault says by itself.",
    )

    def __init__(self, faults: Sequence[Fault], data: Any = None) -> None:
        super().__init__(data)
        self.known = {fault.name: fault for fault in faults}
        chosen, whom = self.fields["fault"], self.fields["whom"]
        assert isinstance(chosen, forms.ChoiceField)  # noqa: S101 # for the reader of types
        assert isinstance(whom, forms.ChoiceField)  # noqa: S101
        chosen.widget = FaultSelect(faults)
        chosen.choices = [
            (group, [(fault.name, fault.title) for fault in rows])
            for group, rows in groupby(faults, lambda fault: fault.group)
        ]
        chosen.initial = "overloaded"
        whom.choices = [
            (EVERY, "Every question, whichever model answers"),
            (USUAL, f"Questions to {settings.CHATAPP_MODEL}: a stand-in still answers"),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        fault = self.known.get(cleaned.get("fault", ""))
        if fault is None:
            return cleaned
        if fault.closes_the_port and (cleaned.get("share", 100) != 100 or cleaned.get("whom") == USUAL):
            raise ValidationError(
                {"share": "Nobody comes through a closed port: choose every question, and 100 percent."}
            )
        if cleaned.get("retry_after") is not None and not fault.may_say_when:
            sentence = f"“{fault.title}” cannot say when to come back. Leave this empty."
            raise ValidationError({"retry_after": sentence})
        return cleaned

    @property
    def plan(self) -> Plan:
        said = self.cleaned_data
        return Plan(
            fault=self.known[said["fault"]],
            share_percent=said["share"],
            seconds=said["seconds"],
            model=settings.CHATAPP_MODEL if said["whom"] == USUAL else "",
            retry_after_seconds=said["retry_after"],
        )
