"""Form fields for what people type: amounts in dollars, people and groups by name, conversations by number."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chatapp.money import amounts, reports, standings

# A longer list helps nobody to find a name, but any name can be typed.
OFFERED = 200


class DollarsField(forms.Field):
    """Nano-dollars, typed as dollars."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "size": 14})

    def prepare_value(self, value: Any) -> Any:
        return amounts.typed(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        try:
            return reports.dollars(str(value))
        except ValueError as wrong:
            raise ValidationError(str(wrong)) from None


class _Offering(forms.TextInput):
    """A text box that offers what is there already."""

    choices: Any = ()  # Django's field for rows hands its rows to its widget; they are offered, not listed.

    def __init__(self, model: type[Model], field: str) -> None:
        super().__init__(attrs={"autocomplete": "off", "size": 40})
        self.model, self.field = model, field

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        offered = f"{name}_offered"
        rows = self.model._default_manager.order_by(self.field).values_list(self.field)[:OFFERED]
        box = super().render(name, value, {**(attrs or {}), "list": offered}, renderer)
        options = format_html_join("", '<option value="{}"></option>', rows)
        return format_html('{}<datalist id="{}">{}</datalist>', box, offered, options)


class _NameField(forms.ModelChoiceField):
    def __init__(self, model: type[Model], name: str, label: str, nobody: str, help_text: str) -> None:
        super().__init__(
            model._default_manager.all(),
            required=False,
            label=label,
            to_field_name=name,
            help_text=help_text,
            widget=_Offering(model, name),
            error_messages={"invalid_choice": nobody},
        )

    def to_python(self, value: Any) -> Any:
        name = value.strip() if isinstance(value, str) else value
        if isinstance(name, str) and "\x00" in name:
            # No name holds one, and PostgreSQL does not even look.
            raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice", {"value": name})
        return super().to_python(name)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            value = self.queryset.filter(pk=value).first() if self.queryset is not None else None
        return super().prepare_value(value)


class PersonField(_NameField):
    def __init__(self, help_text: str) -> None:
        super().__init__(User, "username", "Person", "Nobody here is called “%(value)s”.", help_text)


class GroupField(_NameField):
    def __init__(self, help_text: str) -> None:
        super().__init__(Group, "name", "Group", "There is no group “%(value)s”.", help_text)


class ConversationField(forms.Field):
    """The number in a conversation's address, or nothing."""

    widget = forms.TextInput(attrs={"size": 40, "autocomplete": "off"})

    def __init__(self, help_text: str) -> None:
        super().__init__(required=False, label="Conversation", help_text=help_text)

    def to_python(self, value: Any) -> Any:
        if not value or isinstance(value, UUID):
            return value or None
        try:
            return standings.conversation(str(value))
        except ValueError as wrong:
            raise ValidationError(str(wrong)) from None
