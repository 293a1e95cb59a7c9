"""Providers as a test lists them, and a network that ends at this machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from chatapp.claude import gateway, providers
from chatapp.claude.models import Provider
from chatapp.storage.crossing import in_thread
from tests.claude.listening import ASK, PATIENT, Heard, listen
from tests.claude.upstream import Request, Upstream

# What the clouds' own libraries look at; a developer's credentials are nobody's business here.
FOREIGN = ("AWS_", "GOOGLE_", "CLOUD_ML_", "ANTHROPIC_")
CLOUDS: dict[str, dict[str, str]] = {
    "anthropic": {},
    "bedrock": {"region": "us-east-1"},
    "vertex": {"region": "europe-west1", "project": "acme-chat"},
}


def listed(name: str, url: str, **fields: Any) -> Provider:
    """A row as an administrator would have saved it."""
    row = Provider(**{"name": name, "base_url": url, "key_variable": "CLAUDE_TWO_KEY", **fields})
    row.full_clean()
    row.save()
    return row


@dataclass
class Asked(Heard):
    """What was heard, and what had been asked for it."""

    requests: list[Request] = field(default_factory=list)


def asking_at(kind: str, ask: gateway.Ask = ASK, **fields: Any) -> Callable[[Upstream], Awaitable[Asked]]:
    async def act(upstream: Upstream) -> Asked:
        await in_thread(listed, "two", upstream.url, **{"kind": kind, **CLOUDS[kind], **fields})
        await providers.refresh()
        heard = await listen(gateway.open(ask, PATIENT, "two"))
        return Asked(**vars(heard), requests=upstream.requests)

    return act


@pytest.fixture
def nobody_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is known of earlier tests' providers, and the shell's own credentials are out of sight."""
    for name in tuple(os.environ):
        if name.startswith(FOREIGN):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CLAUDE_TWO_KEY", "sk-two")
    yield
    providers._known, providers._obstacles = (providers.OWN,), {}


@pytest.fixture
def only_this_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every name that is looked up; those elsewhere are not found."""
    asked: list[str] = []
    resolve = socket.getaddrinfo

    def local(host: Any, *more: Any, **options: Any) -> Any:
        asked.append(str(host))
        if host not in ("localhost", "127.0.0.1", b"localhost"):
            raise socket.gaierror(f"{host} is not this machine")
        return resolve(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", local)
    yield asked
    assert set(asked) <= {"localhost", "127.0.0.1", "b'localhost'"}
