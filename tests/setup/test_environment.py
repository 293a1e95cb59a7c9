"""Variables that cannot be right stop the start with one line that names them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp import environment
from tests.web import free_port

ROOT = Path(__file__).resolve().parents[2]

IMPOSSIBLE = {
    "ANTHROPIC_API_KEY": ["two words", "schlüssel"],
    "ANTHROPIC_BASE_URL": ["api.anthropic.com", "ftp://api.anthropic.com", "http://", "http://host:port"],
    "DATABASE_URL": ["mysql://host/chat", "postgres", "sqlite:", "postgres://host:1e9/chat"],
    "REDIS_URL": ["localhost:6379", "http://localhost", "redis://"],
    "SECRET_KEY": ["short", "a" * 64],
    "ALLOWED_HOSTS": ["https://chat.example.org", "chat.example.org:443"],
    "CSRF_TRUSTED_ORIGINS": ["chat.example.org", "https://chat.example.org/path"],
    "DEBUG": ["maybe", "2"],
    "PORT": ["0", "65536", "http", "-1", "\uff18\uff10\uff10\uff10"],
    "CHATAPP_SIMULATED": ["perhaps"],
    "CHATAPP_BEHIND_HTTPS": ["sometimes"],
    "CHATAPP_MODEL": ["claude sonnet", "<b>"],
    "CHATAPP_CHEAP_MODEL": ["-", "a" * 200],
    "CHATAPP_MAX_TOKENS": ["0", "many", "4e3", "1000001"],
    "CHATAPP_RUNNING_PER_USER": ["0", "1.5"],
    "CHATAPP_QUESTIONS_PER_MINUTE": ["0", "-3"],
    "CHATAPP_DEADLINE_CONNECT": ["0", "soon", "inf"],
    "CHATAPP_DEADLINE_FIRST_EVENT": ["0", "nan"],
    "CHATAPP_DEADLINE_FIRST_WORD": ["0", "1e3"],
    "CHATAPP_DEADLINE_SILENCE": ["0", "-1"],
    "CHATAPP_DEADLINE_ANSWER": ["0", "100000"],
    "CHATAPP_DEADLINE_TURN": ["0", "2 minutes"],
    "CHATAPP_GRACE": ["-1", "long"],
    "CHATAPP_LEASE_SECONDS": ["0.5", "21", "a while"],
    "CHATAPP_SIGNUP": ["anyone"],
    "CHATAPP_RETRIES": ["-1", "3"],
    "CHATAPP_STAND_IN": ["a model"],
    "CHATAPP_ANSWER_LATER": ["tomorrow"],
    "CHATAPP_PROMPT_CACHE": ["2h", "300"],
    "CHATAPP_ATTACHMENTS": ["var/files", "/etc/hostname"],
    "CHATAPP_MAIL": ["mail.example.org", "https://mail.example.org", "smtp://", "smtp://host:port"],
    "CHATAPP_KEPT_ANSWERS_HOURS": ["-1", "a day"],
    "CHATAPP_BREAKER": ["maybe"],
    "CHATAPP_CONCURRENCY": ["0", "all"],
    "CHATAPP_METRICS_TOKEN": ["short", "sixteen letters and spaces"],
    "ANTHROPIC_API_KEY_FILE": ["/nowhere/key", "/dev/null"],
    "CHATAPP_METRICS_TOKEN_FILE": ["/nowhere/token", "/"],
    "DATABASE_URL_FILE": ["/nowhere/url", "\x00"],
    "REDIS_URL_FILE": ["/nowhere/url", "/dev/zero"],
    "SECRET_KEY_FILE": ["/nowhere/key", "relative"],
    "CHATAPP_LOGS": ["xml", "1"],
    "OTEL_EXPORTER_OTLP_ENDPOINT": ["localhost:4318", "grpc://localhost:4317"],
}
CASES = [(name, value) for name, values in IMPOSSIBLE.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_value_that_cannot_be_right_is_refused_in_one_line_that_names_it(name: str, value: str) -> None:
    with pytest.raises(environment.ImpossibleValue) as refusal:
        environment.read({name: value})
    line = str(refusal.value)
    assert line.startswith(f"{name} ")
    assert "\n" not in line


@given(name=st.sampled_from(sorted(IMPOSSIBLE)), value=st.text(max_size=40))
def test_no_text_in_any_variable_ends_in_anything_but_a_value_or_one_line(name: str, value: str) -> None:
    try:
        environment.read({name: value})
    except environment.ImpossibleValue as refusal:
        line = str(refusal)
        assert line.startswith(f"{name} ")
        assert "\n" not in line


@pytest.mark.parametrize("name", ["SECRET_KEY", "ANTHROPIC_API_KEY", "DATABASE_URL"])
def test_the_line_never_repeats_a_secret(name: str) -> None:
    with pytest.raises(environment.ImpossibleValue) as refusal:
        environment.read({name: "my little secret"})
    assert "little" not in str(refusal.value)


@pytest.mark.parametrize("name", environment.MAY_BE_IN_A_FILE)
def test_a_secret_may_stand_in_a_file_and_is_looked_at_as_strictly(tmp_path: Path, name: str) -> None:
    value = {"DATABASE_URL": "postgres://chat@db/chat", "REDIS_URL": "redis://store"}.get(
        name, "a-k3y-of-many-letters-as-is-right"
    )
    file = tmp_path / "secret"
    file.write_text(f"{value}\n")
    assert environment.read({f"{name}_FILE": str(file)}) == environment.read({name: value})
    assert environment.read({name: value}) != environment.read({})
    with pytest.raises(environment.ImpossibleValue, match=f"^{name}_FILE must not be set beside {name}"):
        environment.read({name: value, f"{name}_FILE": str(file)})
    file.write_text("my little\nsecret")
    with pytest.raises(environment.ImpossibleValue, match=f"^{name} ") as refusal:
        environment.read({f"{name}_FILE": str(file)})
    assert "little" not in str(refusal.value)


def test_an_empty_variable_is_one_that_is_not_set() -> None:
    assert environment.read(dict.fromkeys(IMPOSSIBLE, " ")) == environment.read({})


def test_the_defaults_are_those_of_the_contract() -> None:
    read = environment.read({})
    assert (read.model, read.cheap_model) == ("claude-sonnet-5-5", "claude-haiku-5-5")
    assert (read.max_tokens, read.running_per_user, read.questions_per_minute) == (4096, 2, 20)
    assert (read.port, read.debug, read.signup, read.grace_seconds) == (8000, False, "closed", 60)
    deadlines = (
        read.deadline_connect_seconds,
        read.deadline_first_event_seconds,
        read.deadline_first_word_seconds,
        read.deadline_silence_seconds,
        read.deadline_answer_seconds,
        read.deadline_turn_seconds,
    )
    assert deadlines == (3, 10, 30, 15, 120, 180)


def test_the_readme_explains_every_variable() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(IMPOSSIBLE)


def test_lists_are_read_with_commas_and_spaces() -> None:
    read = environment.read(
        {
            "ALLOWED_HOSTS": "chat.example.org, .example.com",
            "CSRF_TRUSTED_ORIGINS": "https://a.org,https://b.org",
        }
    )
    assert read.allowed_hosts == ("chat.example.org", ".example.com")
    assert read.csrf_trusted_origins == ("https://a.org", "https://b.org")


@pytest.mark.parametrize(
    ("variables", "named"),
    [({}, "ANTHROPIC_API_KEY"), ({"CHATAPP_SIMULATED": "1"}, "ANTHROPIC_BASE_URL")],
)
def test_a_process_that_was_told_of_no_claude_refuses_to_serve(variables: dict[str, str], named: str) -> None:
    with pytest.raises(SystemExit) as refusal:
        environment.require_claude(environment.read(variables))
    assert str(refusal.value).startswith(f"Cannot start: {named} ")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "variables",
    [
        {"ANTHROPIC_API_KEY": "sk-1"},
        {"CHATAPP_SIMULATED": "1", "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"},
    ],
)
def test_a_process_that_was_told_which_claude_answers_may_serve(variables: dict[str, str]) -> None:
    environment.require_claude(environment.read(variables))


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check"],
        ["manage.py", "migrate"],
        ["-m", "daphne", "-p", "0", "chatapp.asgi:application"],
    ],
)
def test_every_way_of_starting_refuses_with_one_line_and_no_traceback(command: list[str]) -> None:
    start = _start(command, CHATAPP_MAX_TOKENS="plenty")
    assert start.returncode == 1
    assert start.stderr.strip() == "Cannot start: CHATAPP_MAX_TOKENS must be a whole number from 1 to 1000000."
    assert start.stdout == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "url", ["postgres://chat:my-little-secret@127.0.0.1:1/chat", "sqlite:////nowhere/chat.sqlite3"]
)
@pytest.mark.parametrize("command", ["prepare", "serve"])
def test_a_database_that_does_not_open_is_said_in_one_line(url: str, command: str) -> None:
    start = _start(["manage.py", command], DATABASE_URL=url, PORT=str(free_port()))
    assert start.returncode == 1
    assert start.stderr.startswith("Cannot start: DATABASE_URL ")
    assert len(start.stderr.splitlines()) == 1
    assert "little" not in start.stderr
    assert start.stdout == ""


@pytest.mark.slow
def test_daphne_without_a_key_refuses_with_one_line() -> None:
    start = _start(["-m", "daphne", "-p", "0", "chatapp.asgi:application"])
    assert start.returncode == 1
    assert start.stderr.startswith("Cannot start: ANTHROPIC_API_KEY ")
    assert len(start.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_command_that_needs_no_claude_runs_without_a_key() -> None:
    assert _start(["manage.py", "check"]).returncode == 0


def _start(command: list[str], **variables: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
