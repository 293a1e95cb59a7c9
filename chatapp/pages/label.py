"""What every page may say of itself: quietly that the simulated Claude answers, and to administrators what is due."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from chatapp.claude import lifecycle
from chatapp.pages import today


def simulated(request: HttpRequest) -> dict[str, Any]:
    """A context processor, so that no page can forget it; what administrators see is only looked up where they do."""
    return {
        "simulated": settings.CHATAPP_SIMULATED,
        "model_warnings": lifecycle.warnings,
        "todays_board": today.board,
    }
