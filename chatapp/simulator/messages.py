"""The Messages endpoint: from a request's bytes to a reply on its way."""

import json
import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from chatapp.simulator import answers, limits, markers, rules, script, titles
from chatapp.simulator.cache import Cache, Visit
from chatapp.simulator.diagnostics import Memory
from chatapp.simulator.faults import Fault
from chatapp.simulator.journal import MAX_QUESTION_CHARACTERS, Entry
from chatapp.simulator.knobs import Knobs
from chatapp.simulator.limits import Limits
from chatapp.simulator.markers import Params, Wish
from chatapp.simulator.outages import Plain
from chatapp.simulator.plans import Plans
from chatapp.simulator.prompt import Prompt
from chatapp.simulator.refusals import Refused, invalid
from chatapp.simulator.script import Ending, Reply, Script


@dataclass(frozen=True, slots=True)
class Service:
    """What all requests share."""

    seed: int
    pace: float
    cache: Cache
    memory: Memory
    limits: Limits
    plans: Plans


@dataclass(frozen=True, slots=True)
class Order:
    """One accepted request and the fault it meets, if any."""

    prompt: Prompt
    kind: str
    wish: Wish
    workspace: str
    request_id: str
    met: tuple[Fault, Params] | None

    @property
    def fault(self) -> Fault | None:
        return self.met[0] if self.met else None

    @property
    def knobs(self) -> Knobs:
        fault, params = self.met or (None, {})
        defaults = fault.defaults if fault else {}
        return Knobs({**defaults, **params}, random.Random(self.prompt.fingerprint(0)), self.request_id)

    def instead(self) -> Plain | None:
        return self.fault.instead(self.knobs) if self.fault and self.fault.instead else None


@dataclass(frozen=True, slots=True)
class Serving:
    """An order that is being answered."""

    order: Order
    visit: Visit
    reply: Reply
    headers: dict[str, str]

    def steps(self) -> Script:
        streamed = bool(self.order.prompt.body.get("stream"))
        steps = script.stream(self.reply) if streamed else script.whole(self.reply)
        fault = self.order.fault
        return fault.sends(steps, self.order.knobs) if fault and fault.sends else steps


def workspace_of(headers: Mapping[str, str]) -> str:
    """Whoever brings a key has a workspace of their own; any key will do."""
    key = headers.get("x-api-key") or headers.get("authorization", "").partition(" ")[2]
    if not key:
        raise Refused(401, "authentication_error", "x-api-key header is required")
    if not headers.get("anthropic-version"):
        raise invalid("anthropic-version: header is required")
    return blake2b(key.encode(), digest_size=8).hexdigest()


def parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise invalid(f"The request body is not valid JSON: {error}") from None


def take(service: Service, body: Any, workspace: str, request_id: str) -> Order:
    """Reads a request and looks which fault it meets; raises Refused."""
    prompt = rules.read(body)
    kind = titles.chore(prompt)
    # A title is made from the question, markers and all: only the question itself obeys them.
    wish = markers.read(prompt.question) if kind == "question" else Wish()
    asker = f"{workspace}/{prompt.user_id}"
    met = service.plans.choose(prompt.question, prompt.model.id, kind, asker, wish)
    return Order(prompt, kind, wish, workspace, request_id, met)


def note(entry: Entry, order: Order) -> None:
    prompt = order.prompt
    entry.model, entry.stream, entry.kind = prompt.model.id, bool(prompt.body.get("stream")), order.kind
    entry.question = prompt.question[:MAX_QUESTION_CHARACTERS]
    entry.user_id, entry.max_tokens = prompt.user_id, prompt.max_tokens
    entry.fault = order.fault.name if order.fault else None


def prepare(service: Service, order: Order, now: float, tier: str = "standard") -> Serving:
    """Decides what will be said and what it costs."""
    prompt = order.prompt
    answer = answers.compose(prompt, order.wish, service.seed, service.pace)
    if order.fault and order.fault.says:
        answer = order.fault.says(answer, order.knobs)
    if tier == "batch":
        answer = replace(answer, first_token_seconds=0.0, thinking_seconds=0.0, pace=0.0)
    visit = service.cache.look(prompt, order.workspace, now)
    room = prompt.model.context_tokens - prompt.input_tokens
    reply = Reply(
        message_id=f"msg_sim{secrets.token_hex(11)}",
        model=prompt.model.id,
        answer=answer,
        split=visit.split,
        max_tokens=min(prompt.max_tokens, room),
        diagnostics=service.memory.diagnose(prompt, visit.split),
        tier=tier,
        out_of_room="max_tokens" if prompt.max_tokens <= room else "model_context_window_exceeded",
    )
    buckets = service.limits.take(
        order.workspace, prompt.model.line, now, requests=1, input_tokens=visit.split.rest + visit.split.written
    )
    return Serving(order, visit, reply, limits.headers(buckets))


def begin(service: Service, serving: Serving) -> None:
    """The answer has begun: its cache entries can be read and it can be asked about."""
    service.cache.begin(serving.visit)
    service.memory.remember(serving.reply.message_id, serving.order.prompt, serving.visit.split)


def settle(service: Service, serving: Serving, entry: Entry, ending: Ending | None, now: float) -> str:
    """Books what was made into the entry; says how it ended."""
    reply, order = serving.reply, serving.order
    entry.message_id = reply.message_id
    entry.answer = reply.answer.text[: reply.position]
    entry.stop_reason = reply.stop_reason if ending is Ending.COMPLETE else None
    entry.billed = billed(reply, entry.tokens)
    service.limits.take(order.workspace, order.prompt.model.line, now, output_tokens=entry.tokens)
    if ending is None:
        return "client went away"
    spoilt = ending is not Ending.COMPLETE or reply.stop_reason is None
    return "fault" if spoilt else "completed"


def billed(reply: Reply, made: int) -> dict[str, int]:
    """What a real account would have to pay at most: all that was read, and all that was made until the end."""
    category = (reply.answer.stop_details or {}).get("category")
    if reply.answer.stop_reason == "refusal" and not made and category not in answers.BILLED_REFUSALS:
        return {}
    split = reply.split
    return {
        "input_tokens": split.rest,
        "cache_read_tokens": split.read,
        "cache_write_5m_tokens": split.write_5m,
        "cache_write_1h_tokens": split.write_1h,
        "output_tokens": made,
    }


def at_once(service: Service, body: Any, workspace: str, request_id: str, now: float) -> dict[str, Any]:
    """The finished message, as a batch makes it; raises Refused."""
    serving = prepare(service, take(service, body, workspace, request_id), now, tier="batch")
    for _ in script.stream(serving.reply):
        pass
    begin(service, serving)
    return script.message(serving.reply)
