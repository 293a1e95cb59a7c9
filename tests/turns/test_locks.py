"""Nobody waits for somebody who waits for him."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import stores

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.postgresql
def test_nobody_who_holds_the_money_waits_for_a_conversation_or_a_turn() -> None:
    files = (
        "tests/turns/on_postgresql.py",
        "tests/turns/erasing_on_postgresql.py",
        "tests/money/test_crowd.py",
        "tests/storage/test_snapshot.py",
        "tests/telemetry/test_post.py",
    )
    with stores.postgresql() as url:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *files],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert run.returncode == 0, run.stdout[-5000:]
