"""What closed and what to do about it, in words for whoever runs the site; a line of it on the console."""

from __future__ import annotations

import logging
from typing import Final

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
        what = _what(news.way.provider, "" if news.whole else news.way.model)
        log.warning("%s answers again after %s", what, news.kind)
    else:
        level = logging.CRITICAL if news.kind in NEEDS_AN_OPERATOR else logging.ERROR
        log.log(level, sentence(news.kind, news.way.provider, "" if news.whole else news.way.model))


def sentence(kind: FailureKind, provider: str, model: str) -> str:
    """Without a model: the whole provider."""
    return f"{_what(provider, model)} is not asked just now: {kind}; {_TO_DO.get(kind, _PASSES)}"


def _what(provider: str, model: str) -> str:
    return f"{model} at {provider}" if model and provider else model or provider or "Claude"
