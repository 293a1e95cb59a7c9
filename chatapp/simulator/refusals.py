"""How the API says no: one error shape for every status."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


@dataclass(frozen=True)
class Refused(Exception):
    """The request cannot be answered; carries what the caller is told."""

    status: int
    type: str
    message: str
    details: Mapping[str, Any] | None = None


def invalid(message: str) -> Refused:
    return Refused(400, "invalid_request_error", message)


def of_status(status: int, message: str, details: Mapping[str, Any] | None = None) -> Refused:
    kind = TYPES.get(status) or ("invalid_request_error" if status < 500 else "api_error")
    return Refused(status, kind, message, details)


def body_of(refused: Refused, request_id: str) -> bytes:
    error: dict[str, Any] = {"type": refused.type, "message": refused.message}
    if refused.details:
        error["details"] = dict(refused.details)
    return json.dumps({"type": "error", "error": error, "request_id": request_id}).encode()
