"""Faults that answer a request with something else than an answer."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field

from chatapp.simulator import refusals
from chatapp.simulator.knobs import Knobs

WORDS = {
    400: "messages: the request was malformed (a rehearsal)",
    401: "invalid x-api-key",
    402: "Your credit balance is too low to access the API.",
    403: "Your API key does not have permission to use the specified resource.",
    404: "Not found",
    408: "Request timed out",
    409: "Conflict",
    413: "Request exceeds the maximum size",
    429: "This request would exceed your organization's rate limit. Please try again later.",
    500: "Internal server error",
    503: "Service unavailable",
    504: "Request timed out while it was being processed",
    529: "Overloaded",
}
PAGE = (
    "<!doctype html>\n<html><head><title>{0}</title></head>"
    "<body><center><h1>{0}</h1></center><hr><center>proxy</center></body></html>\n"
)
OK_PAGE = PAGE.format("Please sign in to this network")


@dataclass(frozen=True, slots=True)
class Plain:
    """A whole HTTP response."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def status(knobs: Knobs) -> Plain:
    code = knobs.whole("code")
    words = knobs.text("message") or WORDS.get(code) or http.client.responses.get(code, "Something went wrong")
    details = {"error_code": knobs.name("error_code")} if knobs.given("error_code") else None
    refused = refusals.of_status(code, words, details)
    return Plain(code, refusals.body_of(refused, knobs.request_id), headers=waiting(knobs))


def waiting(knobs: Knobs) -> dict[str, str]:
    names = {"retry_after": "retry-after", "retry_after_ms": "retry-after-ms", "should_retry": "x-should-retry"}
    return {header: str(knobs.values[name]) for name, header in names.items() if knobs.given(name)}


def html(knobs: Knobs) -> Plain:
    code = knobs.whole("code")
    words = OK_PAGE if code == 200 else PAGE.format(f"{code} {http.client.responses.get(code, '')}".strip())
    return Plain(code, words.encode(), "text/html; charset=utf-8", waiting(knobs))


def empty(knobs: Knobs) -> Plain:
    return Plain(200, b"", "text/event-stream; charset=utf-8")


def other_json(knobs: Knobs) -> Plain:
    return Plain(200, b'{"status":"ok"}')
