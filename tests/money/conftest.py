"""Who comes to the doors of the money."""

import pytest
from django.contrib.auth.models import User


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob")
