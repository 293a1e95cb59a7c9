"""What the tests need and the machine lacks is said in one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import machine

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("variables", "code"), [({}, 0), ({"CI": "1"}, 1)])
def test_a_bare_machine_is_told_what_to_install(tmp_path: Path, variables: dict[str, str], code: int) -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "tests.machine"],
        cwd=ROOT,
        env={"PATH": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    said = outcome.stdout + outcome.stderr
    assert outcome.returncode == code
    assert said.startswith("The tests also need Chromium, Redis")
    assert "sudo apt-get install chromium-headless-shell redis-server" in said
    assert len(said.splitlines()) == 1


def test_this_machine_has_everything() -> None:
    assert machine.missing() == []
