"""Which door leads to which room."""

from django.contrib import admin
from django.urls import include, path

from chatapp.pages.accounts.signin import sign_in_for_admin

urlpatterns = [
    path("admin/login/", sign_in_for_admin),
    path("admin/rehearsal/", include("chatapp.pages.rehearsal.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("chatapp.pages.accounts.urls")),
    path("", include("chatapp.review.urls")),
    path("", include("chatapp.pages.urls")),
]
