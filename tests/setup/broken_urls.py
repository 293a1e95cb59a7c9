"""A page that breaks, to see what a broken page carries."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def break_down(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("as asked")


urlpatterns = [path("", break_down)]
