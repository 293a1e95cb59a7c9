"""The first visit: whoever can read the console makes the first administrator."""

import base64
from datetime import datetime, timedelta

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chatapp.pages.accounts import throttle
from chatapp.pages.accounts.forms import AccountForm
from chatapp.pages.models import SiteSettings

PER_ADDRESS = throttle.Allowance("set-up, address", tries=10, window=timedelta(minutes=10))
EVERYBODY = throttle.Allowance("set-up", tries=100, window=timedelta(minutes=10))

WRONG_CODE = "That is not the code on the console. manage.py setup_code prints it again."


class FirstAdministratorForm(AccountForm):
    code = forms.CharField(
        label="Set-up code",
        help_text="It was printed by `make run`; `manage.py setup_code` prints it again.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )
    field_order = ("code", "username", "password1", "password2")

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not is_current(code):
            raise forms.ValidationError(WRONG_CODE)
        return code


def is_wanted() -> bool:
    return not get_user_model().objects.exists()


def current_code(now: datetime | None = None) -> str:
    """Today's code, made from the secret key: every process prints the same one and none has to keep it."""
    return _code_of(_day(now))


def is_current(code: str, now: datetime | None = None) -> bool:
    """Whether it is today's code, or yesterday's: a code must not die at midnight in somebody's hands."""
    typed = "".join(code.upper().replace("-", " ").split())
    days = (_day(now), _day(now) - 1)
    return any(constant_time_compare(typed, _code_of(day).replace("-", "")) for day in days)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    if not is_wanted():
        return redirect("login")
    if request.method != "POST":
        return render(request, "accounts/setup.html", {"form": FirstAdministratorForm()})
    wait_seconds = PER_ADDRESS.take(throttle.address(request)) or EVERYBODY.take()
    if wait_seconds:
        context = {"form": FirstAdministratorForm(), "refusal": throttle.sentence(wait_seconds)}
        return render(request, "accounts/setup.html", context, status=429)
    form = FirstAdministratorForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/setup.html", {"form": form}, status=422)
    user = _make_first_administrator(form)
    if user is None:
        return redirect("login")
    login(request, user)
    return redirect("/")


def _make_first_administrator(form: FirstAdministratorForm) -> User | None:
    """The administrator, or None when somebody else with the code was quicker."""
    with transaction.atomic():
        # The row is the turnstile: two people with the code pass one after the other.
        SiteSettings.objects.get_or_create(id=1, defaults={"signup": settings.CHATAPP_SIGNUP})
        SiteSettings.objects.select_for_update().get(id=1)
        if not is_wanted():
            return None
        user: User = form.save(commit=False)
        user.is_staff = user.is_superuser = True
        user.save()
    return user


def _day(now: datetime | None) -> int:
    return (now or timezone.now()).toordinal()


def _code_of(day: int) -> str:
    digest = salted_hmac("chatapp.pages.accounts.setup", str(day), algorithm="sha256").digest()
    text = base64.b32encode(digest)[:16].decode()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))
