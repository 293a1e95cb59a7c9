"""What we write past Django's layers is what Django writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from chatapp.storage import statements
from chatapp.turns.models import Conversation

zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])


@given(moment=st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=zones))
def test_a_moment_is_written_as_django_writes_it(moment: datetime) -> None:
    assert statements._adapted([moment], connection) == [connection.ops.adapt_datetimefield_value(moment)]


@pytest.mark.django_db
def test_what_happens_around_a_statement_is_still_seen() -> None:
    """Whoever counts statements, or watches them, is not passed by."""
    seen: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        statements.rows("SELECT id FROM chatapp_conversation")
    assert seen == [f"SELECT id FROM {Conversation._meta.db_table}"]
