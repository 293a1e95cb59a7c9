"""What a person is told of what Claude is told: how full its memory is, what going on costs, and what it was spared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chatapp.claude import catalogue
from chatapp.context import briefing, prompts
from chatapp.context.models import ContextSettings
from chatapp.money import prices, reports
from chatapp.money.prices import Tokens
from chatapp.storage import seldom, statements
from chatapp.turns import cache, past, tasks
from chatapp.turns.cache import Health
from chatapp.turns.models import Conversation
from chatapp.turns.routing import AUTOMATIC

# What an answer is taken to be where there was none yet.
USUAL_ANSWER_TOKENS = 400
# A question of some fifty words.
USUAL_QUESTION_TOKENS = 80
_HEAD = (
    "SELECT head_id, (SELECT max(digest.id) FROM chatapp_digest digest WHERE digest.conversation_id = conversation.id "
    "AND digest.undone_at IS NULL) FROM chatapp_conversation conversation WHERE id = %s"
)


@dataclass(frozen=True, slots=True)
class Told:
    """The panel behind the gauge."""

    percent: int
    tokens: int
    window_tokens: int
    model_label: str
    prompt_number: int
    # What the next question costs while Claude has the conversation in its cache, and after a pause.
    warm: str
    cold: str
    health: Health
    last_break: cache.Break | None
    condensed: bool
    whole: bool
    # That there are notes for it, whether or not they are used.
    has_notes: bool

    @property
    def tokens_words(self) -> str:
        return f"{self.tokens:,} of {self.window_tokens:,}"


def condensed_above(model: str) -> int:
    """Beyond so many tokens old turns become notes."""
    above, percent = seldom.of("condensing", _condensing)
    return min(above, catalogue.of(model).window_tokens * percent // 100)


def _condensing() -> tuple[int, int]:
    chosen = ContextSettings.current()
    return chosen.digest_above_tokens, chosen.digest_share_percent


def size(conversation_id: UUID) -> tuple[int, str]:
    """How many tokens Claude is told with the next question, as it counted them itself where it has, and of whom."""
    found = statements.row(_HEAD, conversation_id)
    if found is None or found[0] is None:
        return 0, ""
    head_id, digest_id = found
    before = past.before(head_id)
    if before.tokens and before.digest_id == (digest_id or 0):
        return before.tokens, before.model
    about, digest_in_use = past.tokens(head_id)
    if before.tokens and digest_in_use == before.digest_id:
        return before.tokens, before.model
    system = prompts.of(conversation_id).text
    return about + int(briefing.size(system) / past.BYTES_PER_TOKEN), before.model


def fullness(conversation_id: UUID) -> int | None:
    """Percent of what the model can read; None before the first answer."""
    tokens, model = size(conversation_id)
    if not tokens:
        return None
    window = catalogue.of(model or tasks.of(tasks.Name.ANSWER).model).window_tokens
    return min(100, -(-100 * tokens // window))


def of(conversation: Conversation, now: datetime) -> Told:
    tokens, last_model = size(conversation.pk)
    usual = tasks.of(tasks.Name.ANSWER).model
    model = conversation.wish if conversation.wish not in ("", AUTOMATIC) else (last_model or usual)
    known = catalogue.of(model)
    health = cache.of(conversation.pk)
    warm, cold = _costs(model, tokens, now)
    return Told(
        percent=min(100, -(-100 * tokens // known.window_tokens)),
        tokens=tokens,
        window_tokens=known.window_tokens,
        model_label=catalogue.label(model),
        prompt_number=prompts.version(conversation.prompt_id).number,
        warm=warm,
        cold=cold,
        health=health,
        last_break=health.breaks[-1] if health.breaks else None,
        condensed=bool(past.tokens(conversation.head_id)[1]),
        whole=conversation.whole,
        has_notes=conversation.digests.exists(),
    )


def _costs(model: str, tokens: int, now: datetime) -> tuple[str, str]:
    try:
        listed = prices.of(model, now)
    except prices.UnknownPrice:
        return "", ""
    asked = USUAL_QUESTION_TOKENS
    warm = Tokens(cache_read=tokens, cache_write_5m=asked, output=USUAL_ANSWER_TOKENS)
    cold = Tokens(cache_write_5m=tokens + asked, output=USUAL_ANSWER_TOKENS)
    return reports.about(listed.cost(warm)), reports.about(listed.cost(cold))


def week(now: datetime) -> datetime:
    return now - timedelta(days=7)
