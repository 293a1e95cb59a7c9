"""Commands as an operator runs them: in processes of their own, with what they print and how they end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.product import ROOT


@dataclass(frozen=True)
class Run:
    code: int
    said: str
    complained: str

    @property
    def json(self) -> Any:
        return json.loads(self.said)


def run(env: Mapping[str, str], *arguments: str, seconds: float = 180) -> Run:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=dict(env), capture_output=True, text=True, timeout=seconds, check=False
    )
    return Run(done.returncode, done.stdout, done.stderr)
