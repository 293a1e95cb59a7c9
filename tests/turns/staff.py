"""Somebody on the staff who may do this and nothing else."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth.models import Permission, User
from django.test import Client


def with_permissions(*names: str) -> Client:
    staff = User.objects.create(username=f"staff-{uuid4().hex[:8]}", is_staff=True)
    for name in names:
        app, codename = name.split(".")
        staff.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client = Client()
    client.force_login(staff)
    return client
