"""The compose file: lawful by the specification's own schema, and as careful as it claims to be."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from chatapp import databases, environment
from tests.deploy.dockerfile import instructions

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = Path(__file__).parent / "compose_spec" / "compose-spec.json"
PINNED = re.compile(r"[a-z/]+:[\w.-]+@sha256:[0-9a-f]{64}")
# `${NAME:-value}` as compose reads it where nothing is set.
DEFAULT = re.compile(r"\$\{\w+(?::-([^}]*))?\}")


@cache
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def services() -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"]
    return found


each_service = pytest.mark.parametrize("name", services())


def test_it_is_lawful_by_the_specification() -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft7Validator(schema).validate(compose())
    broken = compose() | {"services": {"web": {"image": "chat", "restarts": "always"}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema).validate(broken)


def test_the_schema_is_the_one_that_its_source_says() -> None:
    source = (SCHEMA.parent / "SOURCE").read_text()
    assert hashlib.sha256(SCHEMA.read_bytes()).hexdigest() in source
    assert "Apache License" in (SCHEMA.parent / "LICENSE").read_text()


def test_it_is_the_whole_thing() -> None:
    assert set(services()) == {"prepare", "web", "proxy", "database", "redis"}
    assert services()["web"]["deploy"]["replicas"] >= 2


@each_service
def test_nobody_is_root_or_may_become_it(name: str) -> None:
    service = services()[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert not service.get("privileged")
    assert service["security_opt"] == ["no-new-privileges:true"]


@each_service
def test_nothing_is_written_but_where_it_may_be(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert any(place.startswith("/tmp:") for place in service["tmpfs"])
    user, group = service["user"].split(":")
    assert all(f"uid={user},gid={group}," in place for place in service["tmpfs"])
    for volume in service.get("volumes", ()):
        source, target, *rest = volume.split(":")
        writable = {"var": "/srv/chat/var", "database": "/var/lib/postgresql/data"}
        assert rest == ["ro"] or writable[source] == target


@each_service
def test_what_runs_is_named_to_the_byte(name: str) -> None:
    service = services()[name]
    assert service.get("build") == "." or PINNED.fullmatch(service["image"])


@each_service
def test_what_falls_over_gets_up_and_what_hangs_is_noticed(name: str) -> None:
    service = services()[name]
    if name == "prepare":
        assert service["restart"].startswith("on-failure")
        assert service["healthcheck"] == {"disable": True}
        return
    assert service["restart"] == "unless-stopped"
    checked = "healthcheck" in service or any(one.name == "HEALTHCHECK" for one in instructions())
    assert checked


def test_the_web_waits_for_its_tables_and_the_proxy_for_the_web() -> None:
    web, proxy, prepare = (services()[name] for name in ("web", "proxy", "prepare"))
    assert web["depends_on"]["prepare"] == {"condition": "service_completed_successfully"}
    assert prepare["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert proxy["depends_on"] == {"web": {"condition": "service_healthy"}}


def test_a_stopping_web_process_has_more_time_than_its_answers_are_promised() -> None:
    web = services()["web"]
    assert int(web["stop_grace_period"].removesuffix("s")) > read_environment("web").grace_seconds + 10


def test_two_versions_of_four_processes_find_room_in_the_database_and_every_page_a_file() -> None:
    pool = databases.configure("postgres://host/name", Path())["OPTIONS"]["pool"]["max_size"]
    [most] = [word.split("=")[1] for word in services()["database"]["command"] if word.startswith("max_connections=")]
    assert 2 * 4 * pool + 20 < int(most) < services()["database"]["pids_limit"]
    files = (ROOT / "deploy" / "nginx.conf").read_text().split("worker_rlimit_nofile ")[1].split(";")[0]
    assert all(one["ulimits"]["nofile"] == {"soft": int(files), "hard": int(files)} for one in services().values())


def test_only_the_proxy_is_reached_and_the_stores_reach_nobody() -> None:
    assert [name for name, service in services().items() if "ports" in service] == ["proxy"]
    assert compose()["networks"]["inside"] == {"internal": True}
    assert all(services()[name]["networks"] == ["inside"] for name in ("database", "redis", "prepare"))


def test_only_behind_the_proxy_is_believed_what_a_proxy_says() -> None:
    assert "--proxy-headers" in services()["web"]["command"]
    assert "ports" not in services()["web"]
    assert all("--proxy-headers" not in one.words for one in instructions() if one.name == "CMD")


@pytest.mark.parametrize("name", ["web", "prepare"])
def test_its_variables_are_ours_and_their_defaults_possible(name: str) -> None:
    read = read_environment(name)
    assert read.redis_url == "redis://redis:6379/0"
    assert (read.grace_seconds, read.behind_https, read.signup) == (60, False, "closed")
    known = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert set(services()[name]["environment"]) <= set(known)


@each_service
def test_secrets_come_as_files_and_never_as_words(name: str) -> None:
    service = services()[name]
    for variable, value in service.get("environment", {}).items():
        secret = re.search(r"KEY|TOKEN|PASSWORD|DATABASE_URL", variable)
        if secret:
            assert variable.endswith("_FILE")
            assert value.removeprefix("/run/secrets/") in service["secrets"]
    for secret in service.get("secrets", ()):
        assert compose()["secrets"][secret] == {"file": f"./deploy/secrets/{secret}"}


def read_environment(name: str) -> environment.Environment:
    """What the process would read; but for the secrets, which are files elsewhere."""
    variables = services()[name]["environment"].items()
    plain = {key: DEFAULT.sub(lambda found: found[1] or "", str(value)) for key, value in variables}
    return environment.read({key: value for key, value in plain.items() if not key.endswith("_FILE")})
