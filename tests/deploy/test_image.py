"""The image: small, without root or tools, and everything in it that the chat needs, tried where no engine is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.dockerfile import PATH, instructions
from tests.patience import until
from tests.product import SECRET
from tests.web import free_port

ROOT = Path(__file__).resolve().parents[2]
FINAL = 1


def named(name: str, stage: int = FINAL) -> list[str]:
    return [one.text for one in instructions() if one.name == name and one.stage == stage]


@pytest.mark.slow
def test_the_linter_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    said = subprocess.run([hadolint, "--no-color", PATH], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_both_stages_begin_with_the_same_python_to_the_byte() -> None:
    first, last = (one.text for one in instructions() if one.name == "FROM")
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm@sha256:[0-9a-f]{64}", last)
    assert first == f"{last} AS build"


def test_it_runs_as_a_number_that_is_not_root() -> None:
    [user] = named("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    owner, group = user.split(":")
    assert named("RUN")[-1].endswith(f"install -d -m 0750 -o {owner} -g {group} /srv/chat/var")


def test_what_is_installed_is_what_was_locked() -> None:
    [install] = [run for run in named("RUN", 0) if "install --no" in run]
    for option in ("--require-hashes", "--no-deps", "--only-binary :all:", "--requirement requirements.lock"):
        assert option in install


def test_the_last_stage_gets_no_tools_and_loses_its_own() -> None:
    [run] = named("RUN")
    assert [step.split()[0] for step in run.split(" && ")] == ["python", "install"]
    assert run.startswith("python -m pip uninstall --yes --quiet setuptools wheel pip ")
    assert all(copy.startswith("--from=build ") for copy in named("COPY"))
    assert named("ADD") == []
    assert len(named("HEALTHCHECK")) == 1


def test_only_what_the_image_takes_is_sent_to_the_engine() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    sent = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert sent == set(copied())


@pytest.fixture
def tree() -> Iterator[Path]:
    """The files of the image and its volume, each with the owner that it has there; others may pass."""
    folder = Path(tempfile.mkdtemp(prefix="chatapp-image-"))
    folder.chmod(0o755)
    tree = folder / "chat"
    tree.mkdir()
    for name in copied():
        ignore = shutil.ignore_patterns("__pycache__")
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=ignore)
        else:
            shutil.copy(ROOT / name, tree / name)
    (tree / "var").mkdir(mode=0o750)
    os.chown(tree / "var", somebody().get("user", -1), somebody().get("group", -1))
    yield tree
    shutil.rmtree(folder)


@pytest.mark.slow
def test_what_it_copies_is_enough_and_writes_only_to_var(tree: Path) -> None:
    before = set(tree.rglob("*"))
    with as_in_the_image(tree) as (port, run):
        check = next(one.words for one in instructions() if one.name == "HEALTHCHECK")
        script = check[-1].replace(":8000", f":{port}")
        assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as ready:
            assert ready.status == 200
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/setup/", timeout=20) as page:
            sheets = re.findall(r'href="(/static/[^"]+\.css)"', page.read().decode())
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{sheets[0]}", timeout=20) as sheet:
            assert sheet.status == 200
        assert re.fullmatch(r"\S{8,}\n", run("manage.py", "setup_code"))
        run("manage.py", "backup", "--to", "var/chat.tar")
    assert (tree / "var" / "chat.tar").stat().st_mode & 0o777 == 0o600
    written = {path for path in set(tree.rglob("*")) - before if path.is_file()}
    assert written
    assert {path.relative_to(tree).parts[0] for path in written} == {"var"}


def copied() -> list[str]:
    """What is taken from the project, by name."""
    return [name for copy in named("COPY", 0) for name in copy.split()[:-1]]


@cache
def somebody() -> dict[str, Any]:
    """Who runs in the image, a number without a name or a home; ourselves, where we cannot become somebody else."""
    number, group = map(int, named("USER")[0].split(":"))
    other: dict[str, Any] = {"user": number, "group": group, "extra_groups": []}
    try:
        subprocess.run([sys.executable, "-c", "import django"], check=True, **other)
    except (PermissionError, subprocess.CalledProcessError):
        # Not ours to become, or with no way to our Python.
        return {}
    return other


@contextmanager
def as_in_the_image(tree: Path) -> Iterator[tuple[int, Callable[..., str]]]:
    """Its own commands with nothing but its own files, prepared first."""
    port = free_port()
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(tree),
        "PYTHONSAFEPATH": "",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SECRET_KEY": SECRET,
        "CHATAPP_SIMULATED": "1",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
    }
    as_somebody: dict[str, Any] = {"cwd": tree, "env": env, **somebody()}

    def run(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        return str(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, **as_somebody).stdout)

    run("manage.py", "prepare")
    program, *arguments = next(one.words for one in instructions() if one.name == "CMD" and one.stage == FINAL)
    arguments[arguments.index("-p") + 1] = str(port)
    arguments[arguments.index("-b") + 1] = "127.0.0.1"
    with subprocess.Popen([sys.executable, "-m", program, *arguments], **as_somebody) as server:
        try:
            until(lambda: _answers(port), 60, "the web process")
            yield port, run
        finally:
            server.kill()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
