"""What a form of the admin has changed, in the words that its history keeps: the old value and the new one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.contrib.auth.forms import ReadOnlyPasswordHashField
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst

# A sentence of a history; whoever wants all of a long text looks at the row itself.
_LONGEST: Final = 80
_BEFORE_A_DIFFERENCE: Final = 20
_NOTHING: Final = "nothing"
_SECRET = (forms.PasswordInput, ReadOnlyPasswordHashField.widget)


class SaysWhatChanged(admin.ModelAdmin):
    """The history of its rows says "Retries: 2 → 1" where Django says "Changed Retries"."""

    def construct_change_message(self, request: HttpRequest, form: forms.Form, formsets: Any, add: bool = False) -> Any:
        changes = "" if formsets else in_words(form, add=add)
        if not changes:
            return super().construct_change_message(request, form, formsets, add)
        return f"Added. {changes}" if add else changes


def in_words(form: forms.BaseForm, *, add: bool = False) -> str:
    """All that was changed, one after the other; of what is secret only that it was."""
    return "; ".join(filter(None, (_change(form, name, add=add) for name in form.changed_data)))


def _change(form: forms.BaseForm, name: str, *, add: bool) -> str:
    field = form.fields.get(name)
    if field is None:
        # Two boxes for one password, said as one.
        return f"{capfirst(name)}: changed"
    label = capfirst(str(field.label or name.replace("_", " ")))
    if isinstance(field.widget, _SECRET):
        return f"{label}: changed"
    old, new = _told(field, form.get_initial_for_field(field, name)), _told(field, form.cleaned_data.get(name))
    if add:
        return f"{label}: {_cut(new, 0)}"
    if old == new:
        # A page that was open for long compares with what it showed, which is not what stood in the row.
        return ""
    begin = max(0, _first_difference(old, new) - _BEFORE_A_DIFFERENCE)
    return f"{label}: {_cut(old, begin)} → {_cut(new, begin)}"


def _told(field: forms.Field, value: Any) -> str:
    """A value as a person would say it."""
    if value is None or value == "" or value == []:
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if timezone.is_aware(value) else str(value)
    if isinstance(field, forms.ModelChoiceField):
        return _rows(field, value)
    choices = dict(_flat(getattr(field, "choices", ())))
    if str(value) in choices:
        return str(choices[str(value)])
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return f"{value:g}"
    return str(field.prepare_value(value)).strip() or _NOTHING


def _rows(field: forms.ModelChoiceField, value: Any) -> str:
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, list | tuple | QuerySet):
        return ", ".join(sorted(_rows(field, one) for one in value)) or _NOTHING
    found = field.queryset.filter(pk=value).first() if field.queryset is not None else None
    return str(found or value)


def _flat(choices: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    for key, words in choices:
        if isinstance(words, list | tuple):
            yield from _flat(words)
        else:
            yield str(key), words


def _first_difference(old: str, new: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _cut(text: str, begin: int) -> str:
    """On one line; of a long text the part in which it differs."""
    if len(text) <= _LONGEST:
        return " ".join(text.split())
    part = text[begin : begin + _LONGEST]
    return f"{'…' if begin else ''}{' '.join(part.split())}{'…' if begin + _LONGEST < len(text) else ''}"
