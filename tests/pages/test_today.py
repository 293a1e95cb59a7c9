"""The site's day on the admin's first page: counted from rows, told by the hour of the site, for whoever may see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from chatapp.money.models import Budget, MoneySettings
from chatapp.pages import today
from chatapp.turns import day
from chatapp.turns.models import Attempt, Turn
from chatapp.turns.states import State
from tests.axe import violations
from tests.money.spending import cents, spend
from tests.setup.test_admin_in_browser import NOT_OURS
from tests.turns import stories

HOUR = timedelta(hours=1)


def _asked(owner: User, at: datetime, state: State = State.ANSWERED, **attempt: Any) -> Turn:
    turn = stories.turn(owner, state, at)
    if attempt:
        values = {
            "task": "answer",
            "model": stories.MODEL,
            "outcome": "done",
            "hold_id": 1,
            "started_at": at,
            **attempt,
        }
        Attempt.objects.create(turn=turn, number=1, **values)
    return turn


def _site_is_in(zone: str) -> None:
    MoneySettings.objects.update_or_create(pk=1, defaults={"time_zone": zone})


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu"])
def test_a_question_counts_in_the_hour_of_the_site(grace: User, zone: str) -> None:
    _site_is_in(zone)
    midnight = datetime(2026, 11, 20, tzinfo=ZoneInfo(zone))
    for at in (midnight, midnight + 14.5 * HOUR, midnight + 24 * HOUR - timedelta(seconds=1)):
        _asked(grace, at)
    _asked(grace, midnight - timedelta(seconds=1))
    _asked(grace, midnight + 24 * HOUR)
    found = day.of(midnight + 15 * HOUR)
    assert (found.turns, len(found.hours), found.zone) == (3, 24, zone)
    assert [hour.begins.hour for hour in found.hours if hour.turns] == [0, 14, 23]


@pytest.mark.django_db
@pytest.mark.parametrize(("date", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25)])
def test_a_day_on_which_the_clocks_change_has_all_its_hours(
    grace: User, date: tuple[int, int, int], hours: int
) -> None:
    _site_is_in("Europe/Berlin")
    begins = datetime(*date, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    for number in range(hours):
        _asked(grace, begins + number * HOUR)
    found = day.of(begins + 5 * HOUR)
    assert [hour.turns for hour in found.hours] == [1] * hours


@pytest.mark.django_db
def test_what_failed_what_runs_how_long_people_waited_and_what_the_cache_knew(grace: User) -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    for wait in range(1, 21):
        _asked(grace, now, ttft_ms=wait * 100, input_tokens=100, cache_read_tokens=300, cache_write_5m_tokens=0)
    _asked(grace, now, State.FAILED, ttft_ms=None)
    _asked(grace, now, State.INTERRUPTED, task="title", ttft_ms=90_000, input_tokens=10**6)
    _asked(grace, now, State.STREAMING)
    found = day.of(now)
    assert (found.turns, found.failed, found.running, found.every) == (23, 2, 1, 1)
    assert (found.waits.median_ms, found.waits.p95_ms) == (1000, 1900)
    assert found.cache_percent == 75


@pytest.mark.django_db
def test_of_very_many_questions_every_so_many_th_is_looked_at(grace: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day, "MOST_LOOKED_AT", 5)
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    for _ in range(23):
        _asked(grace, now, ttft_ms=700)
    found = day.of(now)
    assert (found.turns, found.every, found.waits.median_ms) == (23, 5, 700)


@pytest.mark.django_db
def test_a_day_on_which_nothing_was_asked_says_so(office: Client) -> None:
    page = office.get("/admin/").text
    assert "none so far" in page
    assert "$0.00" in page


@pytest.mark.django_db
def test_the_page_says_it_all_in_words(office: Client, grace: User) -> None:
    now = timezone.now()
    for number in range(10):
        _asked(grace, now, State.FAILED if number == 3 else State.ANSWERED, ttft_ms=1500)
    spend(grace.pk, 50)
    Budget.objects.filter(scope="site").update(limit_nanodollars=cents(1000))
    page = office.get("/admin/").text
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Questions 10" in words
    assert "Failed or interrupted 1 of them 10.0 %" in words
    assert "First word, median 1.5 s" in words
    assert "Cost $0.50" in words
    assert "The whole site, $10.00 a day $0.50 spent · $9.50 left" in words
    assert f"most of them at {now.hour}:00 to {now.hour + 1}:00, 10; 1 failed or interrupted" in page
    assert page.count('<tr><th scope="row">') > now.hour


def test_the_parts_of_a_bar_stand_on_one_another() -> None:
    begins = datetime(2026, 11, 20, tzinfo=UTC)
    bars = today._bars([day.Hour(begins, 0, 0), day.Hour(begins, 1000, 1), day.Hour(begins, 4, 4)])
    assert [bar.left for bar in bars] == [1, 2]
    for bar in bars:
        assert bar.failed_top + bar.failed_height == pytest.approx(bar.good_top)
        assert bar.good_top + bar.good_height == pytest.approx(today.HEIGHT)
        assert bar.failed_height >= 1
    assert bars[1].good_height == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("permissions", "sees"), [(["view_turn"], True), (["view_budget"], True), (["view_user", "view_model"], False)]
)
def test_only_who_may_see_turns_or_budgets_sees_the_day(permissions: list[str], sees: bool) -> None:
    looker = User.objects.create_user("linda", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(looker)
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/admin/").text
    assert ("Questions by the hour" in page) is sees
    # Nor is it counted for whoever does not see it, and on no other page.
    assert any("turn_asked" in query["sql"] or "asked_at" in query["sql"] for query in queries) is sees


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("price_book")
@pytest.mark.parametrize("colours", ["light", "dark", "forced"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_day_can_be_read_by_everybody(
    live_server: LiveServer,
    office: Client,
    grace: User,
    in_browser: Callable[[Callable[[Browser], Any]], Any],
    colours: str,
    width: int,
) -> None:
    now = timezone.now()
    for number in range(6):
        _asked(grace, now, State.FAILED if number < 2 else State.ANSWERED, ttft_ms=1500)
    session = office.cookies["sessionid"].value
    scheme: Literal["light", "dark"] = "dark" if colours == "dark" else "light"
    forced: Literal["active", "none"] = "active" if colours == "forced" else "none"

    def look(browser: Browser) -> tuple[list[str], dict[str, str], bool, float]:
        with browser.new_context(
            color_scheme=scheme, forced_colors=forced, viewport={"width": width, "height": 800}
        ) as context:
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            page = context.new_page()
            heard: list[str] = []
            page.on("console", lambda message: heard.append(message.text))
            page.goto(f"{live_server.url}/admin/")
            page.get_by_text("The same as a table").click()
            page.get_by_role("columnheader", name="Failed or interrupted").wait_for()
            # In the light, which looks at the dark as well.
            found = violations(page) if colours == "light" else []
            fills = page.evaluate(
                """() => Object.fromEntries(["ground", "good", "stripe"].map((name) =>
                  [name, getComputedStyle(document.querySelector(`.hours .hour-${name}`)).fill]))"""
            )
            narrow = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            drawn = page.locator(".hours .hour-failed").evaluate("bar => bar.getBoundingClientRect().height")
            return [*heard, *(line for line in found if NOT_OURS not in line)], fills, narrow, drawn

    complaints, fills, narrow, drawn = in_browser(look)
    assert complaints == []
    assert narrow
    assert drawn > 10
    # Where there is one colour only, stripes tell what failed; elsewhere all three differ.
    assert len(set(fills.values())) == (2 if colours == "forced" else 3)
