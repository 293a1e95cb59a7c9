"""Which rehearsals there were: kept in the admin's own log, which says who did what and when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType

from chatapp.pages.rehearsal.steering import Plan

# Two lines each: when it began and, where somebody did not wait for its end, when it was stopped.
_LINES_PER_REHEARSAL: Final = 2


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One rehearsal as the log tells it."""

    number: str
    title: str
    expect: str
    who: str
    begun_at: datetime
    planned_seconds: int
    closes_the_port: bool = False
    stopped_at: datetime | None = None
    stopped_by: str = ""

    @property
    def ends_at(self) -> datetime:
        return self.stopped_at or self.planned_end

    @property
    def planned_end(self) -> datetime:
        return self.begun_at + timedelta(seconds=self.planned_seconds)

    def is_running(self, now: datetime) -> bool:
        return now < self.ends_at

    def seconds_left(self, now: datetime) -> int:
        return max(0, round((self.ends_at - now).total_seconds()))


def began(plan: Plan, number: str, user_id: int, now: datetime) -> None:
    details = {
        "expect": f"{plan.fault.meaning}. {plan.fault.sentence}",
        "seconds": plan.seconds,
        "closes_the_port": plan.fault.closes_the_port,
    }
    _write(number, _title(plan), ADDITION, json.dumps(details), user_id, now)


def stopped(rehearsal: Rehearsal, user_id: int, now: datetime) -> None:
    _write(rehearsal.number, rehearsal.title, DELETION, "Stopped before its end", user_id, now)


def latest(many: int = 1) -> list[Rehearsal]:
    """The last rehearsals, the newest first."""
    lines = (
        LogEntry.objects.filter(content_type=_kind())
        .select_related("user")
        .order_by("-action_time", "-pk")[: many * _LINES_PER_REHEARSAL]
    )
    ends = {line.object_id: line for line in lines if line.action_flag == DELETION}
    return [_told(line, ends.get(line.object_id)) for line in lines if line.action_flag == ADDITION][:many]


def _kind() -> ContentType:
    # There is no such table; the log names by it what a line is about.
    return ContentType.objects.get_or_create(app_label="chatapp", model="rehearsal")[0]


def _title(plan: Plan) -> str:
    whom = f"the questions to {plan.model}" if plan.model else "the questions"
    share = "all" if plan.share_percent == 100 else f"{plan.share_percent} % of"
    when = "" if plan.retry_after_seconds is None else f", retry-after {plan.retry_after_seconds} s"
    return f"{plan.fault.title} for {share} {whom}, {plan.seconds} s{when}"


def _write(number: str, title: str, flag: int, message: str, user_id: int, now: datetime) -> None:
    LogEntry.objects.create(
        action_time=now,
        user_id=user_id,
        content_type=_kind(),
        object_id=number,
        object_repr=title[:200],
        action_flag=flag,
        change_message=message,
    )


def _told(line: LogEntry, end: LogEntry | None) -> Rehearsal:
    details: dict[str, Any] = json.loads(line.change_message)
    return Rehearsal(
        number=line.object_id or "",
        title=line.object_repr,
        expect=details["expect"],
        who=str(line.user),
        begun_at=line.action_time,
        planned_seconds=details["seconds"],
        closes_the_port=details["closes_the_port"],
        stopped_at=end.action_time if end else None,
        stopped_by=str(end.user) if end else "",
    )
