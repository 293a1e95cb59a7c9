"""What Claude is told for an answer, put together of what the rooms know: prompt, past, files, model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from chatapp.claude import catalogue
from chatapp.context import briefing, prompts
from chatapp.context.briefing import Briefing
from chatapp.turns import attachments, past, tasks
from chatapp.turns.past import Before
from chatapp.turns.tasks import Task

BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Question:
    """What an attempt needs to know of its turn."""

    turn_id: int
    conversation_id: UUID
    asker_id: int
    parent_id: int | None
    text: str
    carried: str
    model: str
    correlation_id: str
    provider: str = ""
    # What is known already of a turn that is being written just now: what stands above it, whether it has files, and
    # that nothing was ever asked for it.
    before: Before | None = None
    files: bool = True
    new: bool = False


@dataclass(frozen=True, slots=True)
class Composed:
    """The briefing, and what is known of it."""

    told: Briefing
    task: Task
    before: Before
    # What must stay the same for the cache to be found again.
    label: str
    # About how many tokens it has, by the last count; 0 where there is none.
    tokens: int
    # It has a document in it that was never counted.
    uncounted: bool


def of(asked: Question) -> Composed:
    task, branch = tasks.of(tasks.Name.ANSWER), past.of(asked.parent_id)
    before = asked.before or past.before(asked.parent_id)
    system = prompts.of(asked.conversation_id)
    files = attachments.files([asked.turn_id] if asked.files else ()).get(asked.turn_id, ())
    terms = task.terms(catalogue.of(asked.model), system_ttl=prompts.ttl())
    label = f"{system.number}/{branch.digest_id}/{terms.words}"
    known = (before.model, before.told) == (asked.model, label) and bool(branch.steps) and not branch.pinned
    told = briefing.for_answer(
        branch.exchanges,
        asked.text,
        carried=asked.carried,
        system=system.text,
        terms=replace(terms, counted_tokens=before.prompt_tokens if known else 0),
        notes=branch.notes,
        pinned=branch.pinned,
        files=files,
    )
    if not known:
        return Composed(told, task, before, label, 0, uncounted=bool(told.documents))
    # It begins with a prompt that Claude has counted, and no document is new: only the rest is bounded by its bytes.
    answer = branch.steps[-1].exchange.answer
    new = briefing.for_answer((), asked.text, carried=asked.carried, system=answer, terms=terms, files=files)
    counted = before.prompt_tokens + new.prompt_bound
    bound = counted if told.documents else min(told.prompt_bound, counted)
    tokens = before.tokens + new.prompt_bound // BYTES_PER_TOKEN
    return Composed(replace(told, prompt_bound=bound), task, before, label, tokens, uncounted=bool(new.documents))
