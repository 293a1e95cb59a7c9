"""Who may listen: the page's own origin, a living session, the conversation's owner."""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.http.request import validate_host

from chatapp.turns.models import Conversation

Scope = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever stands at the door, and whether the conversation is his."""

    user_id: int
    session_key: str
    credential: str
    owns: bool


def same_origin(scope: Scope) -> bool:
    """The socket's page comes from this very scheme, host and port, or from an origin that was named as trusted."""
    origin = _header(scope, b"origin")
    host = _header(scope, b"host")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    name = urlsplit(f"//{host}").hostname or ""
    name = f"[{name}]" if ":" in name else name
    return bool(host) and validate_host(name, settings.ALLOWED_HOSTS) and origin == f"{_scheme(scope)}://{host}"


def visitor(cookies: str, conversation_id: UUID) -> Visitor | None:
    """The signed-in person behind the cookies, by Django's own rules, or None."""
    session = _session(cookies)
    request = HttpRequest()
    request.session = session
    user = get_user(request)
    if not isinstance(user, User) or session.session_key is None:
        return None
    owns = Conversation.objects.filter(pk=conversation_id, owner=user).exists()
    return Visitor(user.pk, session.session_key, user.password, owns)


def cookies(scope: Scope) -> str:
    return _header(scope, b"cookie")


def _session(cookies: str) -> SessionBase:
    jar = SimpleCookie(cookies)
    key = jar[settings.SESSION_COOKIE_NAME].value if settings.SESSION_COOKIE_NAME in jar else None
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return store


def _scheme(scope: Scope) -> str:
    proxy_says = settings.SECURE_PROXY_SSL_HEADER
    if proxy_says:
        name = proxy_says[0].removeprefix("HTTP_").replace("_", "-").lower().encode()
        if _header(scope, name) == proxy_says[1]:
            return "https"
    return {"wss": "https"}.get(scope.get("scheme", "ws"), "http")


def _header(scope: Scope, name: bytes) -> str:
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin1") if len(values) == 1 else ""
