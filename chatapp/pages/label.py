"""The quiet label on every page while the simulated Claude answers."""

from django.conf import settings
from django.http import HttpRequest


def simulated(request: HttpRequest) -> dict[str, bool]:
    """A context processor, so that no page can forget it."""
    return {"simulated": settings.CHATAPP_SIMULATED}
