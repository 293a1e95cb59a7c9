"""Message Batches: many requests handed in together, answered a little later, kept for a while."""

import asyncio
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chatapp.simulator import refusals
from chatapp.simulator.refusals import Refused, invalid

MAX_BATCHES = 200
MAX_REQUESTS = 100_000
PER_TURN = 20
CUSTOM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

Answerer = Callable[[Any, str, str], dict[str, Any]]


@dataclass(slots=True)
class Batch:
    id: str
    workspace: str
    requests: list[dict[str, Any]]
    created: datetime
    status: str = "in_progress"
    ended: datetime | None = None
    cancelled: datetime | None = None
    counts: dict[str, int] = field(default_factory=dict)
    lines: list[bytes] = field(default_factory=list)

    def describe(self, host: str) -> dict[str, Any]:
        over = self.status == "ended"
        tallies = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        tallies |= self.counts if over else {"processing": len(self.requests)}
        return {
            "type": "message_batch",
            "id": self.id,
            "processing_status": self.status,
            "request_counts": tallies,
            "created_at": self.created.isoformat(),
            "expires_at": (self.created + timedelta(hours=24)).isoformat(),
            "ended_at": self.ended and self.ended.isoformat(),
            "cancel_initiated_at": self.cancelled and self.cancelled.isoformat(),
            "archived_at": None,
            "results_url": f"http://{host}/v1/messages/batches/{self.id}/results" if over else None,
        }


class Batches:
    """The last batches; `answer` makes one message of one request or raises Refused."""

    def __init__(self, loop: asyncio.AbstractEventLoop, answer: Answerer, wait_seconds: float) -> None:
        self.loop, self.answer, self.wait_seconds = loop, answer, wait_seconds
        self.known: dict[str, Batch] = {}

    def create(self, body: Any, workspace: str) -> Batch:
        requests = body.get("requests") if isinstance(body, dict) else None
        if not isinstance(requests, list) or not requests:
            raise invalid("requests: List should have at least 1 item after validation")
        if len(requests) > MAX_REQUESTS:
            raise invalid(f"requests: List should have at most {MAX_REQUESTS} items")
        seen: set[str] = set()
        for number, request in enumerate(requests):
            custom_id = request.get("custom_id") if isinstance(request, dict) else None
            if not isinstance(custom_id, str) or not CUSTOM_ID.fullmatch(custom_id):
                raise invalid(f"requests.{number}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'")
            if custom_id in seen:
                raise invalid(f"requests.{number}.custom_id: custom_id {custom_id!r} is not unique")
            if "params" not in request:
                raise invalid(f"requests.{number}.params: Field required")
            seen.add(custom_id)
        batch = Batch(f"msgbatch_sim{secrets.token_hex(10)}", workspace, requests, datetime.now(UTC))
        self.known[batch.id] = batch
        if len(self.known) > MAX_BATCHES:
            del self.known[next(iter(self.known))]
        self.loop.call_later(self.wait_seconds, self.work, batch)
        return batch

    def find(self, batch_id: str, workspace: str) -> Batch:
        batch = self.known.get(batch_id)
        if batch is None or batch.workspace != workspace:
            raise Refused(404, "not_found_error", f"No message batch with ID {batch_id!r} was found.")
        return batch

    def listed(self, workspace: str) -> list[Batch]:
        return [batch for batch in reversed(self.known.values()) if batch.workspace == workspace]

    def cancel(self, batch: Batch) -> None:
        if batch.status == "ended":
            raise invalid(f"Batch {batch.id} cannot be canceled because it has already ended.")
        batch.status = "canceling"
        batch.cancelled = batch.cancelled or datetime.now(UTC)

    def delete(self, batch: Batch) -> None:
        if batch.status != "ended":
            raise invalid(f"Batch {batch.id} cannot be deleted while it is in progress.")
        del self.known[batch.id]

    def results(self, batch: Batch) -> bytes:
        if batch.status != "ended":
            raise invalid(f"Batch {batch.id} has not ended; its results are not available yet.")
        return b"".join(batch.lines)

    def work(self, batch: Batch) -> None:
        """A few requests at a time, so that streams beside it keep their pace."""
        done = len(batch.lines)
        for request in batch.requests[done : done + PER_TURN]:
            result = {"type": "canceled"} if batch.cancelled else self.result(batch, request["params"])
            kind = result["type"]
            batch.counts[kind] = batch.counts.get(kind, 0) + 1
            line = {"custom_id": request["custom_id"], "result": result}
            batch.lines.append(json.dumps(line).encode() + b"\n")
        if len(batch.lines) < len(batch.requests):
            self.loop.call_later(0.001, self.work, batch)
        else:
            batch.status, batch.ended = "ended", datetime.now(UTC)

    def result(self, batch: Batch, params: Any) -> dict[str, Any]:
        request_id = f"req_sim{secrets.token_hex(12)}"
        try:
            return {"type": "succeeded", "message": self.answer(params, batch.workspace, request_id)}
        except Refused as refused:
            return {"type": "errored", "error": json.loads(refusals.body_of(refused, request_id))}
