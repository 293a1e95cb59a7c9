"""The doctor through real parts: every check once as it should be, and once as it should not."""

from __future__ import annotations

import contextlib
import http.server
import os
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from chatapp import environment
from chatapp.management.doctor import doors, examination, machine, stores
from chatapp.management.doctor.findings import Finding, Grade
from tests import stores as real
from tests.management.commanding import run
from tests.product import Product
from tests.stand_in import StandIn, standing_in

pytestmark = pytest.mark.slow

KEY = "sk-ant-canary-of-the-doctor"
PASSWORD = "canary-password-of-a-store"
CHECKS = {check.name for check in examination.checks(examination.Wish())}


@pytest.fixture
def product(claude: StandIn, tmp_path: Path) -> Iterator[Product]:
    """As it is served in production, as far as it knows."""
    with contextlib.closing(Product(claude.url, tmp_path)) as product:
        product.settings |= {"CHATAPP_SIMULATED": "0", "ANTHROPIC_API_KEY": KEY}
        yield product


def examined(env: Mapping[str, str], *arguments: str, code: int) -> dict[str, list[dict[str, Any]]]:
    """What it found, by check; it never shows a secret."""
    done = run(env, "doctor", "--json", *arguments)
    assert done.code == code, done
    shown = done.said + done.complained
    assert not [secret for secret in (KEY, PASSWORD, env["SECRET_KEY"]) if secret in shown]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in CHECKS}
    for one in done.json["findings"]:
        found[one["check"]].append(one)
        assert (one["grade"] == "ok") != ("advice" in one)
    assert done.json["ok"] == (code == 0)
    return found


def grades(found: Mapping[str, list[dict[str, Any]]], name: str) -> set[str]:
    return {one["grade"] for one in found[name]}


def test_a_healthy_site_is_told_so_and_nothing_was_charged(product: Product, claude: StandIn) -> None:
    web = product.start()
    url = f"http://127.0.0.1:{web.port}"
    found = examined(product.env, "--url", url, code=0)
    assert {name for name in CHECKS if grades(found, name) == {"ok"}} == CHECKS
    assert {entry["path"] for entry in claude.journal()} == {"/v1/messages/count_tokens"}
    assert product.records("hold") == []
    plain = run(product.env, "doctor", "--url", url)
    assert plain.code == 0
    assert plain.said.count("\nok ") + plain.said.startswith("ok ") == sum(map(len, found.values()))


def test_what_is_wrong_with_claude_and_the_money_is_told(product: Product) -> None:
    product.change("DELETE FROM chatapp_budget WHERE scope = 'site'")
    product.change(
        "INSERT INTO chatapp_provider (name, kind, position, enabled, base_url, key_variable, region, project, "
        "model_names, price_percent) VALUES ('second', 'anthropic', 1, TRUE, '', 'NOWHERE_KEY', '', '', '{}', 100)"
    )
    with standing_in("--clock", "300") as late:
        env = {**product.env, "ANTHROPIC_BASE_URL": late.url, "CHATAPP_MODEL": "claude-nobody-knows"}
        late.plan_fault("unauthorized", match={"kind": "count"})
        found = examined(env, code=1)
    for name in ("keys", "models", "prices", "budgets", "clock"):
        assert "fail" in grades(found, name), found[name]
    assert any("NOWHERE_KEY" in one["sentence"] for one in found["keys"])
    assert any("claude-nobody-knows" in one["sentence"] for one in found["models"])
    # The header has no fractions, and the look takes a moment.
    assert any(re.search(r"\b(?:29\d|30\d) s behind Claude's", one["sentence"]) for one in found["clock"])


def test_a_claude_that_is_overloaded_is_no_failure_of_ours(product: Product, claude: StandIn) -> None:
    claude.plan_fault("overloaded", match={"kind": "count"})
    assert grades(examined(product.env, code=0), "keys") == {"warn"}


def test_without_key_and_without_tables_it_says_what_is_missing(product: Product, tmp_path: Path) -> None:
    env = {
        **product.env,
        "ANTHROPIC_API_KEY": "",
        "DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3",
        "REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:1/0",
        "CHATAPP_ATTACHMENTS": "/proc/attachments",
        "CHATAPP_BEHIND_HTTPS": "1",
        "DEBUG": "1",
    }
    found = examined(env, "--url", "http://127.0.0.1:9", code=1)
    for name in ("migrations", "keys", "models", "prices", "budgets", "redis", "attachments", "proxy", "websocket"):
        assert "fail" in grades(found, name), (name, found[name])
    assert "prepare" in found["migrations"][0]["advice"]


