"""What can go wrong between us and Claude: one table, from how it is recognised to what a person reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import httpx2

from chatapp.claude import coming_back
from chatapp.claude.stream import ErrorEvent, Garbled, cleaned

_MOST_DETAIL: Final = 1000
_KEPT: Final = "Your question is kept"
# For so long a person may be asked to wait; beyond it he is told when to come back.
SOON_SECONDS: Final = 20.0
_TOLD: Final = "The people who run this site have been told"


class FailureKind(StrEnum):
    OVERLOADED = "overloaded"
    RATE_LIMITED = "rate_limited"
    SPEND_LIMIT = "spend_limit"
    BILLING = "billing"
    KEY_REFUSED = "key_refused"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    TOO_LONG = "too_long"
    REJECTED = "rejected"
    SERVER_ERROR = "server_error"
    SERVER_TIMEOUT = "server_timeout"
    MISCONFIGURED = "misconfigured"
    UNREACHABLE = "unreachable"
    CONNECT_DEADLINE = "connect_deadline"
    FIRST_EVENT_DEADLINE = "first_event_deadline"
    FIRST_WORD_DEADLINE = "first_word_deadline"
    SILENCE_DEADLINE = "silence_deadline"
    ANSWER_DEADLINE = "answer_deadline"
    CONNECTION_LOST = "connection_lost"
    CUT = "cut"
    GARBLED = "garbled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Signs:
    """How a failure is recognised; the first of these that is known decides, in this order."""

    codes: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    exceptions: tuple[type[Exception], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    kind: FailureKind
    again: bool
    """There is a point in asking the same model once more."""
    stand_in: bool
    """Another model may do better."""
    elsewhere: bool
    """Another provider may do better."""
    counts: bool
    """It counts for the breaker."""
    alarm: bool
    """Somebody who runs the site must act."""
    sentence: str
    signs: Signs = field(default=Signs())

    @property
    def passes(self) -> bool:
        """Claude or the way there is in trouble, and not the question: it can be answered when that is over."""
        return self.again or self.counts


# fmt: off
TABLE: Final = (
    #                                        again  stand-in  elsewhere counts alarm
    Row(FailureKind.OVERLOADED,              True,  True,     True,      True,  False,
        f"Claude is very busy right now and could not answer. {_KEPT}; please try again in a minute.",
        Signs(types=("overloaded_error",), statuses=(529,))),
    Row(FailureKind.RATE_LIMITED,            True,  True,     True,      False, False,
        f"Too many questions reached Claude at once, so this one had to wait. {_KEPT}; please try again in a minute.",
        Signs(types=("rate_limit_error",), statuses=(429,), codes=("ramp_limit_exceeded",))),
    Row(FailureKind.SPEND_LIMIT,             False, False,    True,      True,  True,
        f"This site has used up what it may spend on Claude for now. {_TOLD}; {_KEPT.lower()} until answers are back.",
        Signs(codes=("enforced_spend_limit_reached", "contract_spend_limit_reached",
                     "linked_organization_spend_limit_reached"),
              phrases=(r"specified (workspace )?API usage limits",))),
    Row(FailureKind.BILLING,                 False, False,    True,      True,  True,
        f"Claude is not available because of this site's account. {_TOLD}; {_KEPT.lower()} until that is settled.",
        Signs(types=("billing_error",), statuses=(402,), codes=("linked_organization_billing_unavailable",),
              phrases=(r"credit balance is too low",))),
    Row(FailureKind.KEY_REFUSED,             False, False,    True,      True,  True,
        f"Claude did not accept this site's key. {_TOLD}; {_KEPT.lower()} until that is put right.",
        Signs(types=("authentication_error",), statuses=(401,))),
    Row(FailureKind.FORBIDDEN,               False, False,    True,      True,  True,
        f"This site is not allowed to use Claude in this way. {_TOLD}; {_KEPT.lower()} until that is put right.",
        Signs(types=("permission_error",), statuses=(403,), codes=("organization_on_hold",))),
    Row(FailureKind.NOT_FOUND,               False, True,     True,      False, True,
        f"The model that should answer is not available. {_TOLD}; {_KEPT.lower()}, so please try again later.",
        Signs(types=("not_found_error",), statuses=(404,))),
    Row(FailureKind.TOO_LONG,                False, False,    False,     False, False,
        "This conversation has grown too long for Claude to read in one go. Please begin a new one; "
        "you can take the important parts along.",
        Signs(types=("request_too_large",), statuses=(413,), codes=("request_body_too_large_after_decoding",),
              phrases=(r"prompt is too long",))),
    Row(FailureKind.REJECTED,                False, False,    False,     False, True,
        f"Claude could not accept this question in the form we sent it. {_TOLD}; {_KEPT.lower()}, "
        "and asking it in a new conversation may help.",
        Signs(types=("invalid_request_error",), statuses=(400, 405, 406, 410, 411, 412, 414, 415, 422, 431))),
    Row(FailureKind.SERVER_ERROR,            True,  True,     True,      True,  False,
        f"Claude had a problem of its own and could not finish. {_KEPT}; please try again in a moment.",
        Signs(types=("api_error", "conflict_error"), statuses=(409, 500, 501, 502, 503))),
    Row(FailureKind.SERVER_TIMEOUT,          True,  True,     True,      True,  False,
        f"Claude took too long over this and gave up. {_KEPT}; please try again in a moment.",
        Signs(types=("timeout_error",), statuses=(408, 499, 504))),
    Row(FailureKind.MISCONFIGURED,           False, False,    True,      False, True,
        f"This site does not find its way to Claude. {_TOLD}; {_KEPT.lower()} until that is put right.",
        Signs(statuses=(301, 302, 303, 307, 308),
              exceptions=(httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, httpx2.InvalidURL))),
    Row(FailureKind.UNREACHABLE,             True,  False,    True,      True,  False,
        f"Claude could not be reached. {_KEPT}; please try again in a moment.",
        Signs(exceptions=(httpx2.ConnectError, httpx2.ProxyError))),
    Row(FailureKind.CONNECT_DEADLINE,        True,  False,    True,      True,  False,
        f"Claude could not be reached in time. {_KEPT}; please try again in a moment.",
        Signs(exceptions=(httpx2.ConnectTimeout, httpx2.PoolTimeout))),
    Row(FailureKind.FIRST_EVENT_DEADLINE,    True,  True,     True,      True,  False,
        f"Claude did not begin to answer in time. {_KEPT}; please try again in a moment.",
        Signs(exceptions=(httpx2.TimeoutException, TimeoutError))),
    Row(FailureKind.FIRST_WORD_DEADLINE,     True,  True,     True,      True,  False,
        f"Claude took too long to find its first word. {_KEPT}; please try again in a moment."),
    Row(FailureKind.SILENCE_DEADLINE,        True,  True,     True,      True,  False,
        "Claude fell silent before it had finished. Your question and all that arrived are kept; please try again."),
    Row(FailureKind.ANSWER_DEADLINE,         False, False,    False,     False, False,
        "This answer took longer than we let an answer take. Your question and all that arrived are kept; "
        "a narrower question may be answered faster."),
    Row(FailureKind.CONNECTION_LOST,         True,  True,     True,      True,  False,
        "The connection to Claude broke. Your question and all that arrived are kept; please try again in a moment.",
        Signs(exceptions=(httpx2.NetworkError, httpx2.RemoteProtocolError))),
    Row(FailureKind.CUT,                     True,  True,     True,      True,  False,
        "Claude's answer broke off before its end. Your question and all that arrived are kept; please try again."),
    Row(FailureKind.GARBLED,                 True,  True,     True,      True,  True,
        "What came back from Claude could not be read. Your question and all that arrived are kept; please try again.",
        Signs(exceptions=(Garbled, httpx2.DecodingError, ValueError))),
    Row(FailureKind.UNKNOWN,                 False, True,     True,      True,  True,
        f"Something went wrong that we did not expect. {_TOLD}; {_KEPT.lower()}, so please try again later."),
)
# fmt: on

ROWS: Final = {row.kind: row for row in TABLE}
_BY_CODE: Final = {code: row.kind for row in TABLE for code in row.signs.codes}
_BY_PHRASE: Final = [(re.compile(p, re.IGNORECASE), row.kind) for row in TABLE for p in row.signs.phrases]
_BY_TYPE: Final = {name: row.kind for row in TABLE for name in row.signs.types}
_BY_STATUS: Final = {status: row.kind for row in TABLE for status in row.signs.statuses}
_BY_EXCEPTION: Final = {exception: row.kind for row in TABLE for exception in row.signs.exceptions}
# The API uses these for statuses that have no type of their own, 408 and 499 for instance; then the status says more.
_VAGUE: Final = frozenset({"invalid_request_error", "api_error"})


class Failure(Exception):
    """Why there is no (whole) answer: a row of the table, and what only staff may read."""

    def __init__(
        self, kind: FailureKind, detail: str, retry_after_seconds: float | None = None, *, rejected: bool = False
    ) -> None:
        self.kind = kind
        self.detail = cleaned(detail)[:_MOST_DETAIL]
        self.retry_after_seconds = retry_after_seconds
        # Claude answered with an error status instead of beginning an answer: nothing was generated.
        self.rejected = rejected
        super().__init__(f"{kind}: {self.detail}")

    @property
    def row(self) -> Row:
        return ROWS[self.kind]

    @property
    def sentence(self) -> str:
        """What a person reads: where Claude said when it will be there again, that is said, too."""
        if self.retry_after_seconds and self.retry_after_seconds > SOON_SECONDS and self.row.again:
            return f"{self.row.sentence.partition('; please')[0]}; {coming_back.words(self.retry_after_seconds)}."
        return self.row.sentence


def of(error: BaseException) -> Failure:
    """The failure behind an exception, whatever it is."""
    if isinstance(error, Failure):
        return error
    # Read where something was asked, and not by every command that knows the table: it takes longer than all the rest.
    import anthropic

    if isinstance(error, anthropic.APIConnectionError):
        # The SDK wraps what went wrong underneath; the cause tells which deadline or which step it was.
        if error.__cause__ is not None:
            return of(error.__cause__)
        return Failure(FailureKind.CONNECTION_LOST, f"{type(error).__name__}: {error}")
    if isinstance(error, anthropic.APIResponseValidationError):
        return Failure(FailureKind.GARBLED, f"{type(error).__name__}: {error}")
    if isinstance(error, anthropic.APIStatusError):
        status, headers = error.response.status_code, error.response.headers
        kind, words = _of_report(error.body, status)
        return Failure(kind, f"{status} {words}", coming_back.seconds(headers), rejected=status >= 400)
    if isinstance(error, ErrorEvent):
        kind, words = _of_report(error.body, 200)
        return Failure(kind, f"in the stream: {words}")
    kinds = (_BY_EXCEPTION[family] for family in type(error).__mro__ if family in _BY_EXCEPTION)
    return Failure(next(kinds, FailureKind.UNKNOWN), f"{type(error).__name__}: {error}")


def _of_report(body: object, status: int) -> tuple[FailureKind, str]:
    """What Claude says about an error goes before the status it came with: in a stream that is always 200."""
    said = _mapping(_mapping(body).get("error"))
    code = _string(_mapping(said.get("details")).get("error_code"))
    name, message = _string(said.get("type")), _string(said.get("message"))
    words = " ".join(filter(None, (name, code, message))) or str(body)
    if code in _BY_CODE:
        return _BY_CODE[code], words
    for phrase, kind in _BY_PHRASE:
        if phrase.search(message):
            return kind, words
    if name in _VAGUE and status >= 400:
        name = ""
    return _BY_TYPE.get(name) or _BY_STATUS.get(status) or _of_status(status), words


def _of_status(status: int) -> FailureKind:
    return FailureKind.REJECTED if 400 <= status < 500 else FailureKind.SERVER_ERROR


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
