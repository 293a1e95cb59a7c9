"""The ways on which an alarm reaches somebody: a mail, and a webhook. Each waits for seconds, never for longer."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx2
from django.core.mail import EmailMessage

from chatapp.telemetry.alarm_settings import AlarmSettings

SECONDS: Final = 10.0
SIGNATURE: Final = "X-Chat-Signature"
DELIVERY: Final = "X-Chat-Delivery"


@dataclass(frozen=True, slots=True)
class Message:
    """What is told; the same number each time it is tried, for whoever was told twice after all."""

    number: str
    cause: str
    kind: str
    sentence: str
    since: datetime
    cleared: datetime | None = None


class NotDelivered(Exception):
    """Why it did not arrive: one sentence for whoever runs the site."""


def mail(wanted: AlarmSettings, message: Message) -> None:
    over = f"\n\nIt is over since {message.cleared:%Y-%m-%d %H:%M} UTC." if message.cleared else ""
    subject = f"[{wanted.site_name}] {'Over: ' if message.cleared else ''}{message.sentence}"
    letter = EmailMessage(
        # A name with a line break in it would end the subject.
        " ".join(subject.split())[:200],
        f"{message.sentence}\n\nSince {message.since:%Y-%m-%d %H:%M} UTC ({message.cause}).{over}\n",
        wanted.sender or None,
        wanted.recipients,
    )
    try:
        letter.send()
    # A mail server fails in the ways of sockets, of TLS, of SMTP and of the letters it gets.
    except Exception as error:
        raise NotDelivered(f"The mail could not be sent ({_named(error)}). CHATAPP_MAIL says by whom.") from error


def webhook(wanted: AlarmSettings, message: Message, seconds: float = SECONDS) -> None:
    body = json.dumps(
        {
            "cause": message.cause,
            "kind": message.kind,
            "sentence": message.sentence,
            "since": message.since.isoformat(),
            "cleared": message.cleared.isoformat() if message.cleared else None,
            "site": wanted.site_name,
        }
    ).encode()
    headers = {"Content-Type": "application/json", DELIVERY: message.number, **_signed(wanted, body)}
    try:
        status = asyncio.run(_post(wanted.webhook_url, body, headers, seconds))
    except TimeoutError as error:
        raise NotDelivered(f"The webhook did not answer within {seconds:g} seconds.") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
        # Not its own words: they may repeat the address, in which such services keep their secret.
        raise NotDelivered(f"The webhook could not be reached ({type(error).__name__}).") from error
    if 300 <= status < 400:
        raise NotDelivered(f"The webhook sent us elsewhere ({status}), where we do not follow. Name the last address.")
    if not 200 <= status < 300:
        raise NotDelivered(f"The webhook did not take it: it answered {status}.")


def _signed(wanted: AlarmSettings, body: bytes) -> dict[str, str]:
    name = wanted.secret_variable
    if not name:
        return {}
    secret = os.environ.get(name, "").strip()
    if not secret:
        raise NotDelivered(f"The environment variable {name} is not set where this process runs.")
    return {SIGNATURE: f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}


async def _post(url: str, body: bytes, headers: dict[str, str], seconds: float) -> int:
    """The status; what else is said is not read. One deadline for all of it, however slowly it drips."""
    async with (
        asyncio.timeout(seconds),
        httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=None, verify=_trusted()) as client,
        client.stream("POST", url, content=body, headers=headers) as answer,
    ):
        return answer.status_code


def _trusted() -> ssl.SSLContext:
    """What the machine trusts, also a company's own authority."""
    return ssl.create_default_context()


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]


# Each with the setting without which it is not used.
CHANNELS: Final[dict[str, tuple[str, Callable[[AlarmSettings, Message], None]]]] = {
    "mail": ("addresses", mail),
    "webhook": ("webhook_url", webhook),
}


def used(wanted: AlarmSettings) -> list[str]:
    return [name for name, (setting, _) in CHANNELS.items() if getattr(wanted, setting)]


def send(channel: str, wanted: AlarmSettings, message: Message) -> None:
    """Raises NotDelivered."""
    CHANNELS[channel][1](wanted, message)
