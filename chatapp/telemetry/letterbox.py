"""The mail server, from one URL, as Django's settings name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

# Neither a page nor an alarm waits longer for a mail server.
SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Letterbox:
    host: str
    port: int
    user: str
    password: str
    starttls: bool
    tls: bool
    sender: str


def configure(url: str | None) -> Letterbox:
    """`smtp://host` or `smtps://user:password@host`; without one, the machine's own."""
    parts = urlsplit(url or "smtp://localhost")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    tls = parts.scheme == "smtps"
    return Letterbox(
        host=parts.hostname or "localhost",
        port=parts.port or (465 if tls else 587 if user else 25),
        user=user,
        password=password,
        # A password never travels in the open.
        starttls=bool(user) and not tls,
        tls=tls,
        sender=user if "@" in user else f"chat@{parts.hostname or 'localhost'}",
    )
