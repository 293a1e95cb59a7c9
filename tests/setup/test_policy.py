"""The content policy is on every response, and what a deployment needs is on in production."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from chatapp.pages.policy import ADMIN_POLICY, POLICY

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/accounts/login/",
        "/accounts/setup/",
        "/static/admin/css/base.css",
        "/static/nowhere.css",
        "/nowhere/",
        "/c/not-a-uuid/",
    ],
)
@pytest.mark.django_db
def test_every_response_carries_the_policy(client: Client, path: str) -> None:
    assert client.get(path).headers["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/nowhere/"])
@pytest.mark.django_db
def test_the_admin_carries_the_policy_but_for_what_its_jquery_needs(client: Client, path: str) -> None:
    assert client.get(path).headers["Content-Security-Policy"] == ADMIN_POLICY
    assert POLICY.startswith(f"{ADMIN_POLICY}; ")


@pytest.mark.django_db
@pytest.mark.urls("tests.setup.broken_urls")
def test_a_page_that_broke_carries_the_policy_and_is_heard_of(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    assert "as asked" in caplog.text
    assert response.headers["Content-Security-Policy"] == POLICY


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_under_the_policy() -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"username": "ada"})
    assert response.status_code == 403
    assert response.headers["Content-Security-Policy"] == POLICY


def test_nothing_inline_nothing_evaluated_and_no_other_host_is_allowed() -> None:
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "*" not in POLICY
    assert POLICY.startswith("default-src 'none'; ")


@pytest.mark.slow
def test_the_deployment_check_is_clean_in_production_settings() -> None:
    production = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "kP2vX9sQ4mZ7rT1wY6uB3nC8dF5gH0jLaSeRtYuIoPqWxZcVbNm-_1",
        "ALLOWED_HOSTS": "chat.example.org",
        "CHATAPP_BEHIND_HTTPS": "1",
    }
    check = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"],
        cwd=ROOT,
        env=production,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert check.returncode == 0, check.stderr
    assert "no issues" in check.stdout
