"""The form that corrects a charge: an adjustment beside it, with an author and a reason."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from chatapp.money import adjustments, amounts, limits
from chatapp.money.admin.fields import ConversationField, DollarsField, PersonField
from chatapp.money.models import Entry

BACK, MORE = "back", "more"


class CorrectionForm(forms.Form):
    direction = forms.ChoiceField(
        label="What", choices=((BACK, "Give back: too much was charged"), (MORE, "Charge more: too little was charged"))
    )
    amount = DollarsField(label="Amount", help_text="US dollars, like 5 or 0.25")
    user = PersonField("The person's name; may be left empty when the conversation is named")
    conversation_id = ConversationField("The number in its address; empty: no conversation in particular")
    day = forms.DateField(
        required=False, help_text="Of the charge: the correction counts on the same day; empty: that of the last charge"
    )
    reason = forms.CharField(
        max_length=400, widget=forms.TextInput(attrs={"size": 80}), help_text="As somebody will read it in a year"
    )

    field_order = ("direction", "amount", "user", "conversation_id", "day", "reason")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        person, conversation_id = cleaned["user"], cleaned["conversation_id"]
        if person is None and conversation_id is None:
            raise ValidationError("Name the person or the conversation whose charge is corrected.")
        cleaned["user_id"] = person.pk if person else _payer_of(conversation_id)
        if conversation_id and person and _payer_of(conversation_id) != person.pk:
            raise ValidationError({"conversation_id": f"This conversation was not charged to {person}."})
        if cleaned["amount"] == 0:
            raise ValidationError({"amount": "A correction by nothing changes nothing."})
        cleaned["day"] = cleaned["day"] or _last_day(cleaned["user_id"], conversation_id)
        if cleaned["day"] > limits.today(timezone.now()):
            raise ValidationError({"day": "That day is still to come."})
        if cleaned["direction"] == BACK:
            _not_more_than_charged(cleaned)
        return cleaned

    @property
    def nanodollars(self) -> int:
        amount: int = self.cleaned_data["amount"]
        return -amount if self.cleaned_data["direction"] == BACK else amount


def page(request: HttpRequest, entries: admin.ModelAdmin) -> HttpResponse:
    form = CorrectionForm(request.POST or None, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        number = _write(form, int(request.user.pk or 0))
        entries.log_addition(request, Entry.objects.get(pk=number), f"Correction: {form.cleaned_data['reason']}")
        messages.success(request, f"The correction of {amounts.exact(form.nanodollars)} is in the ledger.")
        return redirect("admin:chatapp_entry_change", number)
    words = {"form": form, "title": "Correct a charge", "media": entries.media, "opts": Entry._meta}
    context = {**entries.admin_site.each_context(request), **words}
    return render(request, "admin/money/correct.html", context, status=422 if form.is_bound else 200)


def _write(form: CorrectionForm, author_id: int) -> int:
    with transaction.atomic():
        return adjustments.adjust(
            form.nanodollars,
            reason=form.cleaned_data["reason"],
            author_id=author_id,
            user_id=form.cleaned_data["user_id"],
            conversation_id=form.cleaned_data["conversation_id"],
            now=timezone.now(),
            day=form.cleaned_data["day"],
        )


def _initial(request: HttpRequest) -> dict[str, Any]:
    """From an entry's page: whose charge it is, and all of it."""
    number = request.GET.get("entry", "")
    entry = (
        Entry.objects.filter(pk=int(number)).first()
        if number.isascii() and number.isdigit() and len(number) < 19
        else None
    )
    if entry is None:
        return {}
    return {
        "day": entry.day,
        "amount": max(0, entry.nanodollars) or None,
        "user": entry.user_id,
        "conversation_id": entry.conversation_id,
        "reason": f"Entry {entry.pk}: ",
    }


def _payer_of(conversation_id: UUID) -> int:
    found = (
        Entry.objects.filter(conversation_id=conversation_id).exclude(user_id=None).values_list("user_id", flat=True)
    )
    payer = found.first()
    if payer is None:
        raise ValidationError({"conversation_id": "Nothing was ever charged to a conversation of this number."})
    return int(payer)


def _last_day(user_id: int, conversation_id: UUID | None) -> date:
    charged = Entry.objects.filter(user_id=user_id, kind=Entry.Kind.CHARGE)
    if conversation_id:
        charged = charged.filter(conversation_id=conversation_id)
    last = charged.order_by("-pk").values_list("day", flat=True).first()
    return last or limits.today(timezone.now())


def _not_more_than_charged(cleaned: dict[str, Any]) -> None:
    entries = Entry.objects.filter(user_id=cleaned["user_id"], day=cleaned["day"])
    if cleaned["conversation_id"]:
        entries = entries.filter(conversation_id=cleaned["conversation_id"])
    charged = int(entries.aggregate(total=Sum("nanodollars"))["total"] or 0)
    if cleaned["amount"] > charged:
        raise ValidationError(
            {"amount": f"Only {amounts.exact(charged)} was charged there on that day, so no more can be given back."}
        )
