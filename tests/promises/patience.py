"""Questions that were asked in vain while Claude had more work than it could do, and then left for later."""

from __future__ import annotations

from tests.people import Asked, Person
from tests.product import Product
from tests.stand_in import StandIn

# Leases that lapse soon, and nobody to fall back on.
SETTINGS = {"CHATAPP_LEASE_SECONDS": "2", "CHATAPP_RETRIES": "0", "CHATAPP_STAND_IN": "none"}
QUESTION = "Will it rain? [[tokens:30]]"


def out(claude: StandIn) -> None:
    """From now on Claude has more work than it can do."""
    claude.plan_fault("overloaded", match={"kind": "any"})


def failed(person: Person) -> Asked:
    asked = person.begin(QUESTION)
    assert person.final(asked)["state"] == "failed"
    return asked


def put_off(person: Person) -> Asked:
    """Asked in vain, and then left for later."""
    answer = person.act(failed(person), "later")
    assert (answer.status, answer.json["state"]) == (200, "queued"), answer.text
    return Asked(answer.json["conversation"], answer.json["turn"])


def time_passes(product: Product, *turns: Asked, column: str = "lease_until") -> None:
    """The hour has come for which the turns waited."""
    for one in turns:
        product.change(
            f"UPDATE chatapp_turn SET {column} = CURRENT_TIMESTAMP WHERE id = ? AND ended_at IS NULL",
            one.turn,
        )


def back(claude: StandIn) -> None:
    claude.call("DELETE", "/simulator/faults")
