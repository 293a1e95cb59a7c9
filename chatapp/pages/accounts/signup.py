"""Signing up: closed, by invitation or open, as an administrator chose."""

from datetime import timedelta

from django.contrib.auth import login
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chatapp.pages.accounts import invitations, roles, setup, throttle
from chatapp.pages.accounts.forms import AccountForm
from chatapp.pages.models import Signup, SiteSettings

PER_ADDRESS = throttle.Allowance("sign up", tries=20, window=timedelta(minutes=10))

CLOSED = "New accounts are made by the administrator here. Please ask them for one."
NEEDS_INVITATION = "You need an invitation to make an account here. Please ask the administrator for a link."
BAD_INVITATION = "This invitation has been used or has run out. Please ask for a new link."


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest, code: str = "") -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("/")
    if setup.is_wanted():
        # A stranger's account would close the set-up, and nobody could administer the site from a browser.
        return redirect("setup")
    refusal = _refusal(code)
    if refusal:
        return _page(request, refusal=refusal, status=403)
    if request.method != "POST":
        return _page(request, form=AccountForm())
    wait_seconds = PER_ADDRESS.take(throttle.address(request))
    if wait_seconds:
        return _page(request, form=AccountForm(), refusal=throttle.sentence(wait_seconds), status=429)
    form = AccountForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    try:
        user = _make_account(form, code)
    except IntegrityError:
        # Somebody took the name between our look and our write; looking again finds it taken.
        form = AccountForm(request.POST)
        return _page(request, form=form, status=422)
    if user is None:
        return _page(request, refusal=BAD_INVITATION, status=403)
    login(request, user)
    return redirect("/")


def _refusal(code: str) -> str:
    signup = SiteSettings.current().signup
    if signup == Signup.CLOSED:
        return CLOSED
    if signup == Signup.INVITE and not code:
        return NEEDS_INVITATION
    if code and not invitations.is_good(code):
        return BAD_INVITATION
    return ""


def _make_account(form: AccountForm, code: str) -> User | None:
    """The new account, or None when somebody else has just used the invitation."""
    with transaction.atomic():
        user: User = form.save()
        roles.welcome(user)
        if code and not invitations.redeem(code, by=user):
            transaction.set_rollback(True)
            return None
    return user


def _page(
    request: HttpRequest,
    form: AccountForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    return render(request, "accounts/signup.html", {"form": form, "refusal": refusal}, status=status)
