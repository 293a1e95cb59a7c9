"""The filters of the review desk as they stand in an address: what is wrong with one is said, and costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django import forms
from django.contrib.auth.models import User
from django.http import QueryDict

from chatapp.claude.catalogue import label as label_of
from chatapp.context.models import SystemPrompt
from chatapp.turns.register import words
from chatapp.turns.register.models import Label, Profile
from chatapp.turns.register.wanted import Wanted
from chatapp.turns.states import FINAL

ANY: Final = ("", "any")
ANY_FAILURE: Final = "any"
MOST_DOLLARS: Final = 1_000_000


class FilterForm(forms.Form):
    """Every field is also a name in the address."""

    q = forms.CharField(label="Words", required=False, max_length=200, strip=True)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput({"type": "date"}))
    person = forms.CharField(label="Person", required=False, max_length=150)
    model = forms.ChoiceField(label="Model", required=False)
    prompt = forms.ChoiceField(label="System prompt", required=False)
    state = forms.ChoiceField(label="State", required=False)
    error = forms.ChoiceField(label="Error", required=False)
    cost = forms.CharField(label="Dearer than, $", required=False, max_length=20)
    thumb = forms.ChoiceField(label="Thumb", required=False, choices=[ANY, ("1", "up"), ("-1", "down"), ("0", "none")])
    label = forms.ChoiceField(label="Label", required=False)
    reviewed = forms.ChoiceField(label="Reviewed", required=False, choices=[ANY, ("1", "yes"), ("0", "not yet")])

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, label_suffix="")
        models = sorted(Profile.objects.values_list("model", flat=True).distinct())
        failures = sorted(set(Profile.objects.exclude(failure="").values_list("failure", flat=True)))
        numbers = sorted({0, *SystemPrompt.objects.values_list("number", flat=True)}, reverse=True)
        self._choose("model", [(name, label_of(name)) for name in models])
        self._choose(
            "prompt", [(str(number), f"version {number}" if number else "the one that ships") for number in numbers]
        )
        self._choose("state", sorted((state.value, state.value.replace("_", " ")) for state in FINAL))
        self._choose("error", [(ANY_FAILURE, "any error"), *((kind, kind.replace("_", " ")) for kind in failures)])
        self._choose("label", [(str(pk), name) for pk, name in Label.objects.values_list("pk", "name")])

    def clean_q(self) -> str:
        text: str = self.cleaned_data["q"].replace("\x00", " ")
        if text.strip() and words.search(text) is None:
            raise forms.ValidationError("There is no word in it that could be searched for.")
        return text

    def clean_person(self) -> int | None:
        name = self.cleaned_data["person"].strip()
        if not name:
            return None
        found = User.objects.filter(username=name).values_list("pk", flat=True).first()
        if found is None:
            raise forms.ValidationError(f"Nobody here is called “{name}”.")
        return int(found)

    def clean_cost(self) -> int | None:
        text = self.cleaned_data["cost"].strip().removeprefix("$")
        if not text:
            return None
        try:
            dollars = Decimal(text)
        except InvalidOperation:
            dollars = Decimal(-1)
        if not dollars.is_finite() or not 0 <= dollars <= MOST_DOLLARS:
            raise forms.ValidationError("An amount in US dollars, like 0.05.")
        return int(dollars * 10**9)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if until == date.max:
            # There is no day after it to ask before.
            found["until"] = None
        if since and until and until < since:
            self.add_error("until", "This is before the day on the left.")
        return found

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field_: Any = self.fields[name]
        field_.choices = [ANY, *choices]


@dataclass(frozen=True, slots=True)
class Filters:
    """What an address asks for; None where something in it is wrong, which the form then says."""

    form: FilterForm
    wanted: Wanted | None
    below: int | None
    # The filters alone, for links to the next page and to the exports.
    query: str = ""
    search: str = field(default="")

    @property
    def told(self) -> str:
        """The filters for a record that stays: people by number, so that who is erased is named nowhere."""
        said = QueryDict(self.query, mutable=True)
        if self.wanted and self.wanted.asker_id is not None:
            said["person"] = str(self.wanted.asker_id)
        # Words may be longer than what is kept of a reason, so nothing comes after them.
        for words_ in said.pop("q", []):
            said["q"] = words_
        return said.urlencode()


def read(data: QueryDict) -> Filters:
    form = FilterForm(data)
    below = data.get("below", "")
    query = QueryDict(mutable=True)
    for name in form.fields:
        if data.get(name):
            query[name] = str(data[name])
    if not form.is_valid():
        return Filters(form, None, None, query.urlencode())
    at = int(below) if below.isascii() and below.isdigit() and len(below) < 19 else None
    return Filters(form, _wanted(form.cleaned_data), at, query.urlencode(), form.cleaned_data["q"])


def _wanted(said: Mapping[str, Any]) -> Wanted:
    error = said["error"]
    return Wanted(
        since=datetime.combine(said["since"], time(), UTC) if said["since"] else None,
        until=datetime.combine(said["until"] + timedelta(days=1), time(), UTC) if said["until"] else None,
        asker_id=said["person"],
        model=said["model"] or None,
        prompt=int(said["prompt"]) if said["prompt"] else None,
        state=said["state"] or None,
        failure=error if error and error != ANY_FAILURE else None,
        failed=True if error == ANY_FAILURE else None,
        thumb=int(said["thumb"]) if said["thumb"] else None,
        reviewed=said["reviewed"] == "1" if said["reviewed"] else None,
        above_nanodollars=said["cost"],
        label_id=int(said["label"]) if said["label"] else None,
        search=words.search(said["q"]) if said["q"].strip() else None,
    )
