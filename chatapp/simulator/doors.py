"""Which request is for whom: the API's endpoints and the control doors of the simulation."""

import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs

from chatapp.simulator import faults, framing, listing, messages, models, plans, refusals, rules
from chatapp.simulator.batches import Batches
from chatapp.simulator.connection import Connection, Request
from chatapp.simulator.journal import Entry, Journal
from chatapp.simulator.log import Log
from chatapp.simulator.markers import Wish
from chatapp.simulator.messages import Order, Service
from chatapp.simulator.outages import Plain
from chatapp.simulator.refusals import Refused, invalid
from chatapp.simulator.script import Ending
from chatapp.simulator.ticker import Stream, Ticker

ORGANIZATION = "00000000-0000-4000-8000-51ca1a7ed000"
STREAMED = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
WHOLE = {"content-type": "application/json"}


@dataclass(slots=True)
class Call:
    """One request at the door."""

    request: Request
    connection: Connection
    id: str
    entry: Entry

    def json(self) -> Any:
        return messages.parse(self.request.body)

    def authenticate(self) -> str:
        return messages.workspace_of(self.request.headers)

    @property
    def headers(self) -> dict[str, str]:
        return {"request-id": self.id, "anthropic-organization-id": ORGANIZATION}


@dataclass(slots=True)
class Doors:
    """Receives every request; `close_port` shuts the listening port for some seconds, 0 opens it."""

    service: Service
    journal: Journal
    ticker: Ticker
    batches: Batches
    log: Log
    close_port: Callable[[float], None]
    # So many seconds its clock is ahead.
    clock: float = 0.0

    def receive(self, request: Request, connection: Connection) -> None:
        request_id = f"req_sim{secrets.token_hex(12)}"
        entry = self.journal.open(request_id, request.path, request.body, request.headers)
        call = Call(request, connection, request_id, entry)
        try:
            plain = self.answer(call)
        except Refused as refused:
            plain = Plain(refused.status, refusals.body_of(refused, call.id))
        if plain is not None:
            self.send(call, plain)

    def answer(self, call: Call) -> Plain | None:
        if call.request.too_large:
            raise Refused(413, "request_too_large", "Request exceeds the maximum size")
        others = False
        for method, pattern, handler in ROUTES:
            found = pattern.fullmatch(call.request.path)
            if found and method == call.request.method:
                return handler(self, call, *found.groups())
            others = others or bool(found)
        raise refusals.of_status(405 if others else 404, "Method Not Allowed" if others else "Not found")

    def send(self, call: Call, plain: Plain) -> None:
        headers = {"content-type": plain.content_type, **call.headers, **plain.headers}
        sent = call.connection.reply(plain.status, headers, plain.body)
        call.entry.status, call.entry.bytes_sent = plain.status, sent
        ended = "refused" if plain.status >= 400 else "completed"
        self.journal.close(call.entry, "fault" if call.entry.fault else ended)

    def ask(self, call: Call) -> Plain | None:
        order = messages.take(self.service, call.json(), call.authenticate(), call.id)
        messages.note(call.entry, order)
        if order.fault and order.fault.closes_the_port:
            self.close_port(order.knobs.seconds("seconds"))
            call.connection.finish(Ending.CUT)
            self.journal.close(call.entry, "fault")
            return None
        plain = order.instead()
        if plain is None:
            self.perform(call, order)
        return plain

    def perform(self, call: Call, order: Order) -> None:
        """Puts the reply on the wire and lets the ticker carry it on."""
        entry, now = call.entry, self.ticker.loop.time
        serving = messages.prepare(self.service, order, now())
        frame, kind = (framing.chunked, STREAMED) if entry.stream else (framing.sized, WHOLE)
        entry.status = 200

        def begin() -> None:
            messages.begin(self.service, serving)

        def closed(ending: Ending | None) -> None:
            self.journal.close(entry, messages.settle(self.service, serving, entry, ending, now()))

        steps = frame({**kind, **call.headers, **serving.headers}, serving.steps(), begin)
        stream = Stream(self.ticker, call.connection, steps, entry, closed)
        call.connection.stream = stream
        stream.run(stream.due)

    def count(self, call: Call) -> Plain:
        prompt = rules.read(call.json(), counting=True)
        met = self.service.plans.choose(prompt.question, prompt.model.id, "count", "", Wish())
        order = Order(prompt, "count", Wish(), call.authenticate(), call.id, met)
        return order.instead() or as_json({"input_tokens": prompt.input_tokens})

    def models(self, call: Call) -> Plain:
        call.authenticate()
        wishes = parse_qs(call.request.query)
        stages = wishes.get("lifecycle[]") or wishes.get("lifecycle") or ["active", "deprecated"]
        shown = [models.describe(model) for model in models.ROWS if model.lifecycle in stages]
        page = as_json(listing.page(shown, call.request.query))
        return replace(page, headers={"date": formatdate(time.time() + self.clock, usegmt=True)})

    def model(self, call: Call, model_id: str) -> Plain:
        call.authenticate()
        model = models.CATALOGUE.get(model_id)
        if model is None:
            raise Refused(404, "not_found_error", f"model: {model_id}")
        return as_json(models.describe(model))

    def new_batch(self, call: Call) -> Plain:
        return as_json(self.batches.create(call.json(), call.authenticate()).describe(self.host(call)))

    def batch_list(self, call: Call) -> Plain:
        shown = [batch.describe(self.host(call)) for batch in self.batches.listed(call.authenticate())]
        return as_json(listing.page(shown, call.request.query))

    def batch(self, call: Call, batch_id: str) -> Plain:
        return as_json(self.batches.find(batch_id, call.authenticate()).describe(self.host(call)))

    def batch_results(self, call: Call, batch_id: str) -> Plain:
        batch = self.batches.find(batch_id, call.authenticate())
        return Plain(200, self.batches.results(batch), "application/x-jsonl")

    def cancel_batch(self, call: Call, batch_id: str) -> Plain:
        batch = self.batches.find(batch_id, call.authenticate())
        self.batches.cancel(batch)
        return as_json(batch.describe(self.host(call)))

    def delete_batch(self, call: Call, batch_id: str) -> Plain:
        self.batches.delete(self.batches.find(batch_id, call.authenticate()))
        return as_json({"id": batch_id, "type": "message_batch_deleted"})

    def host(self, call: Call) -> str:
        return call.request.headers.get("host", "127.0.0.1")

    def plan(self, call: Call) -> Plain:
        body = call.json()
        made = [plans.read(one) for one in (body if isinstance(body, list) else [body])]
        for plan in made:
            if plan.fault.closes_the_port:
                self.close_port(plan.lasts or float(plan.params.get("seconds", plan.fault.defaults["seconds"])))
            if plan.lasts or not plan.fault.closes_the_port:
                self.service.plans.add(plan)
            self.log.say("planned", f"planned: {plan.fault.name}", plan=plan.describe())
        return self.planned(call, made=[plan.id for plan in made])

    def planned(self, call: Call, **more: Any) -> Plain:
        shown = [plan.describe() for plan in self.service.plans.current()]
        return as_json({**more, "plans": shown, "faults": faults.described()})

    def withdraw(self, call: Call, plan_id: str) -> Plain:
        plan = self.service.plans.withdraw(plan_id)
        if plan is None:
            raise Refused(404, "not_found_error", f"simulator: there is no plan {plan_id}, or it is over")
        if plan.fault.closes_the_port:
            self.close_port(0)
        self.log.say("withdrawn", f"withdrawn: {plan.fault.name}", plan=plan.describe())
        return self.planned(call)

    def clear(self, call: Call) -> Plain:
        self.service.plans.clear()
        self.close_port(0)
        self.log.say("cleared", "all plans cleared")
        return self.planned(call)

    def entries(self, call: Call) -> Plain:
        since = parse_qs(call.request.query).get("since", ["0"])[0]
        if not since.isdigit():
            raise invalid("since: Input should be a number")
        shown = self.journal.since(int(since))
        return as_json({"entries": shown, "requests": self.journal.number, "running": len(self.journal.running)})


