"""A limit in a real browser, with scripts and without: looked at first, saved then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.money.spending import cents, only, spend

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("price_book")]

Scheme = Literal["light", "dark"]


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_lower_limit_shows_its_effect_and_then_its_bar(
    live_server: LiveServer,
    office: Client,
    ada: User,
    in_browser: Callable[[Callable[[Browser], list[str]]], list[str]],
    scripts: bool,
    scheme: Scheme,
) -> None:
    budget = only(scope="user", period="day", limit_nanodollars=cents(500))
    spend(ada.pk, 300)
    session = office.cookies["sessionid"].value

    def lower(browser: Browser) -> list[str]:
        heard: list[str] = []
        with browser.new_context(java_script_enabled=scripts, color_scheme=scheme, base_url=live_server.url) as context:
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            page = context.new_page()
            page.set_default_timeout(10_000)
            page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
            page.on("pageerror", lambda error: heard.append(f"error: {error}"))
            page.goto(f"/admin/chatapp/budget/{budget.pk}/change/")
            page.get_by_label("Limit:", exact=True).fill("4")
            page.get_by_role("button", name="Save").click()
            expect(page.get_by_role("alert")).to_contain_text("It would have stopped nobody.")
            page.get_by_label("Limit:", exact=True).fill("1")
            page.get_by_role("button", name="Save").click()
            expect(page.get_by_role("alert")).to_contain_text("1 person and saved at least $2.00")
            expect(page.get_by_text("$3.00 spent · $2.00 left")).to_be_visible()
            page.get_by_role("button", name="Save").click()
            expect(page.get_by_text("$3.00 spent · nothing left")).to_be_visible()
            bar = page.get_by_role("img", name="300 % used").locator(".bar-spent")
            # The widths are the drawing's own, so the policy against inline styles leaves them alone.
            assert bar.evaluate("bar => bar.getBoundingClientRect().width") > 100
        return [line for line in heard if line.startswith(("error", "warning"))]

    assert in_browser(lower) == []
    budget.refresh_from_db()
    assert budget.limit_nanodollars == cents(100)
