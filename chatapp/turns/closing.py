"""The last transaction: settle the attempt and move the turn to its final state, exactly once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from chatapp.money import ledger, prices, reports, room
from chatapp.money.reports import Report
from chatapp.storage import seldom, statements
from chatapp.telemetry import traces
from chatapp.telemetry.points import Point, reach
from chatapp.turns import bills, diary, meter, readings, telling
from chatapp.turns.bills import Bill
from chatapp.turns.meter import Meter
from chatapp.turns.models import Attempt
from chatapp.turns.states import State


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is known of an attempt when it ends; without `tokens` its whole hold is charged."""

    outcome: Attempt.Outcome
    tokens: prices.Tokens | None
    exact: bool
    billed: bool = True
    # Any byte of it may have left.
    sent: bool = True
    request_id: str = ""
    message_id: str = ""
    ttft_ms: int | None = None
    total_ms: int | None = None
    failure: str = ""
    detail: str = ""
    # Why Claude did not find the last prompt in its cache.
    cache_miss: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ends."""

    state: State
    answer: str
    thinking: str = ""
    thinking_ms: int | None = None
    stop_reason: str = ""
    notice: str = ""
    # The limit that ended it, or that kept it from beginning.
    short: ledger.Short | None = None
    # When an earlier answer was written that is shown once more.
    kept_from: datetime | None = None
    # How it arrived, as the turn's row keeps it.
    pace: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """What a turn's end made of its row, for those who watch."""

    version: int
    bill: Bill | None
    """None when nothing was ever asked of Claude."""
    meter: Meter
    warning: str
    report: Report | None
    # By Claude's own count there is nothing to condense yet.
    is_short: bool = False


def close(turn_id: int, epoch: int, ending: Ending, attempt_id: int | None, receipt: Receipt | None) -> Closed | None:
    """End a turn; None when it was not this epoch's to end any more, and then the turn has not changed."""
    reach(Point.BEFORE_SETTLING)
    now = timezone.now()
    closed = None
    with transaction.atomic(), seldom.OneLook():
        found = statements.row(_WHOSE, turn_id)
        if found is None:
            return None
        conversation_id, asker_id, correlation_id, asked_at, model = statements.uuid(found[0]), *found[1:]
        # The conversation, the turn, then the money's counters: one order for everybody.
        found = statements.held(_VERSION, conversation_id)
        if found is None:
            return None
        statements.lock("SELECT 1 FROM chatapp_turn WHERE id = %s", turn_id)
        # The site's counters are everybody's: taken as late as may be, but where the row tells how a limit stands then.
        warning = settle(attempt_id, receipt, now) if ending.short else ""
        version = found[0] + 1
        payer = ledger.Payer(asker_id, conversation_id, correlation_id, Attempt.Task.ANSWER)
        report = reports.of(room.again(ending.short), payer) if ending.short else None
        if ending.kept_from:
            statements.run(_KEPT, ending.kept_from, turn_id, epoch)
        moved = _move(turn_id, epoch, ending, report, version, now)
        if moved:
            statements.run("DELETE FROM chatapp_checkpoint WHERE turn_id = %s", turn_id)
            statements.run(_TOUCH, version, now, conversation_id)
        if not ending.short:
            warning = settle(attempt_id, receipt, now)
        reach(Point.INSIDE_SETTLING)
        if moved:
            bill = bills.of([turn_id]).get(turn_id)
            figures = meter.of(asker_id, conversation_id, now)
            closed = Closed(version, bill, figures, warning, report, _is_short(receipt, model))
            transaction.on_commit(partial(readings.ended, ending.state))
            about = (correlation_id, turn_id, conversation_id, model)
            diary.ended(*about, ending.state, bill.nanodollars if bill else 0, statements.moment(asked_at))
    reach(Point.SETTLED)
    return closed


def _is_short(receipt: Receipt | None, model: str) -> bool:
    if receipt is None or receipt.tokens is None or not (receipt.message_id and receipt.billed):
        return False
    return receipt.tokens.prompt + receipt.tokens.output <= telling.condensed_above(model)


def part(turn_id: int, epoch: int, attempt_id: int, receipt: Receipt) -> int | None:
    """Settle an attempt of a turn that goes on, and say what it cost; None when the turn changed hands meanwhile."""
    reach(Point.BEFORE_SETTLING)
    now = timezone.now()
    with transaction.atomic():
        found = statements.row("SELECT conversation_id FROM chatapp_turn WHERE id = %s", turn_id)
        if found is None:
            return None
        statements.lock(_VERSION, statements.uuid(found[0]))
        mine = statements.held(
            "SELECT 1 FROM chatapp_turn WHERE id = %s AND epoch = %s AND ended_at IS NULL", turn_id, epoch
        )
        settle(attempt_id, receipt, now)
        reach(Point.INSIDE_SETTLING)
        cost = statements.row("SELECT cost_nanodollars FROM chatapp_attempt WHERE id = %s", attempt_id)
    reach(Point.SETTLED)
    return int(cost[0]) if mine and cost else None


