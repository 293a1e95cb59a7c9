"""Which requests come in at all: those to a name that is ours, at an address as it is written, in UTF-8."""

import codecs
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.middleware.common import CommonMiddleware
from django.template.loader import render_to_string

from chatapp.turns import lease

# A probe knows a machine by its number, which no list of names can foresee.
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
LEAVING = "<p class=refusal role=alert>We are just restarting. Please try again in a moment.</p>"
READABLE = frozenset({"utf-8", "ascii"})


class Threshold(CommonMiddleware):
    """Django's own look at names and slashes, with probes let through and strange encodings turned away."""

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info in PROBES:
            return self.get_response(request)
        if lease.claim.leaving and request.method in ("GET", "HEAD") and "X-Forwarded-For" in request.headers:
            # To the proxy that sent it: another process has it. What is posted would not be sent on, so it is taken.
            return HttpResponse(LEAVING, status=503, headers={"Retry-After": "2"})
        if "charset" in (request.content_params or ()):
            if not _is_readable(request):
                # Not raised: the page that Django draws for a bad request reads the form once more.
                return HttpResponseBadRequest(render_to_string("400.html"))
            request.encoding = "utf-8"
        return super().__call__(request)

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        # A redirected form would arrive without its words.
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)


def _is_readable(request: HttpRequest) -> bool:
    """Pages of ours send UTF-8; some encodings that Python knows fail as they are read, or expand without end."""
    try:
        return codecs.lookup((request.content_params or {})["charset"]).name in READABLE
    except (LookupError, ValueError):
        return False
