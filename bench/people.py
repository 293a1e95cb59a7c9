"""People who are already signed in, made straight in the database: signing in is not measured."""

import argparse
import json
import sys
from importlib import import_module

import django
from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.db import transaction
from django.http import HttpRequest


def sign_in(count: int) -> dict[str, object]:
    from chatapp.money.models import Budget

    engine = import_module(settings.SESSION_ENGINE)
    users = get_user_model()._default_manager
    sessions = []
    # A benchmark asks more in a minute than people may in a day.
    Budget.objects.update(limit_nanodollars=1_000_000 * 10**9)
    with transaction.atomic():
        for number in range(count):
            user = users.create_user(username=f"bench-{number}")
            request = HttpRequest()
            request.session = engine.SessionStore()
            login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
            request.session.save()
            sessions.append(request.session.session_key)
    return {
        "session_cookie": settings.SESSION_COOKIE_NAME,
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "sessions": sessions,
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, required=True)
    chosen = options.parse_args()
    django.setup()
    sys.stdout.write(json.dumps(sign_in(chosen.count)))


if __name__ == "__main__":
    main()
