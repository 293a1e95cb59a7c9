"""Why a prompt cache could not be reused: this prompt held against the one of an earlier answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chatapp.simulator.cache import Split, link, settings_of
from chatapp.simulator.prompt import BARE, Block, Prompt

MAX_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What has to stay the same for the next prompt to find this one's cache."""

    model: str
    tools: bytes
    system: bytes
    messages: bytes
    message_blocks: int
    settings: str
    cached_tokens: int


class Memory:
    """The fingerprints of the last answers, by message id."""

    def __init__(self) -> None:
        self.known: dict[str, Fingerprint] = {}

    def remember(self, message_id: str, prompt: Prompt, split: Split) -> None:
        blocks = tuple(blocks_of(prompt, "messages"))
        self.known[message_id] = Fingerprint(
            model_of(prompt),
            hashed(blocks_of(prompt, "tools")),
            hashed(blocks_of(prompt, "system")),
            hashed(blocks),
            len(blocks),
            settings_of(prompt),
            split.read + split.written,
        )
        if len(self.known) > MAX_REMEMBERED:
            del self.known[next(iter(self.known))]

    def diagnose(self, prompt: Prompt, split: Split) -> dict[str, Any] | None:
        """The `diagnostics` of an answer: None when nothing was asked or nothing has changed."""
        previous_id = prompt.previous_message_id
        if previous_id is None:
            return None
        before = self.known.get(previous_id)
        if before is None:
            return {"cache_miss_reason": {"type": "previous_message_not_found"}}
        reason = changed(before, prompt)
        if reason is None:
            return None
        if reason == "unavailable":
            return {"cache_miss_reason": {"type": reason}}
        missed = max(0, before.cached_tokens - split.read)
        return {"cache_miss_reason": {"type": reason, "cache_missed_input_tokens": missed}}


def changed(before: Fingerprint, prompt: Prompt) -> str | None:
    if before.model != model_of(prompt):
        return "model_changed"
    if before.tools != hashed(blocks_of(prompt, "tools")):
        return "tools_changed"
    if before.system != hashed(blocks_of(prompt, "system")):
        return "system_changed"
    earlier = tuple(blocks_of(prompt, "messages"))[: before.message_blocks]
    if before.messages != hashed(earlier):
        return "messages_changed"
    return None if before.settings == settings_of(prompt) else "unavailable"


def model_of(prompt: Prompt) -> str:
    return f"{prompt.model.id}/{prompt.body.get('speed') or 'standard'}"


def blocks_of(prompt: Prompt, part: str) -> Iterator[Block]:
    return (block for block in prompt.blocks if block.part == part)


def hashed(blocks: Any) -> bytes:
    state = b""
    for block in blocks:
        state = link(state, BARE([block.role, block.content]))
    return state