def as_json(content: Any) -> Plain:
    return Plain(200, json.dumps(content).encode())


Handler = Callable[..., Plain | None]
ROUTES: tuple[tuple[str, re.Pattern[str], Handler], ...] = tuple(
    (method, re.compile(pattern), handler)
    for method, pattern, handler in (
        ("POST", "/v1/messages", Doors.ask),
        ("POST", "/v1/messages/count_tokens", Doors.count),
        ("GET", "/v1/models", Doors.models),
        ("GET", "/v1/models/([^/]+)", Doors.model),
        ("POST", "/v1/messages/batches", Doors.new_batch),
        ("GET", "/v1/messages/batches", Doors.batch_list),
        ("GET", "/v1/messages/batches/([^/]+)", Doors.batch),
        ("GET", "/v1/messages/batches/([^/]+)/results", Doors.batch_results),
        ("POST", "/v1/messages/batches/([^/]+)/cancel", Doors.cancel_batch),
        ("DELETE", "/v1/messages/batches/([^/]+)", Doors.delete_batch),
        ("GET", "/simulator/faults", Doors.planned),
        ("POST", "/simulator/faults", Doors.plan),
        ("DELETE", "/simulator/faults", Doors.clear),
        ("DELETE", "/simulator/faults/([^/]+)", Doors.withdraw),
        ("GET", "/simulator/journal", Doors.entries),
    )
)
