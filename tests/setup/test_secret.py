"""The secret key is made once, by whoever comes first, and is nobody else's to read."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chatapp import secret


def test_the_second_start_has_the_secret_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret-key"
    first = secret.keep(path)
    assert len(first) >= 64
    assert secret.keep(path) == first


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    secret.keep(tmp_path / "secret-key")
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as starters:
        secrets = list(starters.map(secret.keep, [tmp_path / "secret-key"] * 32))
    assert len(set(secrets)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]
