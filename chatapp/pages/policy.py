"""The Content-Security-Policy on every response: nothing inline, nothing evaluated, no other host."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

ADMIN_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# Only htmx may turn text into elements. Django's admin has jQuery, which does so as it loads.
POLICY = f"{ADMIN_POLICY}; require-trusted-types-for 'script'; trusted-types htmx"


class ContentSecurityPolicy:
    """The outermost middleware, so that error pages, static files and the admin carry the header too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        in_admin = request.path_info.startswith("/admin/")
        # A door may have a stricter one of its own.
        response.headers.setdefault("Content-Security-Policy", ADMIN_POLICY if in_admin else POLICY)
        return response
