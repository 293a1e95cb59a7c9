"""Django's admin, in a real browser, under our content policy."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urljoin

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from chatapp.turns.notices import Notice
from tests.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


# What Django's own script writes is Django's to mend.
NOT_OURS = "help-tooltip"


def complaints(browser: Browser, url: str, session: str, press: str) -> list[str]:
    """Opens a page with a session, presses what is named, and gives back what the browser complained about."""
    with browser.new_context() as context:
        context.add_cookies([{"name": "sessionid", "value": session, "url": urljoin(url, "/")}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        heard: list[str] = []
        page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        page.goto(url, wait_until="networkidle")
        if press:
            page.click(press)
        return [line for line in heard if line.startswith(("error", "warning"))]


@pytest.mark.parametrize(
    ("path", "press"),
    [
        ("/admin/", ""),
        ("/admin/auth/user/", ""),
        ("/admin/auth/user/{pk}/change/", "#id_user_permissions_add_all"),
        ("/admin/chatapp/budget/", ""),
        ("/admin/chatapp/entry/", ""),
        ("/admin/chatapp/entry/correct/", ""),
        ("/admin/chatapp/grant/add/", ".datetimeshortcuts a >> nth=1"),
        ("/admin/chatapp/price/add/", ".datetimeshortcuts a >> nth=1"),
        ("/admin/chatapp/moneysettings/", ""),
        ("/admin/chatapp/alarm/", ""),
        ("/admin/chatapp/alarmsettings/", ""),
        ("/admin/chatapp/provider/", ""),
        ("/admin/chatapp/provider/add/", ""),
        ("/admin/chatapp/invitation/add/", ".datetimeshortcuts a >> nth=1"),
        ("/admin/chatapp/notice/add/", ".datetimeshortcuts a >> nth=1"),
        ("/admin/chatapp/patience/", ""),
        ("/admin/auth/group/", ""),
    ],
)
def test_the_admin_works_without_a_complaint(
    live_server: LiveServer,
    in_browser: Callable[[Callable[[Browser], list[str]]], list[str]],
    path: str,
    press: str,
) -> None:
    grace = User.objects.create_superuser("grace", password="three quiet hedgehogs")
    client = Client()
    client.force_login(grace)
    session = client.cookies["sessionid"].value
    url = f"{live_server.url}{path.format(pk=grace.pk)}"
    assert in_browser(lambda browser: complaints(browser, url, session, press)) == []


@pytest.mark.parametrize(
    "path",
    [
        *("auth/user/", "auth/group/", "auth/group/add/", "auth/user/{pk}/change/"),
        *("chatapp/invitation/", "chatapp/invitation/add/", "chatapp/provider/add/"),
        *("chatapp/notice/", "chatapp/notice/add/", "chatapp/patience/"),
    ],
)
def test_axe_finds_nothing_of_ours_in_the_admin(
    live_server: LiveServer,
    in_browser: Callable[[Callable[[Browser], list[str]]], list[str]],
    path: str,
) -> None:
    client = Client()
    grace = User.objects.create_superuser("grace")
    now = timezone.now()
    Notice.objects.create(text="At eight.", kind="warning", starts_at=now, ends_at=now + timedelta(hours=1))
    client.force_login(grace)
    session = client.cookies["sessionid"].value

    def read(browser: Browser) -> list[str]:
        with browser.new_context() as context:
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            page = context.new_page()
            page.goto(f"{live_server.url}/admin/{path.format(pk=grace.pk)}")
            return [line for line in violations(page) if NOT_OURS not in line]

    assert in_browser(read) == []
