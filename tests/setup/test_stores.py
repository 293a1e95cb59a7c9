"""The quick tests once more on PostgreSQL, and that the REDIS_URL we understand is one that Redis does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from tests import stores

ROOT = Path(__file__).resolve().parents[2]
QUICK = "not slow and not browser and not redis and not postgresql"
ROOMS_WITHOUT_TABLES = ("bench", "claude", "house", "page", "rendering", "simulator")


@pytest.mark.slow
@pytest.mark.postgresql
def test_everything_quick_holds_on_postgresql_too() -> None:
    ignored = [f"--ignore=tests/{room}" for room in ROOMS_WITHOUT_TABLES]
    with stores.postgresql() as url:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-m", QUICK, *ignored],
            cwd=ROOT,
            # Its skips are about SQLite and right.
            env={**{k: v for k, v in os.environ.items() if k != "CI"}, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert run.returncode == 0, run.stdout[-5000:]


@pytest.mark.slow
@pytest.mark.redis
def test_a_real_redis_answers_at_its_url() -> None:
    with stores.redis() as url, redis.Redis.from_url(url) as client:
        assert client.ping()
