"""One question to Claude, complete: everything that the request needs, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ask:
    model: str
    messages: tuple[Mapping[str, Any], ...]
    max_tokens: int
    system: tuple[Mapping[str, Any], ...] = ()
    effort: str | None = None
    thinking: Mapping[str, Any] | None = None
    user_id: str | None = None
    """Opaque: no name, no address."""
    diagnostics: Mapping[str, Any] | None = None
    """`{"previous_message_id": id or None}` has Claude say why the cache missed."""
    correlation_id: str = ""

    def prompt(self) -> dict[str, Any]:
        """What Claude reads, as the SDK takes it."""
        parts = {
            "system": list(self.system),
            "thinking": self.thinking,
            "output_config": {"effort": self.effort} if self.effort else None,
        }
        given = {name: value for name, value in parts.items() if value}
        return {"model": self.model, "messages": list(self.messages), **given}

    def request(self) -> dict[str, Any]:
        whole = {**self.prompt(), "max_tokens": self.max_tokens, "stream": True}
        if self.user_id:
            whole["metadata"] = {"user_id": self.user_id}
        if self.diagnostics is not None:
            whole["diagnostics"] = dict(self.diagnostics)
        return whole

    def headers(self) -> dict[str, str]:
        # A compressed stream is held back until the compressor has enough.
        plain = {"Accept-Encoding": "identity"}
        return {**plain, "X-Correlation-Id": self.correlation_id} if self.correlation_id else plain

    def asks_for_hours(self) -> bool:
        """Whether anything is to be cached for an hour instead of five minutes."""
        blocks = [*self.system, *(block for message in self.messages for block in _blocks(message))]
        return any((block.get("cache_control") or {}).get("ttl") == "1h" for block in blocks)


def _blocks(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = message["content"]
    return [] if isinstance(content, str) else list(content)
