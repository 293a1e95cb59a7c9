"""The product's settings with a fast password hasher and static files straight from their folder."""

import os
import tempfile
from pathlib import Path

# What the developer's shell says must not change what the tests see; DATABASE_URL may, to run them elsewhere, and with
# it REDIS_URL.
OURS = {"ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DEBUG", "PORT", "SECRET_KEY"}
if "DATABASE_URL" not in os.environ:
    OURS.add("REDIS_URL")
for name in tuple(os.environ):
    if name.startswith(("CHATAPP_", "ANTHROPIC_")) or name in OURS:
        del os.environ[name]
os.environ["SECRET_KEY"] = "a secret that only the tests know, and no one else"
os.environ["CHATAPP_SIMULATED"] = "1"

from chatapp.settings import *  # noqa: E402, F403
from chatapp.settings import DATABASES, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CHATAPP_ATTACHMENTS = str(Path(tempfile.gettempdir()) / f"chatapp-attachments-{os.getpid()}")
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file and not memory: only a file has the locks and the several connections of the real thing.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir()) / f"chatapp-tests-{os.getpid()}.sqlite3")}
else:
    # Several runs share a server. A test is one transaction, which on a crowded machine is idle for longer than a page
    # may be.
    DATABASES["default"]["TEST"] = {"NAME": f"test_{os.getpid()}"}
    DATABASES["default"]["OPTIONS"]["options"] += " -c idle_in_transaction_session_timeout=0"