def settle(attempt_id: int | None, receipt: Receipt | None, now: datetime) -> str:
    """Book what an attempt cost and write its row; a second call changes nothing. The warning that is due now.

    The caller holds the conversation: whoever waited for it with the counters in hand would stop everybody.
    """
    found = statements.row(
        "SELECT attempt.hold_id, attempt.turn_id, attempt.task, attempt.model, attempt.provider, "
        "turn.conversation_id, turn.correlation_id FROM chatapp_attempt attempt "
        "JOIN chatapp_turn turn ON turn.id = attempt.turn_id WHERE attempt.id = %s AND attempt.outcome = 'running'",
        attempt_id,
    )
    if attempt_id is None or receipt is None or found is None:
        return ""
    hold_id, turn_id, task, model = found[:4]
    with traces.span("settle", found[-1]):
        settled = _booked(hold_id, receipt, now)
    tokens = settled.tokens
    statements.run(
        _SETTLED,
        receipt.outcome,
        receipt.request_id[:80],
        receipt.message_id[:80],
        tokens.input,
        tokens.output,
        tokens.cache_read,
        tokens.cache_write_5m,
        tokens.cache_write_1h,
        settled.nanodollars,
        settled.saved_nanodollars,
        receipt.exact or not receipt.billed,
        receipt.ttft_ms,
        receipt.total_ms,
        receipt.failure,
        receipt.detail,
        receipt.cache_miss[:40],
        now,
        attempt_id,
    )
    diary.settled(attempt_id, found, receipt, settled)
    cost = (settled.nanodollars, settled.saved_nanodollars)
    about = (model, task, receipt.outcome, receipt.failure, receipt.ttft_ms)
    transaction.on_commit(partial(readings.settled, *about, tokens, *cost))
    warning = " ".join(reports.warning(warned) for warned in settled.warned)[:400]
    if warning:
        statements.run(_WARN, warning, warning, turn_id)
    return warning


def _booked(hold_id: int, receipt: Receipt, now: datetime) -> ledger.Settled:
    if receipt.billed:
        return ledger.settle(hold_id, receipt.tokens, exact=receipt.exact, now=now)
    if not receipt.sent:
        ledger.hold_back(hold_id)
    ledger.void(hold_id, now)
    return ledger.Settled(0)


_WHOSE = "SELECT conversation_id, asker_id, correlation_id, asked_at, model FROM chatapp_turn WHERE id = %s"
_VERSION = "SELECT version FROM chatapp_conversation WHERE id = %s"
_TOUCH = "UPDATE chatapp_conversation SET version = %s, active_at = %s WHERE id = %s"
# A running turn has not ended; from a final state there is no way out.
_END = (
    "UPDATE chatapp_turn SET state = %s, answer = %s, thinking = %s, thinking_ms = %s, stop_reason = %s, notice = %s, "
    "limit_report = %s, pace = %s, ended_at = %s, version = %s, lease_until = NULL "
    "WHERE id = %s AND epoch = %s AND ended_at IS NULL"
)
# Whoever was asked in vain meanwhile did not write it.
_KEPT = (
    "UPDATE chatapp_turn SET kept_from = %s, asked_model = '', "
    "model = CASE WHEN asked_model = '' THEN model ELSE asked_model END "
    "WHERE id = %s AND epoch = %s AND ended_at IS NULL"
)
# The answer may have crossed one threshold, and the title after it another.
_WARN = (
    "UPDATE chatapp_turn SET warning = CASE WHEN warning = '' THEN %s ELSE substr(warning || ' ' || %s, 1, 400) END "
    "WHERE id = %s"
)
_SETTLED = (
    "UPDATE chatapp_attempt SET outcome = %s, request_id = %s, message_id = %s, input_tokens = %s, output_tokens = %s, "
    "cache_read_tokens = %s, cache_write_5m_tokens = %s, cache_write_1h_tokens = %s, cost_nanodollars = %s, "
    "saved_nanodollars = %s, cost_exact = %s, ttft_ms = %s, total_ms = %s, failure = %s, detail = %s, cache_miss = %s, "
    "ended_at = %s WHERE id = %s AND outcome = 'running'"
)


def _move(turn_id: int, epoch: int, ending: Ending, report: Report | None, version: int, now: datetime) -> bool:
    moved = statements.run(
        _END,
        ending.state,
        ending.answer,
        ending.thinking,
        ending.thinking_ms,
        ending.stop_reason[:80],
        ending.notice,
        json.dumps(report.as_json()) if report else None,
        ending.pace,
        now,
        version,
        turn_id,
        epoch,
    )
    return bool(moved)
