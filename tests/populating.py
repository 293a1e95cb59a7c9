"""What `manage.py shell` is told, so that a product has people in it who are signed in."""

POPULATE = """
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from chatapp.money.models import Budget
# Only the tests about money are to meet a limit.
Budget.objects.update(limit_nanodollars=10_000 * 10**9)
sessions = {}
for name in %r:
    user = User(username=name)
    user.password = "!unusable" + name
    user.save()
    for place in ("", "-phone"):
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        sessions[name + place] = session.session_key
print("SESSIONS" + json.dumps(sessions))
"""
