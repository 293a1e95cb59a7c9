"""The secrets of a deployment: made once, each in its file, and such as the chat accepts."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import yaml

from chatapp import environment

ROOT = Path(__file__).resolve().parents[2]


def make(folder: Path, key: str) -> dict[str, str]:
    env = {"PATH": os.environ["PATH"], "ANTHROPIC_API_KEY": key}
    subprocess.run(["sh", str(folder / "secrets.sh")], env=env, check=True, stdout=subprocess.DEVNULL)
    return {path.name: path.read_text() for path in (folder / "secrets").iterdir()}


def test_they_are_made_once_and_are_those_that_compose_hands_over(tmp_path: Path) -> None:
    shutil.copy(ROOT / "deploy" / "secrets.sh", tmp_path)
    made = make(tmp_path, "sk-first")
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert set(made) == set(compose["secrets"])
    assert make(tmp_path, "sk-second") == made
    assert len({made["secret-key"], made["metrics-token"], made["database-password"]}) == 3
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    names = ("ANTHROPIC_API_KEY", "DATABASE_URL", "SECRET_KEY", "CHATAPP_METRICS_TOKEN")
    files = {name: name.removeprefix("CHATAPP_").lower().replace("_", "-") for name in names}
    read = environment.read({f"{name}_FILE": str(tmp_path / "secrets" / file) for name, file in files.items()})
    assert read.anthropic_api_key == "sk-first"
    assert read.database_url == f"postgres://chat:{made['database-password']}@database:5432/chat"
    assert (read.secret_key, read.metrics_token) == (made["secret-key"], made["metrics-token"])


def test_they_are_nowhere_in_the_project() -> None:
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text().split("\n")
