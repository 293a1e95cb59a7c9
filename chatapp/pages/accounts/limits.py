"""A person's own limits: lower than what others allow, and only his to set."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from chatapp.money import amounts, own, reports
from chatapp.money.models import Period
from chatapp.pages.doors import person, signed_in

NONE_GIVEN = "Empty: no limit of your own."


class OwnLimitsForm(forms.Form):
    """One box for each period; what is typed is dollars, and nothing removes the limit."""

    def __init__(self, user_id: int, data: Any = None) -> None:
        self.user_id = user_id
        self.given = own.given(user_id, timezone.now())
        mine = own.of(user_id)
        super().__init__(
            data, initial={period.value: amounts.typed(nanodollars) for period, nanodollars in mine.items()}
        )
        for period in own.PERIODS:
            self.fields[period.value] = forms.CharField(
                label=f"My own limit {period.label}, in US dollars",
                required=False,
                max_length=40,
                help_text=self._help(period),
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )

    def clean(self) -> dict[str, Any]:
        for period in own.PERIODS:
            try:
                self._look_at(period)
            except ValueError as wrong:
                self.add_error(period.value, ValidationError(str(wrong)))
        return self.cleaned_data

    def save(self) -> None:
        with transaction.atomic():
            for period in own.PERIODS:
                own.put(self.user_id, period, self.cleaned_data[period.value], timezone.now())

    def _look_at(self, period: Period) -> None:
        text = self.cleaned_data.get(period.value)
        if text is None:
            return
        nanodollars = reports.dollars(text) if text else None
        self.cleaned_data[period.value] = nanodollars
        applies = self.given.get(period)
        if nanodollars is not None and applies and nanodollars > applies.nanodollars:
            raise own.TooHigh(applies)

    def _help(self, period: Period) -> str:
        applies = self.given.get(period)
        if applies is None:
            return NONE_GIVEN
        return f"{NONE_GIVEN} Then {own.named(applies)} applies alone."


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def own_limits(request: HttpRequest) -> HttpResponseBase:
    me = person(request).pk
    if request.method != "POST":
        return _page(request, OwnLimitsForm(me))
    form = OwnLimitsForm(me, request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        form.save()
    except own.TooHigh:
        # Somebody lowered the limit between our look and our write; looking again says so.
        return _page(request, OwnLimitsForm(me, request.POST), 422)
    return redirect("own_limits_kept")


@require_http_methods(["GET", "HEAD"])
@signed_in
def own_limits_kept(request: HttpRequest) -> HttpResponse:
    mine = own.of(person(request).pk)
    kept = [f"{amounts.exact(mine[period])} {period.label}" for period in own.PERIODS if period in mine]
    return render(request, "accounts/limits_kept.html", {"kept": " and ".join(kept)})


def _page(request: HttpRequest, form: OwnLimitsForm, status: int = 200) -> HttpResponse:
    return render(request, "accounts/limits.html", {"form": form}, status=status)
