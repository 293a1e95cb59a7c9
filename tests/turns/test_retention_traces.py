"""The list of where a person leaves traces knows every table that names one."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models

from chatapp.turns.retention import traces

NAMES_A_PERSON = {"user_id", "person_number", "owner_number", "by_number"}


def test_every_column_that_names_a_person_is_in_the_list() -> None:
    """A new table of ours that names somebody is one line more in `traces`."""
    listed = {(trace.table, way.removesuffix("_id")) for trace in traces.TRACES for way in (trace.whose, *trace.also)}
    columns = {
        (model._meta.label, field.name.removesuffix("_id"))
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if (isinstance(field, models.ForeignKey) and field.related_model is User) or field.name in NAMES_A_PERSON
    }
    assert columns - listed == set()


@pytest.mark.django_db
def test_every_trace_can_be_read() -> None:
    for trace in traces.TRACES:
        assert isinstance(trace.rows(1).count(), int)
