"""An error tells where it came from, and nothing that somebody wrote."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection

from chatapp.claude.failures import Failure, FailureKind
from chatapp.storage import statements
from chatapp.telemetry import logs, stacks
from tests import stores

ROOT = Path(__file__).resolve().parents[2]
CANARY = "a question that is nobody's business"


def caught(*errors: BaseException) -> BaseException:
    """The last of them, each raised while the one before was handled."""
    try:
        try:
            raise errors[0]
        except BaseException as first:
            if len(errors) == 1:
                raise
            raise errors[1] from first
    except BaseException as last:
        return last


@pytest.mark.parametrize(
    "error",
    [
        caught(ValueError(CANARY)),
        caught(KeyError(CANARY), RuntimeError(CANARY)),
        caught(BaseExceptionGroup(CANARY, [ValueError(CANARY), caught(TypeError(CANARY), OSError(CANARY))])),
        caught(FileNotFoundError(2, CANARY, CANARY)),
        caught(Failure(FailureKind.OVERLOADED, CANARY)),
        caught(UnicodeEncodeError("ascii", CANARY, 0, 1, CANARY)),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_word_of_an_error_is_told_that_somebody_may_have_written(error: BaseException) -> None:
    question = CANARY
    told = stacks.told(error)
    assert question not in told
    assert told.startswith("Traceback (most recent call last):")
    assert "in caught" in told
    assert type(error).__name__ in told


def test_what_helps_and_is_nobodys_is_told() -> None:
    assert "ENOSPC: No space left on device" in stacks.told(caught(OSError(28, CANARY)))
    assert "overloaded" in stacks.told(caught(Failure(FailureKind.OVERLOADED, CANARY)))
    assert "direct cause" in stacks.told(caught(KeyError("x"), RuntimeError("y")))


def test_a_developer_reads_the_words_too() -> None:
    assert f"ValueError: {CANARY}" in stacks.told(caught(ValueError(CANARY)), words=True)


def test_an_error_behind_itself_ends_all_the_same() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert stacks.told(first).count("Traceback") == 2


@pytest.mark.django_db(transaction=True)
def test_a_row_that_the_database_refuses_is_not_repeated() -> None:
    User.objects.create(username=CANARY)
    with pytest.raises(DatabaseError) as refused:
        User.objects.create(username=CANARY)
    words = "UNIQUE constraint failed: auth_user.username" if connection.vendor == "sqlite" else "SQLSTATE 23505"
    told = stacks.told(refused.value)
    assert CANARY not in told
    assert words in told
    with pytest.raises(DatabaseError) as missing:
        statements.run("INSERT INTO auth_group (id, name) VALUES (1, NULL)")
    assert "auth_group" in stacks.told(missing.value)


@pytest.mark.slow
@pytest.mark.postgresql
def test_postgresql_whose_errors_have_whole_rows_in_them_repeats_none() -> None:
    with stores.postgresql() as url:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", __file__, "-k", "a_row_that_the_database"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert run.returncode == 0, run.stdout[-5000:]
    assert "1 passed" in run.stdout


def test_the_stack_stands_beside_the_message() -> None:
    error = caught(ValueError(CANARY))
    record = logging.LogRecord("chatapp", 40, "", 0, "it failed", (), (type(error), error, error.__traceback__))
    told = json.loads(logs.Json().format(record))
    assert told["message"] == "it failed"
    assert "in caught" in told["stack"]
    assert CANARY not in logs.Lines().format(record)
