"""Every fault the simulated Claude can rehearse: one table of what it does and what an admin should expect."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chatapp.simulator import detours, events, outages
from chatapp.simulator import disturbances as wire
from chatapp.simulator.answers import Answer
from chatapp.simulator.knobs import Knobs
from chatapp.simulator.markers import Params
from chatapp.simulator.outages import Plain
from chatapp.simulator.refusals import invalid
from chatapp.simulator.script import Script

SETTING = re.compile(r"`(\w+)`")


@dataclass(frozen=True, slots=True)
class Fault:
    """One row. At most one of the last three is set; with none of them the listening port itself is closed."""

    name: str
    does: str
    sentence: str
    defaults: Params = field(default_factory=dict)
    instead: Callable[[Knobs], Plain] | None = None
    says: Callable[[Answer, Knobs], Answer] | None = None
    sends: Callable[[Script, Knobs], Script] | None = None

    @property
    def closes_the_port(self) -> bool:
        return not (self.instead or self.says or self.sends)

    @property
    def may_say_when(self) -> bool:
        """It can carry a retry-after."""
        return self.instead in (outages.status, outages.html) and self.defaults.get("code") != 200

    def describe(self) -> dict[str, Any]:
        """What it is, as JSON; `meaning` is a line for people, with the numbers that it has by itself."""
        return {
            "name": self.name,
            "does": self.does,
            "meaning": SETTING.sub(lambda found: str(self.defaults.get(found[1]) or found[1]), self.does),
            "sentence": self.sentence,
            "params": self.defaults,
            "may_say_when": self.may_say_when,
        }


def status(name: str, code: int, sentence: str, does: str = "", **more: str | int | float) -> Fault:
    return Fault(name, does or f"HTTP {code}, nothing else", sentence, {"code": code, **more}, instead=outages.status)


def told(name: str, does: str, sentence: str, says: Callable[[Answer, Knobs], Answer], **more: str | int) -> Fault:
    return Fault(name, does, sentence, dict(more), says=says)


def sent(
    name: str, does: str, sentence: str, sends: Callable[[Script, Knobs], Script], **more: str | int | float
) -> Fault:
    return Fault(name, does, sentence, dict(more), sends=sends)


TRY_LATER = "Nobody gets an answer until it passes; people are told when to try again."
OPERATOR = "Trying again does not help: somebody has to change the account or the key."
CUT_OFF = "The answer stops in the middle and must not be shown as finished."
AS_USUAL = "People should notice nothing."
WAITING = "Nothing comes any more; the chat has to lose patience by itself."
SPEND_LIMIT = "You have reached your specified {}API usage limits. You will regain access on 2027-01-01 at 00:00 UTC."

TABLE: tuple[Fault, ...] = (
    status("status", 500, "Any refusal by number; add retry_after=, retry_after_ms= or error_code=.", "HTTP `code`"),
    status("bad_request", 400, "The chat has sent something the API does not accept: a bug to report."),
    status("unauthorized", 401, OPERATOR),
    status("billing", 402, OPERATOR),
    status("forbidden", 403, OPERATOR),
    status("not_found", 404, "The model is gone; another one has to be chosen."),
    status("request_timeout", 408, TRY_LATER),
    status("conflict", 409, TRY_LATER),
    status("too_large", 413, "The conversation has become too long to send."),
    status("rate_limited", 429, TRY_LATER, "HTTP 429 with retry-after", retry_after=2),
    status("rate_limited_silently", 429, TRY_LATER, "HTTP 429 without a word on when to come back"),
    status("rate_limited_for_ages", 429, TRY_LATER, "HTTP 429 with an hour of retry-after", retry_after=3_600),
    status("api_error", 500, TRY_LATER),
    status("unavailable", 503, TRY_LATER, "HTTP 503 with retry-after-ms", retry_after_ms=500),
    status("gateway_timeout", 504, TRY_LATER),
    status("overloaded", 529, "Claude has more work than it can do; usually over within minutes."),
    status("spend_limit_400", 400, OPERATOR, "HTTP 400 whose words say that the organisation's own limit is reached",
           message=SPEND_LIMIT.format("")),
    status("spend_limit_workspace", 400, OPERATOR, "HTTP 400 whose words say that the workspace's limit is reached",
           message=SPEND_LIMIT.format("workspace ")),
    status("spend_limit_429", 429, OPERATOR, "HTTP 429 with error_code enforced_spend_limit_reached, no retry-after",
           error_code="enforced_spend_limit_reached"),
    status("spend_limit_402", 402, OPERATOR, "HTTP 402 billing_error"),
    Fault("html_502", "HTTP 502 with a proxy's page", TRY_LATER, {"code": 502}, instead=outages.html),
    Fault("html_200", "HTTP 200 with a page of HTML", "Something between us and Claude answers in its place.",
          {"code": 200}, instead=outages.html),
    Fault("empty_200", "HTTP 200 with nothing in it", "No answer came; nothing was charged for sure.",
          instead=outages.empty),
    Fault("json_200", "HTTP 200 with JSON that is no answer", "Something answers in Claude's place.",
          instead=outages.other_json),
    # `DELETE /simulator/faults` opens it again, over a connection that is still open.
    Fault("refused", "nobody listens on the port for `seconds`", "Claude cannot be reached at all; nothing was sent.",
          {"seconds": 5}),
    sent("closed", "closes the connection without a byte of answer", TRY_LATER, wire.closed),
    sent("silence_before_headers", "accepts the request and says nothing, for ever unless `seconds` are given", WAITING,
         wire.silence_before_headers, seconds=0),
    sent("silence_after_headers", "sends the HTTP head, then nothing", WAITING, wire.silence_after_headers, seconds=0),
    sent("silence_midway", "falls silent after some words", WAITING, wire.silence_midway, after=20, seconds=0),
    sent("pings_forever", "after some words only keep-alives", WAITING, wire.pings, after=20, every=1, seconds=0),
    sent("late_first_word", "keep-alives for `seconds`, then the answer", "The answer takes long to begin.",
         wire.pings, after=0, every=1, seconds=40),
    told("slow", "`pace` tokens a second", "The answer comes slowly, but it comes.", detours.slow, pace=2),
    sent("clean_end", "ends the response properly after the `after`-th event named `at`", CUT_OFF, wire.clean_end,
         at="content_block_delta", after=20),
    sent("half_event", "ends the response properly in the middle of an event", CUT_OFF, wire.half_event, after=20),
    sent("cut", "closes the connection after some words, without ending the response", CUT_OFF, wire.cut, after=20),
    sent("reset", "resets the connection (RST) after `bytes`, at a random one if not given", CUT_OFF, wire.reset,
         bytes=""),
    sent("error_event", "an `error` event of `type` inside a 200", CUT_OFF, wire.error_event, after=20,
         type="overloaded_error"),
    sent("broken_json", "one event is not JSON", CUT_OFF, wire.inserting(wire.broken_json), after=20),
    sent("bad_utf8", "one delta is not UTF-8", CUT_OFF,
         wire.inserting(lambda index, _: wire.raw_delta(index, b"\xff\xfe \xc3\x28")), after=20),
    sent("lone_surrogates", "one delta holds half of a surrogate pair, escaped",
         "The broken characters are shown as replacement signs.",
         wire.inserting(lambda index, _: wire.raw_delta(index, rb"\ud83d alone \udc00")), after=20),
    sent("nul", "one delta holds a NUL character", "The character is shown as a replacement sign.",
         wire.inserting(lambda index, _: wire.raw_delta(index, rb" \u0000 ")), after=20),
    sent("missing_event", "leaves out every event named `event`", "The answer may have to be given up.",
         wire.missing_event, event="message_start"),
    sent("doubled_event", "sends the first event named `event` twice", AS_USUAL, wire.doubled_event,
         event="message_delta"),
    sent("late_event", "sends the first event named `event` after everything else",
         "The answer may have to be given up.", wire.late_event, event="content_block_start"),
    sent("unknown_event", "an event of an unknown type", AS_USUAL,
         wire.inserting(lambda index, _: events.event("weather_report", outlook="fair")), after=20),
    sent("unknown_block", "a content block of an unknown type", AS_USUAL, wire.inserting(wire.unknown_block), after=20),
    sent("unknown_delta", "a delta of an unknown type", AS_USUAL,
         wire.inserting(lambda index, _: events.delta(index, {"type": "hologram_delta", "hologram": "~"})), after=20),
    sent("one_byte_chunks", "every byte in a chunk of its own", AS_USUAL, wire.one_byte_chunks, pause=0),
    sent("crlf", "lines end with CR LF", AS_USUAL, wire.crlf),
    sent("huge_delta", "one delta of `bytes`", "A lot of text appears at once.",
         wire.inserting(lambda index, knobs: events.text_delta(index, "long " * (knobs.whole("bytes") // 5))),
         after=20, bytes=2_000_000),
    sent("tiny_deltas", "`count` deltas of one character, as fast as they are read", "A lot of text appears quickly.",
         wire.tiny_deltas, after=20, count=50_000),
    sent("usage_missing", "no usage (`where`: start, end or both)", "The cost has to be estimated.",
         wire.usage_missing, where="both"),
    sent("usage_absurd", "impossible usage (`kind`: huge, negative, text, null, fraction)",
         "The cost has to be estimated.", wire.usage_absurd, kind="huge", where="both"),
    told("refusal", "stop reason refusal before any word", "Claude declines; the question is not answered.",
         detours.refusal, category="cyber"),
    told("refusal_midway", "stop reason refusal after some words", "Claude declines; what was shown is withdrawn.",
         detours.refusal_midway, after=20, category="cyber"),
    told("pause_turn", "stop reason pause_turn after some words", CUT_OFF, detours.cut_short, after=20,
         reason="pause_turn"),
    told("context_exceeded", "stop reason model_context_window_exceeded after some words",
         "The conversation has become too long.", detours.cut_short, after=20,
         reason="model_context_window_exceeded"),
    told("truncated", "stop reason max_tokens after some words", "The answer is cut off and can be continued.",
         detours.cut_short, after=20, reason="max_tokens"),
    told("empty_answer", "ends properly without a word", "There is no answer to show.", detours.nothing),
    told("only_thinking", "thinks until max_tokens and says nothing", "There is no answer to show.",
         detours.only_thinking, seconds=2),
    told("unknown_stop_reason", "an unknown stop reason", AS_USUAL, detours.other_reason, reason="solar_flare"),
)  # fmt: skip

FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in TABLE}

# With which row of the table a new group begins.
GROUPS = {
    "status": "Claude refuses",
    "html_502": "Somebody else answers, or nobody",
    "silence_before_headers": "Claude is silent or slow",
    "clean_end": "The answer breaks off",
    "broken_json": "The answer arrives strangely",
    "usage_missing": "What it cost is not said",
    "refusal": "Claude ends in another way",
}


def described() -> list[dict[str, Any]]:
    """All of them, each with its group."""
    rows, group = [], ""
    for fault in TABLE:
        group = GROUPS.get(fault.name, group)
        rows.append({**fault.describe(), "group": group})
    return rows


def find(name: str) -> tuple[Fault, Params]:
    """The fault of that name; a bare number is a status."""
    if name.isdigit() and 400 <= int(name) <= 599:
        return FAULTS["status"], {"code": int(name)}
    if name not in FAULTS:
        raise invalid(f"simulator: there is no fault {name!r}; GET /simulator/faults lists them")
    return FAULTS[name], {}
