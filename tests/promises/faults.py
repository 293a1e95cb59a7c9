"""Everything that can go wrong at Claude's end, and the states in which a person may honestly find the answer."""

from __future__ import annotations

from dataclasses import dataclass

ANSWERED = ("answered",)
FAILED = ("failed",)
INTERRUPTED = ("interrupted",)
TRUNCATED = ("truncated",)
REFUSED = ("refused",)
CUT = ("failed", "interrupted")


@dataclass(frozen=True)
class Fault:
    """One rehearsal; `exact` when every word that was sent is to be stored."""

    wish: str
    states: tuple[str, ...]
    text_added: bool = False
    """What arrives is not only what the simulated Claude wanted to say."""
    heavy: bool = False

    @property
    def question(self) -> str:
        return f"What can go wrong? [[tokens:90]] [[fault:{self.wish}]]"

    def __str__(self) -> str:
        return self.wish.replace(" ", "-")


EVENTS = (
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
)
PLAIN = (
    *("bad_request", "unauthorized", "billing", "forbidden", "not_found", "request_timeout", "conflict", "too_large"),
    *("rate_limited", "rate_limited_silently", "rate_limited_for_ages", "api_error", "unavailable"),
    *("gateway_timeout", "overloaded", "spend_limit_400", "spend_limit_workspace", "spend_limit_429"),
    *("spend_limit_402", "html_502", "html_200", "empty_200", "json_200"),
)

FAULTS: tuple[Fault, ...] = (
    *(Fault(name, FAILED) for name in PLAIN),
    Fault("closed", FAILED),
    Fault("silence_before_headers", FAILED),
    Fault("silence_after_headers", FAILED),
    Fault("silence_midway", INTERRUPTED),
    Fault("silence_midway seconds=1", ANSWERED),
    Fault("pings_forever every=0.2", INTERRUPTED),
    Fault("late_first_word seconds=40 every=0.2", FAILED),
    Fault("late_first_word seconds=1 every=0.2", ANSWERED),
    Fault("slow pace=60", ANSWERED),
    *(Fault(f"clean_end at={event} after=1", CUT) for event in EVENTS[:-1]),
    Fault("clean_end at=message_stop after=1", ANSWERED),
    Fault("clean_end", INTERRUPTED),
    Fault("half_event", INTERRUPTED),
    Fault("half_event after=0", FAILED),
    Fault("cut", INTERRUPTED),
    Fault("cut after=0", FAILED),
    *(Fault(f"reset bytes={size}", CUT) for size in (0, 1, 40, 700, 1100, 1900, 3100, 7000)),
    Fault("reset", CUT),
    *(Fault(f"error_event type={kind}_error", INTERRUPTED) for kind in ("overloaded", "api", "rate_limit", "novel")),
    Fault("error_event after=0", FAILED),
    Fault("broken_json", INTERRUPTED),
    Fault("bad_utf8", INTERRUPTED),
    Fault("lone_surrogates", ANSWERED, text_added=True),
    Fault("nul", ANSWERED, text_added=True),
    Fault("missing_event event=message_start", ANSWERED),
    Fault("missing_event event=content_block_start", ANSWERED),
    Fault("missing_event event=content_block_delta", ANSWERED, text_added=True),
    Fault("missing_event event=content_block_stop", ANSWERED),
    Fault("missing_event event=message_delta", INTERRUPTED),
    Fault("missing_event event=message_stop", INTERRUPTED),
    *(Fault(f"doubled_event event={name}", ANSWERED, name == "content_block_delta") for name in EVENTS),
    Fault("late_event event=message_start", ANSWERED),
    Fault("late_event event=content_block_start", ANSWERED),
    Fault("late_event event=content_block_delta", ANSWERED, text_added=True),
    Fault("late_event event=message_delta", INTERRUPTED),
    Fault("late_event event=message_stop", ANSWERED),
    Fault("unknown_event", ANSWERED),
    Fault("unknown_block", ANSWERED),
    Fault("unknown_delta", ANSWERED),
    Fault("crlf", ANSWERED),
    *(Fault(f"usage_missing where={where}", ANSWERED) for where in ("start", "end", "both")),
    *(Fault(f"usage_absurd kind={kind}", ANSWERED) for kind in ("huge", "negative", "text", "null", "fraction")),
    *(Fault(f"usage_absurd kind=huge where={where}", ANSWERED) for where in ("start", "end")),
    Fault("refusal", REFUSED),
    Fault("refusal category=bio", REFUSED),
    Fault("refusal_midway", REFUSED),
    Fault("pause_turn", TRUNCATED),
    Fault("context_exceeded", TRUNCATED),
    Fault("truncated", TRUNCATED),
    Fault("empty_answer", ANSWERED),
    Fault("only_thinking seconds=0.5", TRUNCATED),
    Fault("unknown_stop_reason", ANSWERED),
    Fault("one_byte_chunks", ANSWERED, heavy=True),
    Fault("huge_delta", ANSWERED, text_added=True, heavy=True),
    Fault("tiny_deltas", ANSWERED, text_added=True, heavy=True),
)
