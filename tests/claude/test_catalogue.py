"""The catalogue: what each model is sent it accepts, and it is held against the Models API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from chatapp.claude import catalogue, lifecycle, offer
from chatapp.claude.models import Model
from chatapp.simulator import models as theirs
from chatapp.simulator import rules
from chatapp.turns import tasks
from tests.stand_in import StandIn, claude, claude_process

__all__ = ["claude", "claude_process"]
pytestmark = pytest.mark.django_db
WISHES = [(thinking, effort) for thinking in ("adaptive", "between_tools", "disabled") for effort in catalogue.EFFORTS]
LIST = "/admin/chatapp/model/"


def _listed() -> list[dict[str, Any]]:
    return [theirs.describe(model) for model in theirs.ROWS]


def _sent(model: str, thinking: str, effort: str) -> dict[str, Any]:
    manner = catalogue.of(model).manner(thinking, effort)
    body: dict[str, Any] = {"model": model, "max_tokens": 1000, "messages": [{"role": "user", "content": "Hello"}]}
    if manner.thinking:
        body["thinking"] = dict(manner.thinking)
    if manner.effort:
        body["output_config"] = {"effort": manner.effort}
    return body


@pytest.mark.parametrize("checked", [False, True], ids=["as shipped", "after the Models API was asked"])
@pytest.mark.parametrize("model", [row.id for row in theirs.ROWS if not row.retired])
def test_no_wish_makes_a_request_that_the_model_refuses(model: str, checked: bool) -> None:
    if checked:
        lifecycle.keep(_listed(), timezone.now())
    for thinking, effort in WISHES:
        rules.read(_sent(model, thinking, effort))


@pytest.mark.parametrize("name", tasks.USUAL)
def test_every_task_is_asked_in_a_manner_that_its_model_accepts(name: str) -> None:
    task = tasks.of(name)
    terms = task.own_terms()
    body: dict[str, Any] = {
        "model": task.model,
        "max_tokens": terms.max_tokens,
        "messages": [{"role": "user", "content": "?"}],
    }
    body |= {"thinking": dict(terms.thinking or {}), "output_config": {"effort": terms.effort}}
    rules.read(body)


def test_an_answer_is_asked_at_low_effort_and_a_chore_without_thinking() -> None:
    answer, title = tasks.of("answer"), tasks.of("title")
    assert (answer.model, answer.own_terms().effort) == ("claude-sonnet-5-5", "low")
    assert (title.model, title.own_terms().thinking) == ("claude-haiku-5-5", {"type": "disabled"})


def test_of_a_model_that_nobody_knows_nothing_special_is_said() -> None:
    unknown = catalogue.of("claude-novel-9")
    assert unknown.manner("adaptive", "high") == catalogue.Manner()


def test_what_the_models_api_denies_is_not_sent_any_more() -> None:
    Model.objects.filter(name="claude-opus-5-5").update(
        theirs={"thinking": ["adaptive"], "efforts": ["medium", "high"]},
        manners={"adaptive": ["low", "medium"], "disabled": ["low"]},
    )
    manner = catalogue.of("claude-opus-5-5").manner("disabled", "low")
    assert (manner.effort, manner.thinking) == ("medium", {"type": "adaptive", "display": "summarized"})


def test_the_catalogue_is_brought_up_to_date() -> None:
    listed = [*_listed(), {**theirs.describe(theirs.ROWS[0]), "id": "claude-novel-9"}]
    lifecycle.keep(listed, timezone.now())
    assert Model.objects.get(name="claude-sonnet-5-5").lifecycle == "active"
    old = Model.objects.get(name="claude-sonnet-4-5")
    assert (old.lifecycle, old.retires_on) == ("deprecated", date(2026, 11, 30))
    new = Model.objects.get(name="claude-novel-9")
    assert (new.enabled, new.offered, new.window_tokens) == (False, False, 1_000_000)
    assert set(new.manners) == {"adaptive"}
    assert not Model.objects.filter(name="claude-opus-4-1").exists()


def test_two_processes_that_find_a_new_model_at_once_add_it_once() -> None:
    def other_first(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        if 'INTO "chatapp_model"' in sql:
            execute(sql, *more)
        return execute(sql, *more)

    with connection.execute_wrapper(other_first):
        lifecycle.keep([*_listed(), {"id": "claude-next-6", "lifecycle": "active"}], timezone.now())
    found = Model.objects.get(name="claude-next-6")
    assert (found.enabled, found.offered, found.lifecycle) == (False, False, "active")


@pytest.mark.parametrize(("days", "warned"), [(61, False), (60, True), (1, True), (0, True), (-5, True)])
def test_sixty_days_before_a_model_retires_somebody_is_told(office: Client, days: int, warned: bool) -> None:
    day = timezone.now().date() + timedelta(days=days)
    Model.objects.filter(name="claude-sonnet-5-5").update(retires_on=day)
    assert any("claude-sonnet-5-5" in sentence for sentence in lifecycle.warnings()) == warned
    assert ("Choose another model in its place" in office.get("/admin/").text) == warned


def test_of_a_model_that_nobody_uses_nobody_is_told() -> None:
    Model.objects.filter(name="claude-opus-4-8").update(retires_on=timezone.now().date())
    assert lifecycle.warnings() == []


def test_a_model_that_claude_does_not_list_is_named() -> None:
    lifecycle.keep([one for one in _listed() if one["id"] != "claude-haiku-5-5"], timezone.now())
    assert any("Claude does not list claude-haiku-5-5" in sentence for sentence in lifecycle.warnings())


def test_a_ceiling_that_is_lower_than_ours_is_named() -> None:
    lifecycle.keep([{**one, "max_tokens": 1000} for one in _listed()], timezone.now())
    assert any("output ceiling" in sentence for sentence in lifecycle.warnings())


@pytest.mark.parametrize(
    "said", [{}, {"capabilities": None}, {"capabilities": {"thinking": 5, "effort": []}}, {"max_tokens": "x"}]
)
def test_an_odd_listing_changes_nothing_that_is_sent(said: dict[str, Any]) -> None:
    lifecycle.keep([{"id": "claude-sonnet-5-5", "lifecycle": "active", **said}], timezone.now())
    assert catalogue.of("claude-sonnet-5-5").manner("adaptive", "low").effort == "low"


def test_the_list_is_asked_for_with_the_real_sdk(claude: StandIn, settings: Any) -> None:
    settings.ANTHROPIC_BASE_URL = claude.url
    names = {one["id"] for one in asyncio.run(lifecycle.listed_once()).models}
    assert {"claude-sonnet-5-5", "claude-opus-4-1"} <= names


def test_an_administrator_asks_now(office: Client, claude: StandIn, settings: Any) -> None:
    settings.ANTHROPIC_BASE_URL = claude.url
    said = office.post(f"{LIST}check/", follow=True).text
    assert "everything in use agrees with the list" in said
    settings.ANTHROPIC_BASE_URL = "http://127.0.0.1:1"
    assert "could not be read" in office.post(f"{LIST}check/", follow=True).text


def test_who_is_in_no_group_of_a_model_may_not_use_it() -> None:
    ada, ben = User.objects.create_user("ada"), User.objects.create_user("ben")
    group = Group.objects.create(name="researchers")
    ada.groups.add(group)
    Model.objects.get(name="claude-opus-5-5").groups.add(group)
    today = timezone.now().date()
    assert offer.may_use(ada.pk, "claude-opus-5-5", today)
    assert not offer.may_use(ben.pk, "claude-opus-5-5", today)
    assert [one.name for one in offer.to(ben.pk, today)] == ["claude-haiku-5-5", "claude-sonnet-5-5"]
    assert offer.better(ada.pk, "claude-sonnet-5-5", today) == "claude-opus-5-5"
    assert offer.better(ben.pk, "claude-sonnet-5-5", today) == ""


@pytest.mark.parametrize("change", [{"enabled": False}, {"lifecycle": "retired"}, {"retires_on": date(2026, 1, 1)}])
def test_what_is_off_or_gone_is_nobodys(change: dict[str, Any]) -> None:
    ada = User.objects.create_user("ada")
    Model.objects.filter(name="claude-opus-5-5").update(**change)
    today = timezone.now().date()
    assert not offer.may_use(ada.pk, "claude-opus-5-5", today)
    assert "claude-opus-5-5" not in [one.name for one in offer.to(ada.pk, today)]


@pytest.mark.parametrize("manners", [[], {"often": []}, {"adaptive": "low"}, {"adaptive": ["lowest"]}])
def test_manners_that_cannot_be_are_not_saved(manners: Any) -> None:
    row = Model.objects.get(name="claude-opus-5-5")
    row.manners = manners
    with pytest.raises(ValidationError):
        row.full_clean()
