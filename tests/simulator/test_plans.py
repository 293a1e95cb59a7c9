"""Plans that end by themselves, plans that are withdrawn one by one, and what there is to choose from."""

import random
import time

import anthropic
import pytest

from chatapp.simulator import plans
from chatapp.simulator.faults import TABLE
from chatapp.simulator.markers import Wish
from chatapp.simulator.plans import Plans
from tests.patience import until
from tests.simulator.talk import ask
from tests.stand_in import StandIn


class Clock:
    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_plan_ends_by_itself_at_its_second() -> None:
    clock = Clock()
    known = Plans(random.Random(0), clock)
    known.add(plans.read({"fault": "overloaded", "lasts": 30}))
    known.add(plans.read({"fault": "api_error"}))

    def met() -> str:
        chosen = known.choose("hello", "claude-haiku-5-5", "question", "ada", Wish())
        return chosen[0].name if chosen else ""

    assert met() == "overloaded"
    clock.seconds += 29.9
    assert met() == "overloaded"
    clock.seconds += 0.2
    assert met() == "api_error"
    assert [plan.fault.name for plan in known.current()] == ["api_error"]


def test_a_plan_with_a_duration_is_over_without_anybody_coming_back(claude: StandIn) -> None:
    claude.call("POST", "/simulator/faults", {"fault": "overloaded", "lasts": 0.5})
    begun = time.monotonic()
    assert isinstance(ask(claude, "hello").error, anthropic.OverloadedError)
    until(lambda: not claude.call("GET", "/simulator/faults")["plans"], 10, "the end of the plan")
    assert time.monotonic() - begun > 0.3
    assert ask(claude, "hello").complete


def test_one_plan_is_withdrawn_and_the_others_stay(claude: StandIn) -> None:
    first = claude.call("POST", "/simulator/faults", {"fault": "overloaded", "match": {"text": "storm"}})["made"]
    both = claude.call("POST", "/simulator/faults", [{"fault": "api_error"}, {"fault": "forbidden"}])["made"]
    assert (len(first), len(both), len({*first, *both})) == (1, 2, 3)
    left = claude.call("DELETE", f"/simulator/faults/{first[0]}")["plans"]
    assert [plan["id"] for plan in left] == both
    assert isinstance(ask(claude, "A storm?").error, anthropic.InternalServerError)
    with pytest.raises(ValueError, match="there is no plan"):
        claude.call("DELETE", f"/simulator/faults/{first[0]}")


def test_a_port_that_is_closed_for_a_while_is_opened_by_withdrawing_its_plan(claude: StandIn) -> None:
    (plan,) = claude.call("POST", "/simulator/faults", {"fault": "refused", "lasts": 60})["made"]
    assert "ConnectError" in repr(getattr(ask(claude, "hello").error, "__cause__", None))
    claude.call("DELETE", f"/simulator/faults/{plan}")
    assert ask(claude, "hello").complete


def test_a_port_that_is_closed_for_a_while_opens_by_itself(claude: StandIn) -> None:
    claude.call("POST", "/simulator/faults", {"fault": "refused", "lasts": 0.3})
    assert ask(claude, "hello").error
    until(lambda: ask(claude, "hello").complete, 10, "the opening of the port")
    assert claude.call("GET", "/simulator/faults")["plans"] == []


@pytest.mark.parametrize("lasts", [0, -1, "60", 1e9])
def test_a_duration_that_makes_no_sense_is_refused(claude: StandIn, lasts: object) -> None:
    with pytest.raises(ValueError, match="lasts is a number of seconds"):
        claude.call("POST", "/simulator/faults", {"fault": "overloaded", "lasts": lasts})


def test_every_fault_is_listed_in_a_group_with_a_line_that_names_no_setting(claude: StandIn) -> None:
    listed = claude.call("GET", "/simulator/faults")["faults"]
    assert [row["name"] for row in listed] == [fault.name for fault in TABLE]
    for row in listed:
        assert row["group"]
        assert row["sentence"]
        assert "`" not in row["meaning"]
        assert "\n" not in row["meaning"]
    by_name = {row["name"]: row for row in listed}
    assert by_name["slow"]["meaning"] == "2 tokens a second"
    assert [name for name in ("overloaded", "html_502", "html_200", "cut") if by_name[name]["may_say_when"]] == [
        "overloaded",
        "html_502",
    ]
