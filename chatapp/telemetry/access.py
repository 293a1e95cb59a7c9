"""Which addresses were asked for: Daphne's own line for each, without what people searched for or were invited with."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from django.conf import settings

# The words of a search are behind the question mark; an invitation is a key, and stands in the address itself.
_KEYS: Final = re.compile(r"(/accounts/signup/)[^/]+")


class Requests:
    """Takes the place of Daphne's access log, and is called as that one is."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, protocol: str, action: str, details: Mapping[str, Any]) -> None:
        if (protocol, action) == ("http", "complete"):
            self._stream.write(line(details["method"], details) + "\n")
        elif protocol == "websocket":
            self._stream.write(line(f"WS{action.upper()}", details) + "\n")


def discreet() -> None:
    """Daphne's command line has no option for another access log, and makes its own after it has read this."""
    if cli := sys.modules.get("daphne.cli"):
        cli.AccessLogGenerator = Requests  # type: ignore[attr-defined]


def line(what: str, details: Mapping[str, Any]) -> str:
    moment = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")
    path = plain(str(details["path"]))
    client, status, size = details.get("client"), details.get("status"), details.get("size")
    if settings.CHATAPP_LOGS != "json":
        return f'{client} - - [{moment}] "{what} {path}" {status or "-"} {size or "-"}'
    seconds = details.get("time_taken")
    told = {
        "level": "INFO",
        "logger": "chatapp.access",
        "time": moment,
        "event": "request",
        "method": what,
        "path": path,
        "status": status,
        "bytes": size,
        "milliseconds": int(seconds * 1000) if seconds is not None else None,
        "client": client,
    }
    return json.dumps({name: value for name, value in told.items() if value is not None}, separators=(",", ":"))


def plain(path: str) -> str:
    return _KEYS.sub(r"\1…", path.partition("?")[0])
