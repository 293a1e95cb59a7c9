"""The account pages, as people with keyboards and screen readers meet them."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from chatapp.pages.accounts import setup
from tests.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_first_visit_by_keyboard_alone_with_nothing_for_axe_to_find(
    live_server: LiveServer,
    in_browser: Callable[[Callable[[Browser], list[str]]], list[str]],
    settings: Settings,
) -> None:
    settings.CHATAPP_SIGNUP = "open"
    code = setup.current_code()
    password = "three quiet hedgehogs"

    def visit(browser: Browser) -> list[str]:
        found: list[str] = []
        with browser.new_context(viewport={"width": 390, "height": 844}) as context:
            page = context.new_page()
            page.set_default_timeout(20_000)

            def read() -> None:
                found.extend(f"{page.url} {line}" for line in violations(page, None))
                wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
                found.extend([f"{page.url} scrolls sideways"] if wide else [])

            def type_and_enter(*texts: str) -> None:
                for text in texts[:-1]:
                    page.keyboard.type(text)
                    page.keyboard.press("Tab")
                page.keyboard.type(texts[-1])
                with page.expect_navigation():
                    page.keyboard.press("Enter")

            page.goto(f"{live_server.url}/accounts/login/")
            read()
            type_and_enter("wrong", "grace", password, password)
            read()
            page.get_by_label("Set-up code").fill("")
            page.get_by_label("Set-up code").focus()
            type_and_enter(code, "grace", password, password)
            page.goto(f"{live_server.url}/accounts/password_change/")
            read()
            context.clear_cookies()
            page.goto(f"{live_server.url}/accounts/signup/")
            read()
            page.goto(f"{live_server.url}/accounts/login/")
            type_and_enter("grace", "wrong")
            read()
        return found

    assert in_browser(visit) == []
    assert User.objects.get().is_superuser
