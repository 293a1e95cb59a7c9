"""Who may rehearse, what the form accepts, and what the log remembers."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django.fixtures import Settings

from tests.stand_in import StandIn
from tests.web import free_port

pytestmark = pytest.mark.django_db

PAGE, STOP, FIGURES = "/admin/rehearsal/", "/admin/rehearsal/stop/", "/admin/rehearsal/figures/"
DOORS = [("GET", PAGE), ("POST", PAGE), ("POST", STOP), ("GET", FIGURES)]
STORM = {"fault": "overloaded", "whom": "every", "share": "100", "seconds": "60", "retry_after": ""}


def plans(claude: StandIn) -> list[dict[str, object]]:
    found: list[dict[str, object]] = claude.call("GET", "/simulator/faults")["plans"]
    return found


@pytest.mark.parametrize(("verb", "path"), DOORS)
def test_only_those_who_may_choose_the_fallbacks_come_in(
    simulated: StandIn, clerk: User, leave: Permission, client: Client, verb: str, path: str
) -> None:
    assert client.generic(verb, path).headers["Location"].startswith("/admin/login/")
    client.force_login(User.objects.create_user("ada"))
    assert client.generic(verb, path).headers["Location"].startswith("/admin/login/")
    client.force_login(clerk)
    assert client.generic(verb, path).status_code == 403
    clerk.user_permissions.add(leave)
    assert client.generic(verb, path).status_code < 500
    assert client.generic(verb, path).status_code != 403
    assert plans(simulated) == []


@pytest.mark.parametrize(("verb", "path"), DOORS)
def test_a_real_claude_is_never_rehearsed_with(
    client: Client, office: Client, settings: Settings, verb: str, path: str
) -> None:
    settings.CHATAPP_SIMULATED = False
    assert client.generic(verb, path).status_code == 404
    assert office.generic(verb, path).status_code == 404
    assert PAGE not in office.get("/admin/").content.decode()


def test_the_admin_leads_there_whoever_may_go(office: Client, clerk: User, client: Client, leave: Permission) -> None:
    assert f'href="{PAGE}"' in office.get("/admin/").content.decode()
    client.force_login(clerk)
    assert PAGE not in client.get("/admin/").content.decode()
    clerk.user_permissions.add(leave)
    assert PAGE in client.get("/admin/").content.decode()


def test_a_form_without_its_token_starts_and_stops_nothing(simulated: StandIn, grace: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(grace)
    assert client.post(PAGE, STORM).status_code == 403
    assert client.post(STOP).status_code == 403
    assert client.get(STOP).status_code == 405
    assert plans(simulated) == []


def test_a_rehearsal_begins_is_logged_and_is_stopped(simulated: StandIn, office: Client, grace: User) -> None:
    begun = office.post(PAGE, {**STORM, "share": "40", "retry_after": "7", "whom": "usual"})
    assert (begun.status_code, begun.headers["Location"]) == (302, PAGE)
    (plan,) = plans(simulated)
    assert (plan["fault"], plan["share"], plan["lasts"]) == ("overloaded", 0.4, 60)
    assert plan["params"] == {"retry_after": 7}
    assert plan["match"] == {"text": "", "model": "claude-sonnet-5-5", "kind": "question"}
    page = office.get(PAGE).content.decode()
    assert "Stop the rehearsal" in page
    assert "Start the rehearsal" not in page
    assert "Overloaded for 40 % of the questions to claude-sonnet-5-5, 60 s, retry-after 7 s" in page

    stopped = office.post(STOP)
    assert (stopped.status_code, stopped.headers["Location"]) == (302, PAGE)
    assert plans(simulated) == []
    lines = LogEntry.objects.order_by("pk")
    assert [(line.user, line.object_id, line.is_addition()) for line in lines] == [
        (grace, plan["id"], True),
        (grace, plan["id"], False),
    ]
    page = office.get(PAGE).content.decode()
    assert "stopped by grace" in page
    assert "Start the rehearsal" in page
    assert "Overloaded for 40 %" in office.get("/admin/").content.decode()


def test_stopping_one_leaves_what_others_have_planned(simulated: StandIn, office: Client) -> None:
    simulated.plan_fault("api_error")
    office.post(PAGE, STORM)
    office.post(STOP)
    assert [plan["fault"] for plan in plans(simulated)] == ["api_error"]


def test_one_rehearsal_at_a_time(simulated: StandIn, office: Client) -> None:
    office.post(PAGE, STORM)
    again = office.post(PAGE, {**STORM, "fault": "cut"}, follow=True)
    assert "A rehearsal is running already" in again.content.decode()
    assert [plan["fault"] for plan in plans(simulated)] == ["overloaded"]


def test_stopping_what_is_over_says_so(simulated: StandIn, office: Client) -> None:
    assert "The rehearsal was over already." in office.post(STOP, follow=True).content.decode()
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"fault": "earthquake"}, "Choose one of the faults in the list."),
        ({"fault": ""}, "Choose one of the faults in the list."),
        ({"share": "0"}, "Write a whole number of percent from 1 to 100."),
        ({"share": "101"}, "Write a whole number of percent from 1 to 100."),
        ({"share": "half"}, "Write a whole number of percent from 1 to 100."),
        ({"share": "1" * 5000}, "Write a whole number of percent from 1 to 100."),
        ({"seconds": "4"}, "Write a whole number of seconds from 5 to 600."),
        ({"seconds": "601"}, "Write a whole number of seconds from 5 to 600."),
        ({"seconds": ""}, "Write a whole number of seconds from 5 to 600."),
        ({"retry_after": "soon"}, "Write a whole number of seconds from 0 to 3,600, or nothing."),
        ({"fault": "cut", "retry_after": "3"}, "“Cut” cannot say when to come back."),
        ({"fault": "refused", "share": "50"}, "Nobody comes through a closed port"),
        ({"fault": "refused", "whom": "usual"}, "Nobody comes through a closed port"),
        ({"whom": "the king"}, "Choose which requests meet it."),
    ],
)
def test_what_makes_no_sense_is_answered_with_a_sentence(
    simulated: StandIn, office: Client, wrong: dict[str, str], sentence: str
) -> None:
    answer = office.post(PAGE, {**STORM, **wrong})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert plans(simulated) == []
    assert LogEntry.objects.count() == 0


def test_a_simulated_claude_that_is_away_is_said_and_not_an_error(office: Client, settings: Settings) -> None:
    settings.ANTHROPIC_BASE_URL = f"http://127.0.0.1:{free_port()}"
    for answer in (office.get(PAGE), office.post(PAGE, STORM)):
        assert answer.status_code == 503
        assert "does not answer at its control doors" in answer.content.decode()
    settings.ANTHROPIC_BASE_URL = None
    assert office.get(PAGE).status_code == 503
    assert LogEntry.objects.count() == 0


def test_what_cannot_be_stopped_says_when_it_ends(simulated: StandIn, office: Client, settings: Settings) -> None:
    office.post(PAGE, STORM)
    settings.ANTHROPIC_BASE_URL = f"http://127.0.0.1:{free_port()}"
    answer = office.post(STOP, follow=True)
    assert "could not be stopped. It ends by itself in" in answer.content.decode()
    assert office.get(FIGURES).status_code == 200
    assert LogEntry.objects.count() == 1


def test_a_closed_port_is_opened_again_by_whoever_closed_it(simulated: StandIn, office: Client) -> None:
    office.post(PAGE, {**STORM, "fault": "refused"})
    page = office.get(PAGE)
    assert (page.status_code, "Refused for all the questions" in page.content.decode()) == (200, True)
    assert "The rehearsal is stopped." in office.post(STOP, follow=True).content.decode()
    assert office.get(PAGE).status_code == 200


def test_every_fault_with_a_name_is_offered_in_its_group(simulated: StandIn, office: Client) -> None:
    page = office.get(PAGE).content.decode()
    known = [fault["name"] for fault in simulated.call("GET", "/simulator/faults")["faults"]]
    assert len(known) > 50
    assert [name for name in known if f'<option value="{name}"' not in page] == ["status"]
    assert '<optgroup label="Claude refuses">' in page
