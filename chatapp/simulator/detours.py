"""Faults in what is said: the stream is sound, the answer is not what anybody hoped for."""

from dataclasses import replace

from chatapp.simulator.answers import USUAL_PACE, Answer, first_pieces, refusal_details
from chatapp.simulator.knobs import Knobs


def refusal(answer: Answer, knobs: Knobs) -> Answer:
    return replace(refusal_midway(answer, knobs), text="", thinking_tokens=0)


def refusal_midway(answer: Answer, knobs: Knobs) -> Answer:
    details = refusal_details(knobs.name("category"))
    return replace(cut_short(answer, knobs), stop_reason="refusal", stop_details=details)


def cut_short(answer: Answer, knobs: Knobs) -> Answer:
    """Ends after some words with the given reason."""
    text = first_pieces(answer.text, knobs.whole("after"))
    return replace(answer, text=text, stop_reason=knobs.name("reason"), stop_sequence=None)


def other_reason(answer: Answer, knobs: Knobs) -> Answer:
    return replace(answer, stop_reason=knobs.name("reason"), stop_sequence=None)


def nothing(answer: Answer, knobs: Knobs) -> Answer:
    return replace(answer, text="", thinking_tokens=0)


def only_thinking(answer: Answer, knobs: Knobs) -> Answer:
    seconds = knobs.seconds("seconds")
    tokens = max(1, int(seconds * USUAL_PACE))
    return replace(answer, text="", thinking_tokens=tokens, thinking_seconds=seconds, stop_reason="max_tokens")


def slow(answer: Answer, knobs: Knobs) -> Answer:
    return replace(answer, pace=knobs.seconds("pace"))
