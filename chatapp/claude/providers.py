"""Who can be asked for an answer, in order of preference: the environment's own key, then what the admin lists."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.util import find_spec
from typing import Final

from django.db import DatabaseError

from chatapp.claude.ask import Ask
from chatapp.storage.crossing import in_thread

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS: Final = 2.0
_KEY: Final = re.compile(r"[\x21-\x7e]+")


class Kind(StrEnum):
    ANTHROPIC = "anthropic"
    BEDROCK = "bedrock"
    VERTEX = "vertex"


# What signs a request in where no variable holds a key or token: a module of it, and the extra that brings it.
_SIGNERS: Final = {Kind.BEDROCK: ("boto3", "bedrock"), Kind.VERTEX: ("google.auth", "vertex")}


@dataclass(frozen=True, slots=True)
class Provider:
    """One place that sells Claude's answers. The secret itself is not here, only where it is."""

    name: str = ""
    kind: Kind = Kind.ANTHROPIC
    base_url: str = ""
    key_variable: str = ""
    region: str = ""
    project: str = ""
    model_names: tuple[tuple[str, str], ...] = ()
    price_percent: int = 100

    def theirs(self, model: str) -> str:
        """Our name for a model as this provider says it."""
        usual = f"anthropic.{model}" if self.kind is Kind.BEDROCK else model
        return dict(self.model_names).get(model, usual)

    def ours(self, name: str) -> str:
        """The way back; a name that is nobody's stays."""
        known = {theirs: ours for ours, theirs in self.model_names}
        return known.get(name, name.removeprefix("anthropic.") if self.kind is Kind.BEDROCK else name)

    def adapted(self, ask: Ask) -> Ask:
        """The question as this provider takes it."""
        if not self.name:
            return ask
        # What the first provider said earlier is nothing that another one could compare with.
        return replace(ask, model=self.theirs(ask.model), diagnostics=None)


OWN: Final = Provider()

_known: tuple[Provider, ...] = (OWN,)
_obstacles: dict[str, str] = {}


def known() -> tuple[Provider, ...]:
    """All that can be asked, the most preferred first, as last read; only a look."""
    return _known


def called(name: str) -> Provider | None:
    return next((one for one in _known if one.name == name), None)


def serves(provider: Provider, model: str) -> bool:
    """Whether it is asked for this model: for every one, unless its names are listed."""
    return not provider.model_names or model in dict(provider.model_names)


def obstacle(provider: Provider) -> str | None:
    """One sentence on why it cannot be asked at all, for whoever runs the site; None when nothing is in the way."""
    if not provider.name:
        return None
    if provider.key_variable:
        value = key(provider)
        if not value:
            return f"The environment variable {provider.key_variable} is not set where this process runs."
        if not _KEY.fullmatch(value):
            return (
                f"What the environment variable {provider.key_variable} holds cannot be a key: it has odd characters."
            )
    elif provider.kind in _SIGNERS:
        module, extra = _SIGNERS[provider.kind]
        if not _is_installed(module):
            return (
                f"The library {module} is not installed; it signs in where no variable holds a key. "
                f'Install it with: .venv/bin/python -m pip install "anthropic[{extra}]", and start again.'
            )
    return None


def key(provider: Provider) -> str:
    return os.environ.get(provider.key_variable, "").strip() if provider.key_variable else ""


def why_not(name: str) -> str:
    """Why a name leads nowhere."""
    return _obstacles.get(name) or "There is no enabled provider of this name."


def in_order() -> tuple[Provider, ...]:
    """All that are enabled, by what the database says now; whoever cannot be asked is said once and left out."""
    # The transport is measured without any tables.
    from chatapp.claude import models

    global _obstacles
    listed = [row.provider() for row in models.Provider.objects.filter(enabled=True).order_by("position", "name")]
    obstacles = {one.name: sentence for one in listed if (sentence := obstacle(one))}
    for name, sentence in obstacles.items():
        if _obstacles.get(name) != sentence:
            log.error("provider %s is skipped: %s", name, sentence)
    _obstacles = obstacles
    return (OWN, *(one for one in listed if one.name not in obstacles))


async def refresh() -> tuple[Provider, ...]:
    """Read them anew."""
    global _known
    _known = await in_thread(in_order)
    return _known


async def watch() -> None:
    """Keep what is known fresh for as long as the process lives."""
    while True:
        try:
            await refresh()
        except DatabaseError:
            log.exception("the providers could not be read; the last ones known stay")
        await asyncio.sleep(LOOK_EVERY_SECONDS)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
