"""The prompt cache: which part of a prompt is read, written or paid in full, by the rules of the real one."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from chatapp.simulator.prompt import BARE, Prompt

LOOKBACK_BLOCKS = 20
SECONDS = {"5m": 300.0, "1h": 3600.0}
MAX_ENTRIES = 50_000


@dataclass(frozen=True, slots=True)
class Split:
    """The tokens of one prompt by what is paid for them."""

    rest: int
    read: int = 0
    write_5m: int = 0
    write_1h: int = 0

    @property
    def written(self) -> int:
        return self.write_5m + self.write_1h


@dataclass(slots=True)
class Entry:
    ttl: str
    expires: float


@dataclass(frozen=True, slots=True)
class Visit:
    """What a lookup found; nothing is readable by others before `Cache.begin` is told of it."""

    split: Split
    writes: tuple[tuple[bytes, str], ...]
    renewed: tuple[bytes, ...]
    started: float


class Cache:
    """Entries by the hash of everything before them; times are passed in."""

    def __init__(self) -> None:
        self.entries: dict[bytes, Entry] = {}

    def look(self, prompt: Prompt, workspace: str, now: float) -> Visit:
        marks = dict(marks_of(prompt))
        if not marks:
            return Visit(Split(prompt.input_tokens), (), (), now)
        chain = tuple(chain_of(prompt, workspace))
        totals = tuple(running(prompt.sizes))
        hit = self.longest_hit(chain, marks, now)
        read = totals[hit] if hit >= 0 else 0
        writes = [at for at in sorted(marks) if at > hit and totals[at] >= prompt.model.cacheable_tokens]
        long_end = max([totals[at] for at in writes if marks[at] == "1h"], default=read)
        end = totals[writes[-1]] if writes else read
        split = Split(prompt.input_tokens - end, read, end - long_end, long_end - read)
        renewed = tuple(chain[at] for at in {hit, *marks} if 0 <= at <= hit and chain[at] in self.entries)
        return Visit(split, tuple((chain[at], marks[at]) for at in writes), renewed, now)

    def longest_hit(self, chain: tuple[bytes, ...], marks: dict[int, str], now: float) -> int:
        for mark in sorted(marks, reverse=True):
            for at in range(mark, max(-1, mark - LOOKBACK_BLOCKS), -1):
                entry = self.entries.get(chain[at])
                if entry and entry.expires > now:
                    return at
        return -1

    def begin(self, visit: Visit) -> None:
        """The answer has begun: what it wrote can now be read, and lives from when it was asked for."""
        for key, ttl in visit.writes:
            self.keep(key, Entry(ttl, visit.started + SECONDS[ttl]))
        for key in visit.renewed:
            entry = self.entries.pop(key, None)
            if entry:
                self.keep(key, Entry(entry.ttl, visit.started + SECONDS[entry.ttl]))

    def keep(self, key: bytes, entry: Entry) -> None:
        self.entries[key] = entry
        if len(self.entries) > MAX_ENTRIES:
            del self.entries[next(iter(self.entries))]


def marks_of(prompt: Prompt) -> Iterator[tuple[int, str]]:
    for at, block in enumerate(prompt.blocks):
        if block.ttl:
            yield at, block.ttl
    automatic = prompt.body.get("cache_control")
    if automatic:
        last = max((at for at, block in enumerate(prompt.blocks) if block.cacheable), default=None)
        if last is not None:
            yield last, automatic.get("ttl") or "5m"


def chain_of(prompt: Prompt, workspace: str) -> Iterator[bytes]:
    """One hash for each block, of it and all before it; settings join where they begin to matter."""
    body = prompt.body
    state = blake2b(f"{workspace}|{prompt.model.id}".encode(), digest_size=16).digest()
    part = ""
    for block in prompt.blocks:
        if block.part != part:
            if part in ("", "tools") and block.part != "tools":
                state = link(state, body.get("speed") or "standard")
            if block.part == "messages":
                state = link(state, settings_of(prompt))
            part = block.part
        state = link(state, BARE([block.role, block.content]))
        yield state


def settings_of(prompt: Prompt) -> str:
    thinking = {name: value for name, value in prompt.thinking.items() if name != "display"}
    return BARE([thinking, prompt.effort, prompt.body.get("tool_choice") or {"type": "auto"}])


def link(state: bytes, text: str) -> bytes:
    return blake2b(state + text.encode(), digest_size=16).digest()


def running(sizes: tuple[int, ...]) -> Iterator[int]:
    total = 0
    for size in sizes:
        total += size
        yield total
