"""The Dockerfile, read instruction by instruction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "Dockerfile"


@dataclass(frozen=True)
class Instruction:
    stage: int
    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """Of the exec form, where it has one."""
        start = self.text.find("[")
        return list(json.loads(self.text[start:])) if start >= 0 else self.text.split()


def instructions() -> list[Instruction]:
    lines = [line for line in PATH.read_text().splitlines() if line.strip() and not line.startswith("#")]
    whole = "\n".join(lines).replace("\\\n", " ")
    found: list[Instruction] = []
    stage = -1
    for line in whole.splitlines():
        name, _, text = line.partition(" ")
        stage += name == "FROM"
        found.append(Instruction(stage, name, " ".join(text.split())))
    return found
