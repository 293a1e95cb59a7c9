"""Somebody who is signed in, and a conversation of theirs."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from chatapp.turns.models import Conversation


@pytest.fixture
def ada(client: Client, db: None) -> User:
    ada = User.objects.create_superuser("ada")
    client.force_login(ada)
    return ada


@pytest.fixture
def kept(ada: User) -> Conversation:
    now = timezone.now()
    return Conversation.objects.create(owner=ada, title="A title", created_at=now, active_at=now)
