"""A simulated Claude that the pages know, and who comes to the rehearsal's doors."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from pytest_django.fixtures import Settings

from tests.stand_in import StandIn, claude, claude_process

__all__ = ["claude", "claude_process"]


@pytest.fixture
def simulated(claude: StandIn, settings: Settings) -> StandIn:
    settings.ANTHROPIC_BASE_URL = claude.url
    return claude


@pytest.fixture
def clerk(db: None) -> User:
    """Staff who may do nothing yet."""
    return User.objects.create_user("clerk", is_staff=True)


@pytest.fixture
def leave() -> Permission:
    """What somebody needs who is no superuser."""
    return Permission.objects.get(codename="change_fallbacks")
