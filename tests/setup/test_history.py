"""Who changed what: the history of every settings page says the old value and the new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.forms import MultiWidget
from django.test import Client

from chatapp.claude.models import Model
from chatapp.money.models import Budget
from chatapp.turns.tasks import TaskSettings

pytestmark = pytest.mark.django_db


def _form(page: Any) -> dict[str, Any]:
    """What the form on a page holds, as a browser would send it back."""
    form = page.context["adminform"].form
    values: dict[str, Any] = {}
    for name, field in form.fields.items():
        value = form[name].value()
        if isinstance(field.widget, MultiWidget):
            parts = enumerate(field.widget.decompress(value) or [])
            values.update({f"{name}_{number}": part for number, part in parts})
        else:
            values[name] = value
    return {name: value for name, value in values.items() if value is not None and value is not False}


def _change(office: Client, path: str, changes: Mapping[str, Any], gone: str = "") -> str:
    """Change a row through its page; what its history page then says."""
    page = office.get(path, follow=True)
    path = page.redirect_chain[-1][0] if page.redirect_chain else path
    form = {**_form(page), **changes}
    form.pop(gone, None)
    answer = office.post(path, form)
    if answer.status_code == 200 and 'name="seen"' in answer.text:
        answer = office.post(path, {**form, "seen": answer.context["seen"]})
    assert answer.status_code == 302, answer.context["errors"]
    return str(office.get(path.replace("change", "history")).text)


@pytest.mark.parametrize(
    ("path", "changes", "words"),
    [
        (
            "fallbacks/",
            {"retries": "1", "later": "always"},
            "Retries: 2 → 1; Answer later: Offer it under the question",
        ),
        ("patience/", {"silence_seconds": "20"}, "Silence, seconds: 15 → 20"),
        ("routing/", {"most_characters": "300"}, "Longest plain question, characters: 280 → 300"),
        ("contextsettings/", {"tail_tokens": "9000"}, " → 9000"),
        (
            "sitesettings/",
            {"signup": "open"},
            "Sign-up: Closed: only an administrator makes accounts → Open to everyone",
        ),
        ("moneysettings/", {"time_zone": "Europe/Berlin"}, "Time zone: UTC → Europe/Berlin"),
    ],
)
def test_a_page_of_one_row_says_the_old_and_the_new(
    office: Client, path: str, changes: dict[str, str], words: str
) -> None:
    page = _change(office, f"/admin/chatapp/{path}", changes)
    assert words in page
    assert "grace" in page


def test_a_task_a_model_and_a_budget_say_it_too(office: Client) -> None:
    task = TaskSettings.objects.get(task="answer")
    page = _change(office, f"/admin/chatapp/tasksettings/{task.pk}/change/", {"effort": "high", "seconds": "100"})
    assert "Effort: nothing → high; Whole answer, seconds: nothing → 100" in page

    Group.objects.create(name="staff of the library")
    model = Model.objects.get(name="claude-opus-5-5")
    changes = {"groups": [Group.objects.get(name="staff of the library").pk], "position": "7"}
    page = _change(office, f"/admin/chatapp/model/{model.pk}/change/", changes, gone="offered")
    assert "Offered: yes → no" in page
    assert "Groups: nothing → staff of the library" in page

    budget = Budget.objects.get(scope="user", period="day")
    page = _change(office, f"/admin/chatapp/budget/{budget.pk}/change/", {"limit_nanodollars": "4.5"})
    assert "Limit: 5 → 4.5" in page


def test_a_new_price_says_what_it_is(office: Client) -> None:
    form = {
        "model": "claude-sonnet-5-5",
        "valid_from_0": "2031-01-01",
        "valid_from": "2031-01-01",
        "prompt_above": "0",
        "input": "4",
        "output": "20",
        "write_5m": "5",
        "write_1h": "8",
        "read": "0.4",
        "search": "0.01",
        "fast": "6",
        "batch": "0.5",
        "regional": "1.1",
    }
    page = office.get("/admin/chatapp/price/add/")
    answer = office.post("/admin/chatapp/price/add/", {**_form(page), **form})
    assert answer.status_code == 302, answer.context["errors"]
    said = LogEntry.objects.latest("pk").get_change_message()
    assert said.startswith("Added. Model: claude-sonnet-5-5")
    assert "Input: 4" in said


def test_of_a_long_text_only_the_part_that_differs_is_told(office: Client) -> None:
    page = _change(office, "/admin/chatapp/routing/", {"hard_words": "\n".join(f"word{n}" for n in range(40))})
    assert "analyse analyze prove" in page
    _change(office, "/admin/chatapp/routing/", {"hard_words": "\n".join(f"word{n}" for n in range(39)) + "\nlast"})
    said = LogEntry.objects.latest("pk").get_change_message()
    assert "last" in said
    assert "word39" in said
    assert "word1 " not in said
    assert len(said) < 220


def test_a_password_is_never_told(office: Client) -> None:
    ada = User.objects.create_user("ada")
    secret = "three quiet hedgehogs"
    form = {"usable_password": "true", "password1": secret, "password2": secret}
    assert office.post(f"/admin/auth/user/{ada.pk}/password/", form).status_code == 302
    new = {"username": "bob", **form}
    assert office.post("/admin/auth/user/add/", new).status_code == 302
    page = _change(office, f"/admin/auth/user/{ada.pk}/change/", {"is_staff": "on"})
    assert "Staff status: no → yes" in page
    said = [entry.get_change_message() for entry in LogEntry.objects.all()]
    assert len(said) == 3
    assert not any(secret in words or "argon" in words or "md5" in words for words in said)
