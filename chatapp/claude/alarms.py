"""Telling whoever runs the site what closed, and what to do about it."""

from __future__ import annotations

import logging
import threading
from typing import Final

from django.conf import settings
from django.core.mail import mail_admins

from chatapp.claude.breaker import NEEDS_AN_OPERATOR, News
from chatapp.claude.failures import FailureKind

log = logging.getLogger(__name__)

_PRESS: Final = 'then press "Answers may be asked for again" under Stops in the admin'
_TO_DO: Final = {
    FailureKind.SPEND_LIMIT: f"raise the spend limit or wait for the next month, {_PRESS}",
    FailureKind.BILLING: f"settle the account's billing, {_PRESS}",
    FailureKind.KEY_REFUSED: "set a valid key; until then one question a minute tries it",
    FailureKind.FORBIDDEN: "give the key its permissions; until then one question a minute tries it",
    FailureKind.NOT_FOUND: "choose a model that exists; until then one question a minute tries it",
}
_PASSES: Final = "nothing to do unless it lasts; questions go on by themselves"


def log_it(news: News) -> None:
    """A line on the console. What Claude said is not in it: that stays in the stop's and the attempt's row."""
    if news.over:
        log.warning("%s answers again after %s", _what(news), news.kind)
    else:
        log.log(logging.CRITICAL if news.kind in NEEDS_AN_OPERATOR else logging.ERROR, _line(news))


def mail_it(news: News) -> None:
    """A mail, where there is somebody to get it and nothing gets better by itself."""
    if settings.ADMINS and news.kind in NEEDS_AN_OPERATOR and not news.over:
        # A mail server may take its time, and a process that ends need not wait for it.
        arguments = (f"Claude cannot be asked: {news.kind}", _line(news))
        threading.Thread(target=_mail, args=arguments, daemon=True).start()


def _what(news: News) -> str:
    return news.way.provider or "Claude" if news.whole else news.way.model


def _line(news: News) -> str:
    return f"{_what(news)} is not asked just now: {news.kind}; {_TO_DO.get(news.kind, _PASSES)}"


def _mail(subject: str, text: str) -> None:
    try:
        mail_admins(subject, text)
    except Exception:
        log.exception("the people who run the site could not be told by mail")
