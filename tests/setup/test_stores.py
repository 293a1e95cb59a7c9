"""What must not differ between the stores, on PostgreSQL and Redis; `make test STORES=large` runs all of it there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from tests import stores

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    "tests/context/test_prompts.py",
    "tests/money",
    "tests/nightly",
    "tests/pages/accounts/test_signin.py",
    "tests/review",
    "tests/storage/test_seldom.py",
    "tests/storage/test_snapshot.py",
    "tests/telemetry/test_post.py",
    "tests/turns",
)
# By chance for a minute on the small stores; and forms, roles and words, which know of no store.
LEFT_OUT = (
    "--ignore=tests/money/test_machine.py",
    "--ignore=tests/review/test_doors.py",
    "--ignore=tests/review/test_masking.py",
    "--ignore-glob=*_admin*",
)
WHICH = "not browser and not redis and not postgresql"


@pytest.mark.slow
@pytest.mark.redis
@pytest.mark.postgresql
@pytest.mark.small
def test_money_turns_and_reading_are_the_same_on_the_large_stores() -> None:
    with stores.large() as where:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-m", WHICH, *LEFT_OUT, *PARTS],
            cwd=ROOT,
            env={**os.environ, **where},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    assert run.returncode == 0, run.stdout[-5000:]


@pytest.mark.slow
@pytest.mark.redis
def test_a_real_redis_answers_at_its_url() -> None:
    with stores.redis() as url, redis.Redis.from_url(url) as client:
        assert client.ping()
