"""What an examination says: how it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    grade: Grade
    sentence: str
    # What to do; empty where nothing is to be done.
    advice: str = ""


def ok(sentence: str) -> Finding:
    return Finding(Grade.OK, sentence)


def warn(sentence: str, advice: str) -> Finding:
    return Finding(Grade.WARN, sentence, advice)


def fail(sentence: str, advice: str) -> Finding:
    return Finding(Grade.FAIL, sentence, advice)
