"""Signing in: Django's own view, with patience for people and little for guessers."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model, views
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from chatapp.pages.accounts import throttle
from chatapp.pages.accounts.forms import SignInForm
from chatapp.pages.models import Signup, SiteSettings

# Guessing one person's password stops soon; guessing many people's from one place stops later. Neither ever
# locks the owner out, who comes from another address.
PER_NAME = throttle.Allowance("sign in, name", tries=10, window=timedelta(minutes=5))
PER_ADDRESS = throttle.Allowance("sign in, address", tries=100, window=timedelta(minutes=5))


class SignIn(views.LoginView):
    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated and not get_user_model().objects.exists():
            return redirect("setup")
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        who = throttle.address(request)
        name = request.POST.get("username", "").strip().casefold()
        # Counted before the password is looked at, so that a hundred tries at once are a hundred tries.
        wait_seconds = PER_ADDRESS.take(who) or PER_NAME.take(who, name)
        if wait_seconds:
            return self._ask_to_wait(wait_seconds)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        who = throttle.address(self.request)
        PER_ADDRESS.give_back(who)
        PER_NAME.forget(who, self.request.POST["username"].strip().casefold())
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_open = SiteSettings.current().signup == Signup.OPEN
        return super().get_context_data(**kwargs, signup_open=is_open)

    def _ask_to_wait(self, wait_seconds: int) -> HttpResponse:
        # An unbound form: the password must not even be looked at.
        form = SignInForm(self.request)
        context = self.get_context_data(form=form, refusal=throttle.sentence(wait_seconds))
        response = self.render_to_response(context, status=429)
        response.headers["Retry-After"] = str(wait_seconds)
        return response


class SignOut(views.LogoutView):
    """A link alone signs nobody out; it leads to a page with the button."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect("login")
        return render(request, "accounts/logout.html")


def sign_in_for_admin(request: HttpRequest) -> HttpResponse:
    """The same door, which leads staff who are in already straight on; whoever is not staff goes no further."""
    if request.user.is_authenticated and not request.user.is_staff:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
