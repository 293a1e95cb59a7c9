"""The first transaction of an attempt: whose turn it is, what Claude will be told, and the hold that covers it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone

from chatapp.claude import gateway
from chatapp.context import briefing
from chatapp.money import ledger
from chatapp.money.ledger import Short
from chatapp.money.prices import Manner, PriceList
from chatapp.storage import seldom, statements
from chatapp.telemetry import traces
from chatapp.telemetry.points import Point, reach
from chatapp.turns import composition, diary
from chatapp.turns.composition import Composed, Question
from chatapp.turns.models import Attempt
from chatapp.turns.past import Before
from chatapp.turns.states import State
from chatapp.turns.tasks import Task

# What the platform may add to a prompt beside what it counts.
COUNT_MARGIN_TOKENS = 512
# Of usual text; only the rate limits are kept by it, never the money.
BYTES_PER_TOKEN = 4


@dataclass(slots=True)
class Opening:
    """Everything an attempt needs once its hold is committed."""

    attempt_id: int
    hold_id: int
    # Where it is to be asked.
    way: gateway.Way
    # About how many tokens it puts on the rate limits.
    tokens: int
    max_tokens: int
    prices: PriceList
    manner: Manner
    # The limit for which the answer may be shorter than it could be.
    clamped_by: Short | None
    deadlines: gateway.Deadlines
    _ask: list[gateway.Ask]

    def hand_over(self) -> gateway.Ask:
        """What Claude is told, once: a long conversation is not kept here while its answer comes."""
        return self._ask.pop()


@dataclass(frozen=True, slots=True)
class Fit:
    """How an answer may be fitted into what is left of a limit."""

    # Cut short if it must be, instead of Tight.
    cut: bool = False
    # What Claude counted the prompt to be.
    counted: int | None = None


WHOLE = Fit()


class Uncounted(Exception):
    """Nobody but Claude knows how long a document is, and it could not be asked."""


class Tight(Exception):
    """A limit leaves no room for the sure bound of the prompt; Claude may count it lower."""

    def __init__(self, ask: gateway.Ask) -> None:
        super().__init__()
        self.ask = ask


def answer(turn_id: int, epoch: int, way: gateway.Way | None = None, fit: Fit = WHOLE) -> Opening | None:
    """Open the next attempt at a turn, or None when the turn is somebody else's or wants no answer any more.

    Without a way, it asks the model that was meant to answer.
    """
    with transaction.atomic(), seldom.OneLook():
        found = statements.held(WANTED, turn_id, epoch)
        if found is None:
            return None
        conversation_id, asker_id, parent_id, question, text, carried, model, asked_model, correlation_id = found
        wanted = asked_model or model
        way = way or gateway.Way(wanted)
        if way.model != model:
            statements.run(_SERVED, way.model, "" if way.model == wanted else wanted, turn_id)
        return attempt(
            Question(
                turn_id,
                statements.uuid(conversation_id),
                asker_id,
                parent_id,
                question,
                text[:carried],
                way.model,
                correlation_id,
                way.provider,
            ),
            fit,
        )


def attempt(asked: Question, fit: Fit = WHOLE) -> Opening:
    """Open an attempt in the caller's transaction; raises Tight, Uncounted, NoRoom or UnknownPrice."""
    composed = composition.of(asked)
    if composed.uncounted and fit.counted is None:
        ask = _ask(asked, composed.told, composed.before)
        raise Uncounted if fit.cut else Tight(ask)
    return reserve(asked, composed.told, composed.task, fit, composed)


def hold_back(turn_id: int, epoch: int, opened: Opening, state: State) -> None:
    """It has to wait: for as long as it does, nothing of it can have been sent, and its turn's row says so."""
    with transaction.atomic():
        statements.run(_WAITS, state, turn_id, epoch)
        ledger.hold_back(opened.hold_id)


