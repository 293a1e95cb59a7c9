"""The ledger keeps its promises whatever happens to it, on both databases; a broken one is found out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DatabaseError
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests import stores
from tests.money.ledgers import DoesNotClamp, Ledger, ReleasesOnCrash, SettlesTwice
from tests.money.machine import LedgerMachine

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES") or 150)
ANY = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
# The same tries every time, and the first that fails will do.
FIXED = settings(ANY, max_examples=200, derandomize=True, phases=[Phase.generate], report_multiple_bugs=False)

pytestmark = pytest.mark.slow


@pytest.mark.django_db
def test_whatever_happens_the_money_adds_up() -> None:
    run_state_machine_as_test(LedgerMachine, settings=ANY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "broken", [ReleasesOnCrash(), SettlesTwice(), DoesNotClamp()], ids=lambda one: type(one).__name__
)
def test_a_broken_ledger_is_found_out(broken: Ledger) -> None:
    machine = type("Broken", (LedgerMachine,), {"ledger": broken})
    with pytest.raises((AssertionError, DatabaseError)):
        run_state_machine_as_test(machine, settings=FIXED)


@pytest.mark.postgresql
def test_the_same_holds_on_postgresql() -> None:
    ours = f"{Path(__file__).relative_to(ROOT)}"
    with stores.postgresql() as url:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-m", "not postgresql", "-k", "whatever", ours],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url, "LEDGER_EXAMPLES": str(EXAMPLES // 3)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert run.returncode == 0, run.stdout[-5000:]
