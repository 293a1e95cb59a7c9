"""What it costs to put together what Claude is told: for short and long conversations, and once they are condensed.

`python -m bench.briefing` prints the median and the slowest of several rounds for each, the rounds in turn.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from bench import report, stage
from bench.report import Verdict

ROUNDS: Final = 41
MOST_MS: Final = 20.0
# Whatever a condensed conversation had before it was condensed.
MOST_GROWTH: Final = 1.3
TAIL: Final = 12
SIZES: Final = (100, 1000, 4000)
QUESTION, ANSWER = "And what follows from that? " * 3, "It follows that there is more to be said. " * 6


def _begin(room: Path) -> None:
    os.environ |= {"DATABASE_URL": f"sqlite:///{room / 'chat.sqlite3'}", "SECRET_KEY": "a bench has no secrets " * 4}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _conversation(turns: int, *, condensed: bool) -> Any:
    """The question that is asked at the end of so many turns."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from chatapp.context import prompts
    from chatapp.turns import notes
    from chatapp.turns.composition import Question
    from chatapp.turns.models import Conversation, Turn

    now, model = timezone.now(), "claude-sonnet-5-5"
    owner, _ = User.objects.get_or_create(username="ada")
    talk = Conversation.objects.create(
        owner=owner, title="Long", prompt_id=prompts.active().id, created_at=now, active_at=now
    )
    made: list[int] = []
    for number in range(turns):
        turn = Turn(
            conversation=talk,
            asker=owner,
            parent_id=made[-1] if made else None,
            ask_id=uuid4(),
            correlation_id=str(number),
            question=QUESTION,
            answer=ANSWER,
            state="answered",
            model=model,
            asked_at=now,
            ended_at=now,
        )
        turn.save(force_insert=True)
        made.append(turn.pk)
    if condensed:
        covers = made[:-TAIL]
        notes.keep(talk.pk, covers[-1], covers, "They spoke of many things. " * 40, "claude-haiku-5-5", now)
    return Question(0, talk.pk, owner.pk, made[-1], QUESTION, "", model, "bench")


def _milliseconds(question: Any) -> float:
    from chatapp.turns import composition

    # Whatever the side before has left in the caches is no part of this one.
    composition.of(question)
    began = time.perf_counter()
    composition.of(question)
    return (time.perf_counter() - began) * 1000


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="chatapp-bench-") as room:
        _begin(Path(room))
        from django.db import transaction

        with transaction.atomic():
            asked = {
                (turns, condensed): _conversation(turns, condensed=condensed)
                for turns in SIZES
                for condensed in (False, True)
            }
        times: dict[tuple[int, bool], list[float]] = {side: [] for side in asked}
        for _ in range(ROUNDS):
            for side, question in asked.items():
                times[side].append(_milliseconds(question))
    report.say("  turns  condensed   median ms   slowest ms")
    for (turns, condensed), found in times.items():
        words = "yes" if condensed else "no"
        report.say(f"  {turns:>5}  {words:<9}  {statistics.median(found):>9.2f}   {max(found):>9.2f}")
    medians = {side: statistics.median(found) for side, found in times.items()}
    verdicts = [
        Verdict("briefing of 1,000 turns", medians[1000, False], MOST_MS, "ms"),
        Verdict("condensed: 1,000 turns beside 100", medians[1000, True] / medians[100, True], MOST_GROWTH, "x"),
        Verdict("condensed: 4,000 turns beside 100", medians[4000, True] / medians[100, True], MOST_GROWTH, "x"),
    ]
    for verdict in verdicts:
        report.say(verdict.line())
    runs = [
        {"turns": turns, "condensed": condensed, "median_ms": round(value, 3)}
        for (turns, condensed), value in medians.items()
    ]
    stage.RESULTS.mkdir(parents=True, exist_ok=True)
    report.keep(stage.RESULTS / "briefing.json", runs, {}, verdicts)
    return 0 if all(verdict.holds for verdict in verdicts) else 1


if __name__ == "__main__":
    raise SystemExit(main())
