"""What is written down of a form with a question: which door, how it was answered, how long that took."""

from __future__ import annotations

import time
from functools import wraps

from django.http import HttpRequest, HttpResponseBase

from chatapp.pages.doors import P, View
from chatapp.telemetry import facts, traces
from chatapp.telemetry.facts import Fact

# With it somebody who asks why an answer failed can say which one, and finds it in every log.
HEADER = "X-Correlation-Id"


def told(view: View[P]) -> View[P]:
    """A door whose every answer is a fact, refusals too."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        began = time.monotonic()
        with traces.span("POST", arrived=_trace(request)) as note:
            response = view(request, *args, **kwargs)
            note.say(door=view.__name__, status=response.status_code)
        # Whoever looks at the address of a form has asked nothing.
        if request.method == "POST":
            facts.tell(
                Fact.POSTED,
                correlation_id=response.headers.get(HEADER, ""),
                conversation=str(kwargs.get("conversation_id", "")),
                door=view.__name__,
                status=response.status_code,
                milliseconds=facts.milliseconds(began),
            )
        return response

    return guarded


def _trace(request: HttpRequest) -> dict[str, str]:
    return {name: request.headers[name] for name in ("traceparent", "tracestate") if name in request.headers}
