"""Who comes to the doors of the money."""

import pytest
from django.contrib.auth.models import User

from chatapp.money import prices


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob")


@pytest.fixture(autouse=True)
def fresh_price_book() -> None:
    """A test that is rolled back gives its rows' numbers to the next one, which nobody else does."""
    prices._book = None
