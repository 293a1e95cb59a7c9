"""Django's sessions in the database, found by one plain statement because every request asks for one."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

from chatapp.storage import statements


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Any:
        session = statements.load(self.model, "session_key", self.session_key)
        if session is not None and session.expire_date > timezone.now():
            return session
        self._session_key = None
        return None
