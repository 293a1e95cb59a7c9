"""The dashboard and the alerts speak of measures that there are, with the labels that these have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatapp.telemetry.measures import ABOUT, Measure
from chatapp.turns.models import Attempt
from chatapp.turns.refusals import NOT_KEPT
from chatapp.turns.states import FINAL

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana.json").read_text())
ALERTS: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text())

RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
# What Prometheus knows of every target, and the name of a bucket.
EVERYWHERE = {"job", "instance", "le"}

METRIC = re.compile(r"(chatapp_[a-z_]+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
MATCHER = re.compile(r'([a-z]+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')


def expressions() -> Iterator[tuple[str, str]]:
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


each_expression = pytest.mark.parametrize(("title", "expression"), list(expressions()))


def measure_of(name: str) -> Measure:
    """The measure behind a name; a histogram's has an ending of its own."""
    for measure, about in ABOUT.items():
        endings = ("_bucket", "_sum", "_count") if about.bounds else ("",)
        if name in {f"{measure}{ending}" for ending in endings}:
            return measure
    raise AssertionError(f"there is no {name}")


@each_expression
def test_every_name_and_label_is_there(title: str, expression: str) -> None:
    labels = set(EVERYWHERE)
    for name, matchers in METRIC.findall(expression):
        measure = measure_of(name)
        labels |= set(ABOUT[measure].labels)
        assert {label for label, _ in MATCHER.findall(matchers)} <= set(ABOUT[measure].labels)
        if measure.endswith("_total"):
            assert re.search(rf"(rate|increase)\({name}", expression), f"{title}: a counter is only of use as a rate"
    grouped = {label.strip() for group in GROUPED.findall(expression) for label in group.split(",")}
    assert grouped <= labels


@each_expression
def test_every_expression_is_whole(title: str, expression: str) -> None:
    assert "chatapp_" in expression or title == "ChatProcessAway"
    for opened, closed in ("()", "[]", "{}"):
        assert expression.count(opened) == expression.count(closed)
    if "histogram_quantile" in expression:
        assert re.search(r"sum by \([^)]*\ble\b", expression)


def test_the_values_that_alerts_look_for_are_among_those_that_are_counted() -> None:
    known = {
        "ending": {state.value for state in FINAL},
        "outcome": set(Attempt.Outcome.values),
        "task": set(Attempt.Task.values),
        "reason": {NOT_KEPT.code},
        "way": {"thread", "redis"},
        "model": {""},
        "found": {"yes", "no"},
        "period": {"day", "month", "total"},
        "job": {"chat"},
    }
    for _, expression in expressions():
        for label, values in MATCHER.findall(expression):
            assert set(values.split("|")) <= known[label]


def test_no_measure_is_left_out_of_the_dashboard() -> None:
    shown = {measure_of(name) for title, text in expressions() for name, _ in METRIC.findall(text)}
    assert set(Measure) - shown == set()


def test_every_alert_says_what_it_is_and_what_to_do() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"].keys() == {"summary", "action"}
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))


def test_the_dashboards_panels_have_numbers_of_their_own_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_whatever_prometheus_it_is_put_beside_the_dashboard_asks_that_one() -> None:
    assert DASHBOARD["templating"]["list"][0]["type"] == "datasource"
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"${source}"}


def test_prometheus_is_told_of_the_same_job_and_rules() -> None:
    told = yaml.safe_load((ROOT / "deploy" / "prometheus.yml").read_text())
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    [job] = told["scrape_configs"]
    assert job["job_name"] == "chat"
    assert told["rule_files"] == ["alerts.yml"]
    assert job["authorization"]["credentials_file"].removeprefix("/run/secrets/") in compose["secrets"]
    assert job["dns_sd_configs"][0]["names"][0] in compose["services"]
