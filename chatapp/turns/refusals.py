"""Every reason for which a request is not accepted, in words for the person who made it."""

from __future__ import annotations

from dataclasses import dataclass

from chatapp.money.reports import Report


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """A question that is not accepted: why, in words for the person who asked."""

    code: str
    status: int
    sentence: str
    # The limit that is used up, where it is for one.
    report: Report | None = None


EMPTY = Refused("empty", 400, "There is no question in that message yet.")
TOO_LONG = Refused("too_long", 413, "That message is longer than 32 kB. Please shorten it or send it in parts.")
REUSED = Refused(
    "ask_id_reused",
    409,
    "This form was already used for another question. Reload the page and send it again.",
)
RUNNING = Refused("running", 409, "An answer is still being written here. Wait for it, or stop it first.")
PUT_OFF = Refused(
    "running", 409, "The question above waits until Claude is back. Cancel it first, then you can ask something else."
)
ALL_WAIT = Refused(
    "too_many_waiting",
    429,
    "Very many of your questions wait for Claude already. Please wait until some of them are answered.",
)
NOT_LATER = Refused("not_later", 409, "That question cannot wait for Claude any more. You can ask it again.")
CROWDED = Refused(
    "too_many_running",
    429,
    "You already have as many answers running as you may. Send this one when one of them is done.",
)
TOO_FAST = Refused("too_fast", 429, "That was quick! Please wait a moment before the next question.")
LEAVING = Refused("restarting", 503, "We are just restarting. Please send it again in a moment.")
NOT_FINAL = Refused("running", 409, "That answer is still being written. Stop it first.")
NOT_CONTINUABLE = Refused("not_continuable", 409, "That answer is complete; there is nothing to continue.")
EMPTY_TITLE = Refused("empty_title", 400, "A conversation needs a title that can be seen, so this one keeps its own.")
NO_ROOM = Refused("not_continuable", 409, "This conversation is as long as Claude can read. Start a new one.")
NOT_YOUR_MODEL = Refused("model", 403, "That model is not for you, or not any more. Please choose another one.")
NO_MODEL = Refused("model", 403, "There is no model that you may use. An administrator can change that.")
MANY_FILES = Refused("too_many_files", 429, "You have attached 20 files in a day. Tomorrow you can attach more.")
FILE_GONE = Refused("file_gone", 409, "A file that was attached is not there any more. Please attach it again.")
TOO_MUCH_AT_ONCE = Refused("too_many_files", 413, "At most 5 files and 15 MB go with one question.")
TOO_MUCH_IN_ALL = Refused(
    "too_many_files",
    413,
    "With the files above that is more than Claude can be shown. Begin a new chat for it.",
)
EMPTY_NOTES = Refused("empty", 400, "Without a word the notes would stand for nothing. Undo them instead.")
LONG_NOTES = Refused("too_long", 413, "Notes of more than 20 kB are no shorter than what they stand for.")
NO_THUMB = Refused("bad_thumb", 400, "A thumb points up or down, or there is none. Reload the page and try again.")
LONG_FEEDBACK = Refused("too_long", 413, "Please say it in at most 1,000 characters.")
HELD = Refused(
    "held",
    409,
    "This conversation must be kept for now, for a legal reason, so it was not deleted. An administrator can tell you "
    "more; until then you can archive it.",
)
NOT_KEPT = Refused(
    "not_kept", 503, "Your message could not be kept just now, so nothing was asked. Please send it again."
)


def unfit(sentence: str) -> Refused:
    """A file that Claude cannot be shown."""
    return Refused("unfit_file", 415, sentence)


def over_budget(report: Report, *, waits: bool) -> Refused:
    """A limit is used up, or set aside for now: the question stays with the person, and nothing is asked."""
    why = "is set aside for answers that still run. Please try again in a moment" if waits else "is used up"
    return Refused("over_budget", 402, f"{report.name} {why}. What you wrote is kept.", report)
