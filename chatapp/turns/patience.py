"""How long a person is asked to wait for Claude: the deadlines of a request."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from chatapp.claude import gateway


def deadlines(**changes: Any) -> gateway.Deadlines:
    seconds = {
        "connect": settings.CHATAPP_DEADLINE_CONNECT,
        "first_event": settings.CHATAPP_DEADLINE_FIRST_EVENT,
        "first_word": settings.CHATAPP_DEADLINE_FIRST_WORD,
        "silence": settings.CHATAPP_DEADLINE_SILENCE,
        "answer": settings.CHATAPP_DEADLINE_ANSWER,
    }
    return gateway.Deadlines(**{**seconds, **changes})
