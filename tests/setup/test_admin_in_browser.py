"""Django's admin, in a real browser, under our content policy."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


AXE = (Path(__file__).resolve().parents[1] / "vendor" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What Django's own script writes is Django's to mend.
NOT_OURS = "help-tooltip"
READ_PAGE = """rules => axe.run(document, { runOnly: rules }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)))"""


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
    "path", ["auth/user/", "auth/group/add/", "chatapp/invitation/", "chatapp/invitation/add/", "chatapp/provider/add/"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_of_ours_in_the_admin(
    live_server: LiveServer,
    in_browser: Callable[[Callable[[Browser], list[str]]], list[str]],
    path: str,
    scheme: Literal["light", "dark"],
) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("grace"))
    session = client.cookies["sessionid"].value

    def read(browser: Browser) -> list[str]:
        with browser.new_context(color_scheme=scheme) as context:
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            page = context.new_page()
            page.goto(f"{live_server.url}/admin/{path}")
            page.evaluate(AXE)
            found: list[str] = page.evaluate(READ_PAGE, RULES)
            return [line for line in found if NOT_OURS not in line]

    assert in_browser(read) == []
