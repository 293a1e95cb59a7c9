"""The doors under /accounts/."""

from django.contrib.auth import views
from django.urls import path

from chatapp.pages.accounts.forms import NewPasswordForm
from chatapp.pages.accounts.limits import own_limits, own_limits_kept
from chatapp.pages.accounts.setup import set_up
from chatapp.pages.accounts.signin import SignIn, SignOut
from chatapp.pages.accounts.signup import sign_up

urlpatterns = [
    path("setup/", set_up, name="setup"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", SignOut.as_view(), name="logout"),
    path("limits/", own_limits, name="own_limits"),
    path("limits/kept/", own_limits_kept, name="own_limits_kept"),
    path("signup/", sign_up, name="signup"),
    path("signup/<str:code>/", sign_up, name="invitation"),
    path(
        "password_change/",
        views.PasswordChangeView.as_view(template_name="accounts/password_change.html", form_class=NewPasswordForm),
        name="password_change",
    ),
    path(
        "password_change/done/",
        views.PasswordChangeDoneView.as_view(template_name="accounts/password_changed.html"),
        name="password_change_done",
    ),
]
