"""People who come to these doors."""

import pytest
from django.contrib.auth.models import User

PASSWORD = "three quiet hedgehogs"


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest.fixture
def ada(db: None) -> User:
    """Somebody with an account."""
    return User.objects.create_user("ada", password=PASSWORD)


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("grace", password=PASSWORD)
