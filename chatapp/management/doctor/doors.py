"""How the site is met from outside: the proxy before it, and whether a socket comes through."""

from __future__ import annotations

import base64
import http.client
import secrets
import socket
import ssl
import uuid
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.http.request import validate_host

from chatapp.management.doctor.findings import Finding, fail, ok, warn

SECONDS: Final = 6.0
# With which a socket is hung up on that belongs to nobody; see the consumer.
SIGNED_OUT: Final = 4401
_NOT_SEEN: Final = warn(
    "The site was not looked at from outside.", "Say where people reach it: `manage.py doctor --url https://…`"
)
# Enough for the answer to a handshake, and the goodbye behind it.
_MOST_BYTES: Final = 16_384


def proxy(url: str) -> Iterator[Finding]:
    if settings.DEBUG:
        yield fail("DEBUG is on: pages that fail show what is inside.", "Take DEBUG away wherever people come in.")
    if "*" in settings.ALLOWED_HOSTS:
        yield warn("The site answers to every name (ALLOWED_HOSTS=*).", "Name those that are yours.")
    if not url:
        yield _NOT_SEEN
        return
    yield from _seen(urlsplit(url))


def _seen(address: SplitResult) -> Iterator[Finding]:
    name = address.hostname or ""
    if not validate_host(f"[{name}]" if ":" in name else name, settings.ALLOWED_HOSTS):
        yield fail(f"The site does not answer to the name {name}.", f"Add {name} to ALLOWED_HOSTS.")
        return
    secure = address.scheme == "https"
    if secure and not settings.ENVIRONMENT.behind_https:
        yield fail(
            "People come over https, but the chat does not know it: its cookies travel without protection.",
            "Set CHATAPP_BEHIND_HTTPS=1, and let the proxy overwrite X-Forwarded-Proto.",
        )
    elif settings.ENVIRONMENT.behind_https and not secure:
        yield fail(
            "CHATAPP_BEHIND_HTTPS is set, and the address is http.", "Give the address that people use, with https."
        )
        return
    try:
        status, headers = _get(address, "/accounts/login/")
        ready, _ = _get(address, "/readyz")
    except (OSError, http.client.HTTPException) as error:
        yield fail(f"{name} does not answer ({_words(error)}).", "See whether it runs, and what stands before it.")
        return
    if status in (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND):
        yield fail(
            "The sign-in page leads back to itself: the chat takes the proxy's requests for plain http.",
            "Let the proxy set X-Forwarded-Proto to https, and overwrite what a visitor sends.",
        )
    elif status != HTTPStatus.OK:
        yield fail(f"The sign-in page is answered with {status}.", "Look into the log of the proxy and of the chat.")
    elif secure and "strict-transport-security" not in headers:
        yield warn("No Strict-Transport-Security arrives.", "Let the proxy pass the chat's headers on.")
    elif "content-security-policy" not in headers:
        yield fail("No Content-Security-Policy arrives.", "Let the proxy pass the chat's headers on.")
    elif ready != HTTPStatus.OK:
        yield fail(f"The site says that it is not ready ({ready}).", "/readyz says why.")
    else:
        yield ok(f"{name} answers, and its headers arrive.")


def websocket(url: str) -> Iterator[Finding]:
    """Open one that belongs to nobody: it is let in and then politely hung up on."""
    if not url:
        yield _NOT_SEEN
        return
    address = urlsplit(url)
    try:
        answer = _handshake(address)
    except OSError as error:
        yield fail(
            f"No socket can be opened ({_words(error)}).", "See whether the site runs, and what stands before it."
        )
        return
    head, _, rest = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    if status != [b"101"]:
        said = status[0].decode("latin1") if status else "nothing"
        yield fail(
            f"A socket is refused with {said}: people see answers only when they reload.",
            "Let the proxy pass Upgrade, Connection, Host and Origin on for /ws/. If Host is right, name the site's "
            "origin in CSRF_TRUSTED_ORIGINS.",
        )
    elif _code(rest) != SIGNED_OUT:
        yield warn("A socket opens, but no word comes through it.", "See that the proxy buffers nothing under /ws/.")
    else:
        yield ok("A socket opens, and what is said arrives.")


def _get(address: SplitResult, path: str) -> tuple[int, Mapping[str, str]]:
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=SECONDS)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read(_MOST_BYTES)
        return response.status, {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()


def _handshake(address: SplitResult) -> bytes:
    """The whole answer, as far as it comes."""
    secure = address.scheme == "https"
    port = address.port or (443 if secure else 80)
    lines = (
        f"GET /ws/c/{uuid.uuid4()}/ HTTP/1.1",
        f"Host: {address.netloc}",
        f"Origin: {address.scheme}://{address.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(secrets.token_bytes(16)).decode()}",
        "Sec-WebSocket-Version: 13",
    )
    with socket.create_connection((address.hostname or "", port), timeout=SECONDS) as plain:
        wire = ssl.create_default_context().wrap_socket(plain, server_hostname=address.hostname) if secure else plain
        wire.settimeout(SECONDS)
        wire.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        heard = b""
        try:
            while len(heard) < _MOST_BYTES and not _is_whole(heard) and (data := wire.recv(4096)):
                heard += data
        except TimeoutError:
            # What came so far says enough.
            pass
        return heard


def _is_whole(heard: bytes) -> bool:
    head, end, rest = heard.partition(b"\r\n\r\n")
    return bool(end) and (b" 101 " not in head.split(b"\r\n")[0] or _code(rest) is not None)


def _code(frames: bytes) -> int | None:
    """The code of a close frame, if that is what came."""
    if len(frames) >= 4 and frames[0] == 0x88 and frames[1] >= 2:
        return int.from_bytes(frames[2:4], "big")
    return None


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