@pytest.mark.small
def test_a_database_that_is_away_or_locked_is_told_in_time(product: Product, tmp_path: Path) -> None:
    away = {**product.env, "DATABASE_URL": f"postgres://chat:{PASSWORD}@127.0.0.1:1/chat"}
    assert grades(examined(away, code=1), "database") == {"fail"}
    with contextlib.closing(sqlite3.connect(product.database, isolation_level=None)) as pen:
        pen.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        found = examined(product.env, "--seconds", "30", code=1)
        assert "locked" in found["database"][-1]["sentence"]
        assert time.monotonic() - began < 120


@pytest.mark.small
def test_a_secret_is_struck_out_wherever_it_stands(product: Product, tmp_path: Path) -> None:
    """Whoever gives a file the name of his key sees neither."""
    named = tmp_path / f"{KEY}.sqlite3"
    named.write_bytes(product.database.read_bytes())
    found = examined({**product.env, "DATABASE_URL": f"sqlite:///{named}"}, code=0)
    assert f"{tmp_path}/{examination.HIDDEN}.sqlite3" in found["database"][0]["sentence"]


def test_a_store_that_never_answers_keeps_nobody(product: Product) -> None:
    """A port that is listened to, and then silence."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as silence:
        place = f"127.0.0.1:{silence.getsockname()[1]}"
        env = {**product.env, "ANTHROPIC_BASE_URL": f"http://{place}", "REDIS_URL": f"redis://{place}"}
        found = examined(env, "--seconds", "2", "--url", f"http://{place}", code=1)
    for name in ("keys", "models", "redis", "proxy", "websocket"):
        assert grades(found, name) <= {"fail", "warn"}, found[name]
    assert any("within 2 seconds" in one["sentence"] for one in found["keys"])


@pytest.mark.postgresql
@pytest.mark.redis
def test_postgresql_and_redis_are_looked_at(product: Product) -> None:
    with real.postgresql() as url, real.redis() as redis_url:
        env = {**product.env, "DATABASE_URL": url, "REDIS_URL": redis_url}
        assert grades(examined(env, code=1), "migrations") == {"fail"}
        assert run(env, "prepare").code == 0
        found = examined(env, code=0)
    assert [one["sentence"] for one in found["clock"]] == [
        f"This machine's clock and {whose} agree." for whose in ("Claude's", "PostgreSQL's")
    ]
    assert found["database"][0]["sentence"].startswith("PostgreSQL ")
    assert found["redis"][0]["sentence"].startswith("Redis ")


def test_an_address_that_is_none_is_refused() -> None:
    env = {"PATH": os.environ["PATH"], "SECRET_KEY": "a secret that only the tests know, and no one else"}
    assert run(env, "doctor", "--url", "chat.example.org").code == 2


# What no command of a test can bring about is brought about here.


def one_of(found: Iterator[Finding]) -> Finding:
    (only,) = found
    return only


def test_a_secret_key_that_others_may_read_is_told(tmp_path: Path, settings: Settings) -> None:
    settings.ENVIRONMENT = environment.read({})
    settings.VAR_DIR = tmp_path
    (tmp_path / "secret-key").write_text("x" * 64)
    (tmp_path / "secret-key").chmod(0o644)
    assert one_of(machine.secret_key()).grade is Grade.FAIL
    (tmp_path / "secret-key").chmod(0o600)
    assert one_of(machine.secret_key()).grade is Grade.OK


def test_room_on_the_disk_and_static_files(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CHATAPP_ATTACHMENTS = str(tmp_path / "not" / "there" / "yet")
    assert {one.grade for one in machine.disk()} == {Grade.OK}
    monkeypatch.setattr(machine, "LEAST_MEGABYTES", 10**12)
    assert {one.grade for one in machine.disk()} == {Grade.FAIL}
    settings.STATIC_ROOT = tmp_path / "static"
    assert one_of(machine.static_files()).grade is Grade.FAIL


class Deaf(http.server.BaseHTTPRequestHandler):
    """Answers everything, and forgets what it does not know."""

    def do_GET(self) -> None:
        self.send_response(301 if self.path.startswith("/accounts") else 200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_a_proxy_that_lets_no_socket_through_is_told() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Deaf) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        socket_seen, page_seen = one_of(doors.websocket(url)), one_of(doors.proxy(url))
        server.shutdown()
        thread.join()
    assert (socket_seen.grade, "Upgrade" in socket_seen.advice) == (Grade.FAIL, True)
    assert (page_seen.grade, "X-Forwarded-Proto" in page_seen.advice) == (Grade.FAIL, True)


@pytest.mark.django_db(transaction=True)
def test_a_crowded_postgresql_and_a_plain_journal_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with stores.visit() as connection:
        if connection.vendor == "postgresql":
            monkeypatch.setattr(stores, "_CROWDED_PERCENT", 0)
            assert one_of(stores.database()).grade is Grade.WARN
            return
        connection.settings_dict["NAME"] = str(tmp_path / "plain.sqlite3")
        connection.settings_dict["OPTIONS"].pop("init_command")
        assert next(stores._sqlite(connection)).grade is Grade.FAIL
