"""Format, lint and types, as `make check` reads them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("tool", ["ruff format --check .", "ruff check .", "mypy"])
def test_the_house_style_holds(tool: str) -> None:
    reading = subprocess.run(
        [sys.executable, "-m", *tool.split()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert reading.returncode == 0, reading.stdout
