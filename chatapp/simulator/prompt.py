"""What a request says, laid out in the order in which Claude reads it: tools, system, messages."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

from chatapp.simulator import tokens
from chatapp.simulator.models import Model

Json = dict[str, Any]
BARE = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode
UNCACHEABLE = frozenset({"thinking", "redacted_thinking"})


@dataclass(frozen=True, slots=True)
class Block:
    """One step of the prefix: its own words and, if a cache mark stands on it, for how long."""

    part: str
    role: str
    content: Any
    ttl: str | None

    @property
    def cacheable(self) -> bool:
        return not (isinstance(self.content, dict) and self.content.get("type") in UNCACHEABLE)


@dataclass(frozen=True)
class Prompt:
    """A valid request, read once."""

    body: Json
    model: Model

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(lay_out(self.body))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        return tuple(tokens.count_block(block.content) for block in self.blocks)

    @cached_property
    def input_tokens(self) -> int:
        return sum(self.sizes)

    @cached_property
    def system(self) -> str:
        return text_of(self.body.get("system", ""))

    @cached_property
    def questions(self) -> tuple[str, ...]:
        return tuple(text_of(turn["content"]) for turn in self.body["messages"] if turn["role"] == "user")

    @property
    def question(self) -> str:
        return self.questions[-1] if self.questions else ""

    @property
    def max_tokens(self) -> int:
        return int(self.body["max_tokens"])

    @property
    def thinking(self) -> Json:
        return self.body.get("thinking") or {"type": "adaptive" if self.model.thinks_unasked else "disabled"}

    @property
    def effort(self) -> str:
        return (self.body.get("output_config") or {}).get("effort") or self.model.default_effort

    @property
    def user_id(self) -> str:
        return str((self.body.get("metadata") or {}).get("user_id") or "")

    @property
    def previous_message_id(self) -> str | None:
        return (self.body.get("diagnostics") or {}).get("previous_message_id")

    def fingerprint(self, seed: int) -> int:
        """The same number for the same messages under the same seed, so that an answer can be told again."""
        said = [(block.role, block.content) for block in self.blocks if block.part == "messages"]
        return int.from_bytes(blake2b(f"{seed}{BARE(said)}".encode(), digest_size=8).digest())


def lay_out(body: Mapping[str, Any]) -> Iterator[Block]:
    for tool in body.get("tools") or ():
        yield block_of("tools", "", tool)
    for part in as_blocks(body.get("system") or ()):
        yield block_of("system", "system", part)
    for message in body["messages"]:
        for part in as_blocks(message["content"]):
            yield block_of("messages", message["role"], part)


def block_of(part: str, role: str, content: Json) -> Block:
    mark = content.get("cache_control")
    if mark:
        content = {name: value for name, value in content.items() if name != "cache_control"}
    return Block(part, role, content, (mark.get("ttl") or "5m") if mark else None)


def as_blocks(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def text_of(content: Any) -> str:
    return "\n".join(block.get("text", "") for block in as_blocks(content) if block.get("type") == "text")
