"""Small requests beside an answer, a title or a digest: each has its own hold, and none stands in line."""

from __future__ import annotations

from dataclasses import replace

from chatapp.claude import gateway
from chatapp.claude.gateway import gate
from chatapp.turns import endings
from chatapp.turns.closing import Receipt
from chatapp.turns.endings import Heard
from chatapp.turns.opening import Opening
from chatapp.turns.running import Running
from chatapp.turns.waiting import unless_stopped


async def ask(opened: Opening, user_id: int, for_the_sake_of: Running | None = None) -> tuple[str, Receipt]:
    """What Claude wrote, if it is whole, and what is known of its cost; a turn that waits for it may be stopped."""
    try:
        # Only questions earn repetitions.
        ticket = gate.line_up(opened.way, user_id, opened.tokens, again=True)
    except gateway.Barred:
        return "", endings.NOT_SENT
    if not ticket.ready:
        ticket.leave()
        return "", endings.NOT_SENT
    deadlines = replace(opened.deadlines, turn=opened.deadlines.answer)
    exchange = gateway.open(opened.hand_over(), deadlines, opened.way.provider)
    failure: gateway.Failure | None = None
    parts: list[str] = []
    heard = Heard()
    try:
        if for_the_sake_of is None:
            await _listen(exchange, ticket, heard, parts)
        else:
            await unless_stopped(for_the_sake_of, _listen, exchange, ticket, heard, parts)
    except gateway.Failure as caught:
        failure = caught
    finally:
        await exchange.aclose()
        gate.learn(opened.way, exchange, failure)
        ticket.leave()
    whole = exchange.complete and exchange.stop_reason != "refusal"
    return "".join(parts) if whole else "", endings.receipt(exchange, opened, failure, heard, stopped=False)


async def _listen(exchange: gateway.Exchange, ticket: gateway.Ticket, heard: Heard, parts: list[str]) -> None:
    async for batch in exchange:
        ticket.answered(exchange)
        heard.take(batch)
        parts.append(batch.text)