def send_after_all(turn_id: int, epoch: int, opened: Opening) -> bool:
    """It may go now; False when the turn is somebody else's meanwhile or wants no answer any more."""
    with transaction.atomic():
        if statements.held(WANTED, turn_id, epoch) is None:
            return False
        return ledger.dispatch(opened.hold_id, timezone.now())


WANTED = (
    "SELECT conversation_id, asker_id, parent_id, question, answer, carried, model, asked_model, correlation_id "
    "FROM chatapp_turn WHERE id = %s AND epoch = %s AND ended_at IS NULL AND stop_asked_at IS NULL"
)
_TRIES = "SELECT count(*) FROM chatapp_attempt WHERE turn_id = %s"
_WAITS = "UPDATE chatapp_turn SET state = %s WHERE id = %s AND epoch = %s AND ended_at IS NULL"
_SERVED = "UPDATE chatapp_turn SET model = %s, asked_model = %s WHERE id = %s"


def reserve(
    asked: Question, told: briefing.Briefing, task: Task, fit: Fit = WHOLE, composed: Composed | None = None
) -> Opening:
    """The hold and the row of one request, in the caller's transaction; raises Tight, NoRoom or UnknownPrice."""
    reach(Point.BEFORE_HOLD)
    now = timezone.now()
    ask = _ask(asked, told, composed.before if composed else None)
    manner = Manner(percent=gateway.price_percent(asked.provider))
    wanted = ledger.Wanted(asked.model, _bound(told, fit), told.max_tokens, told.useful_tokens, manner)
    payer = ledger.Payer(asked.asker_id, asked.conversation_id, asked.correlation_id, task.name)
    try:
        with traces.span("hold", asked.correlation_id):
            granted = ledger.authorise(payer, wanted, now, whole=not fit.cut)
    except ledger.NoRoom as none:
        if fit.cut or none.hopeless:
            raise
        raise Tight(ask) from None
    reach(Point.INSIDE_HOLD)
    tries = None if asked.new else statements.row(_TRIES, asked.turn_id)
    attempt_id = statements.insert(
        Attempt,
        turn_id=asked.turn_id,
        number=(tries[0] if tries else 0) + 1,
        task=task.name,
        model=asked.model,
        provider=asked.provider,
        hold_id=granted.hold_id,
        told=composed.label if composed else "",
        started_at=now,
    )
    diary.held(asked, attempt_id, task.name, granted)
    # Claude itself enforces the limit: it is told how many tokens the hold pays for.
    ask = replace(ask, max_tokens=granted.max_tokens)
    return Opening(
        attempt_id,
        granted.hold_id,
        gateway.Way(asked.model, asked.provider),
        _about(told, fit, composed) + granted.max_tokens // 2,
        granted.max_tokens,
        granted.prices,
        manner,
        granted.clamped_by,
        task.deadlines,
        [ask],
    )


def _ask(asked: Question, told: briefing.Briefing, earlier: Before | None) -> gateway.Ask:
    return gateway.Ask(
        model=asked.model,
        system=told.system,
        messages=told.messages,
        max_tokens=told.max_tokens,
        effort=told.effort,
        thinking=told.thinking,
        # Claude says why it does not find the last prompt in its cache.
        diagnostics=None if earlier is None else {"previous_message_id": earlier.message_id or None},
        correlation_id=asked.correlation_id,
    )


def _bound(told: briefing.Briefing, fit: Fit) -> int:
    """No prompt has more tokens than bytes; Claude's own count is closer, but it may be a little off."""
    if fit.counted is None:
        return told.prompt_bound
    counted = fit.counted + fit.counted // 20 + COUNT_MARGIN_TOKENS
    return counted if told.documents else min(told.prompt_bound, counted)


def _about(told: briefing.Briefing, fit: Fit, composed: Composed | None) -> int:
    """As the rate limits will count it: by what was counted, and by its length where nothing was."""
    if fit.counted is not None:
        return fit.counted
    return (composed.tokens if composed else 0) or told.prompt_bound // BYTES_PER_TOKEN
