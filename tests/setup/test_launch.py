"""`make run`, as the person at the console sees it."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture
def port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def variables(tmp_path: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"sqlite:///{tmp_path}/chat.sqlite3",
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture
def house(variables: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """`manage.py serve` in a process group of its own, which is gone when the test is over."""
    with subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def read_welcome(house: "subprocess.Popen[str]") -> str:
    assert house.stdout is not None
    lines: list[str] = []
    for line in house.stdout:
        lines.append(line)
        if "Ctrl-C stops it all" in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def test_a_stranger_follows_the_console_to_the_first_page_and_stops_it_all(
    house: "subprocess.Popen[str]", port: int
) -> None:
    welcome = read_welcome(house)
    url = f"http://127.0.0.1:{port}/"
    assert f"open at {url}" in welcome
    assert "simulated Claude" in welcome
    code = re.search(r"with the code ([A-Z2-7-]{19})", welcome)
    assert code

    visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = visitor.open(url).read().decode()
    assert "Set-up code" in page
    assert "Simulated Claude" in page
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    password = "three quiet hedgehogs"
    form = {"code": code[1], "username": "grace", "password1": password, "password2": password}
    sent = urlencode({**form, "csrfmiddlewaretoken": token[1]}).encode()
    assert 'name="question"' in visitor.open(f"{url}accounts/setup/", sent).read().decode()

    # A terminal's Ctrl-C goes to the whole group.
    os.killpg(house.pid, signal.SIGINT)
    assert house.wait(30) == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(house.pid, 0)


def test_a_stop_that_make_passes_on_as_well_is_one_stop(house: "subprocess.Popen[str]") -> None:
    read_welcome(house)
    os.killpg(house.pid, signal.SIGTERM)
    house.send_signal(signal.SIGTERM)
    assert house.wait(30) == 0
    assert house.stdout is not None
    assert "Traceback" not in house.stdout.read()


def test_nothing_is_left_behind_when_the_first_process_is_killed(house: "subprocess.Popen[str]", port: int) -> None:
    read_welcome(house)
    house.kill()
    house.wait(30)
    # The pipe ends when the last child that holds it has ended.
    assert house.stdout is not None
    house.stdout.read()
    with closing(socket.socket()) as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_taken_port_is_said_in_one_line(variables: dict[str, str], port: int) -> None:
    with closing(socket.socket()) as somebody:
        somebody.bind(("127.0.0.1", port))
        somebody.listen()
        outcome = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert outcome.returncode == 1
    assert outcome.stdout + outcome.stderr == (f"Cannot start: PORT {port} is taken; try PORT={port + 1} make run\n")


def test_what_asks_claude_nothing_does_not_wait_for_the_sdk_to_be_read(variables: dict[str, str]) -> None:
    """It takes longer to read than all the rest together, and the simulated Claude needs nothing of the chat's."""
    every_command = "import django; django.setup(); import chatapp.urls, chatapp.management.launch; "
    read = "import sys; print(*sorted({'anthropic', 'django', 'chatapp.claude.client'} & set(sys.modules)))"
    variables["DJANGO_SETTINGS_MODULE"] = "chatapp.settings"
    assert _said_by(every_command + read, variables).split() == ["chatapp.claude.client", "django"]
    assert not _said_by("import chatapp.simulator.__main__; " + read, variables).split()


def _said_by(program: str, variables: dict[str, str]) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=variables, capture_output=True, text=True, check=True
    ).stdout


def test_a_web_process_takes_as_many_open_files_as_it_may(variables: dict[str, str]) -> None:
    few = "import resource as r; hard = r.getrlimit(r.RLIMIT_NOFILE)[1]; r.setrlimit(r.RLIMIT_NOFILE, (256, hard)); "
    begun = few + "import chatapp.asgi; print(r.getrlimit(r.RLIMIT_NOFILE)[0] == hard)"
    outcome = subprocess.run(
        [sys.executable, "-c", begun],
        cwd=ROOT,
        env={**variables, "ANTHROPIC_API_KEY": "none"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert outcome.stdout == "True\n", outcome.stderr
