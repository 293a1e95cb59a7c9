"""Commands as an operator runs them: in processes of their own, with what they print and how they end."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import nursery
from tests.product import ROOT


@dataclass(frozen=True)
class Run:
    code: int
    said: str
    complained: str

    @property
    def json(self) -> Any:
        return json.loads(self.said)


def run(env: Mapping[str, str], *arguments: str, seconds: float = 240) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        code = _begin(["manage", *arguments], env, out, err).wait(seconds)
        return Run(code, out.read_text(), err.read_text())


def _begin(
    arguments: list[str], env: Mapping[str, str], out: Path, err: Path
) -> nursery.Process | subprocess.Popen[bytes]:
    if nursery.POSSIBLE:
        return nursery.begin(arguments, env, out, err)
    with out.open("wb") as said, err.open("wb") as complained:
        command = [sys.executable, "-m", *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=dict(env), stdout=said, stderr=complained)
