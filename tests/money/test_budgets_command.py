"""`manage.py budgets`, as an operator's script uses it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.utils import timezone

from chatapp.money.models import Budget
from chatapp.turns.models import Conversation
from tests.money.spending import cents, only, spend
from tests.product import ROOT, environment

pytestmark = pytest.mark.django_db


def budgets(*words: str) -> str:
    out = io.StringIO()
    call_command("budgets", *words, stdout=out)
    return out.getvalue()


def as_json(*words: str) -> Any:
    return json.loads(budgets(*words, "--json"))


def test_a_limit_for_one_person_is_set_and_set_again(ada: User) -> None:
    words = ("set", "--scope", "user", "--name", "ada", "--period", "day")
    assert "$2.50" in budgets(*words, "--limit", "2.5", "--warn", "50,90")
    moment = Budget.objects.get(user=ada).changed_at
    set_again = as_json(*words, "--limit", "3")
    assert set_again["limit_usd"] == "3.000000000"
    assert (set_again["scope"], set_again["name"], set_again["warn_percents"]) == ("user", "ada", [50, 90])
    assert Budget.objects.get(user=ada).changed_at > moment


def test_a_session_without_a_name_is_every_conversation() -> None:
    as_json("set", "--scope", "session", "--period", "total", "--limit", "7")
    assert Budget.objects.get(scope="conversation").limit_nanodollars == cents(700)


def test_every_scope_can_be_named(ada: User) -> None:
    Group.objects.create(name="Poets")
    conversation = Conversation.objects.create(
        owner=ada, title="t", created_at=timezone.now(), active_at=timezone.now()
    )
    for scope, name in (("group", "Poets"), ("session", str(conversation.pk))):
        done = as_json("set", "--scope", scope, "--name", name, "--period", "month", "--limit", "1")
        assert (done["scope"], done["name"]) == (scope, name)
    assert as_json("set", "--scope", "site", "--period", "month", "--limit", "1")["name"] is None


def test_the_list_tells_how_each_stands(ada: User) -> None:
    only(scope="user", user=ada, period="day", limit_nanodollars=cents(200))
    Budget.objects.create(scope="user", period="day", limit_nanodollars=cents(500), at_limit="tell")
    spend(ada.pk, 50)
    named, everybody = as_json("list")
    assert (named["spent_usd"], named["left_usd"]) == ("0.500000000", "1.500000000")
    assert (everybody["name"], everybody["spent_usd"], everybody["at_limit"]) == (None, None, "tell")
    assert budgets("list").splitlines()[0] == "ada, a day: $2.00, $0.50 spent, $0.00 held, warns at 80,95 %"


def test_a_budget_is_removed(ada: User) -> None:
    words = ("--scope", "user", "--period", "day")
    assert as_json("remove", *words) == {"removed": True}
    with pytest.raises(CommandError, match="no such budget"):
        budgets("remove", *words)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"--limit": "$5"}, "without a currency sign"),
        ({"--limit": "-5"}, "cannot be negative"),
        ({"--limit": "five"}, "not an amount"),
        ({"--limit": "5.0000000001"}, "finer than a billionth"),
        ({"--limit": "1000001"}, "more than a million"),
        ({"--warn": "8_0"}, "whole percents"),
        ({"--name": "nobody"}, "Nobody here is called 'nobody'"),
        ({"--scope": "group", "--name": "Nobodies"}, "There is no group 'Nobodies'"),
        ({"--scope": "session", "--name": "12"}, "That is no conversation"),
        ({"--scope": "session", "--name": str(uuid4())}, "There is no conversation"),
        ({"--scope": "site", "--name": "ada"}, "has no name"),
        ({"--scope": "planet"}, "There is no scope 'planet'"),
        ({"--period": "year"}, "There is no period 'year'"),
        ({"--warn": "0,80"}, "between 1 and 99"),
        ({"--warn": "100"}, "between 1 and 99"),
        ({"--warn": "soon"}, "whole percents"),
        ({"--warn": ",".join(map(str, range(1, 99)))}, "at most 40"),
    ],
)
def test_what_cannot_be_meant_is_one_clear_line_and_nothing_is_set(
    ada: User, changes: dict[str, str], sentence: str
) -> None:
    before = list(Budget.objects.values())
    words = {"--scope": "user", "--name": "ada", "--period": "day", "--limit": "5", **changes}
    with pytest.raises(CommandError, match=sentence) as refused:
        budgets("set", *(f"{option}={value}" for option, value in words.items()))
    assert len(str(refused.value).splitlines()) == 1
    assert refused.value.returncode
    assert list(Budget.objects.values()) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "sentence"), [("$5", "without a currency sign"), ("5", "Has `manage.py prepare` run?")]
)
def test_on_a_console_it_is_one_line_and_a_failure(tmp_path: Path, limit: str, sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "budgets", "set", "--scope=site", "--period=day", f"--limit={limit}", "--json"],
        cwd=ROOT,
        env=environment(tmp_path / "empty.sqlite3", "http://127.0.0.1:1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert sentence in done.stderr
    assert (len(done.stderr.splitlines()), done.stdout) == (1, "")
