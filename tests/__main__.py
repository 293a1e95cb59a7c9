"""The whole suite, in four parts side by side: most of its time it waits for servers and browsers, not for a core.

With STORES=large the tests' own rows are in a PostgreSQL and their messages in a Redis; with arguments only what they
name is run, as pytest would.
"""

from __future__ import annotations

import glob
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from typing import IO

from tests import made_once, stores

# In a browser, at the doors, and how it is set up; the promises of the story, the books, and what operators do; the
# rest. More would crowd two cores.
PAGES = ["tests/page", "tests/pages", "tests/setup"]
STORY = [
    *sorted(glob.glob("tests/promises/test_[rs][0-9]*.py")),
    *("tests/money", "tests/nightly", "tests/management", "tests/deploy"),
]
# It waits most of its time; what happened is to be read, and the seed.
SOAK = ["tests/promises/test_soak.py"]
BESIDE = (PAGES, STORY, SOAK)
REST = ["tests", *(f"--ignore={path}" for part in BESIDE for path in part)]
PYTEST = [sys.executable, "-m", "pytest"]


def main(arguments: list[str]) -> int:
    made_once.folder()
    with ExitStack() as stack:
        os.environ.update(_stores(os.environ.get("STORES") or "small", stack))
        if arguments:
            return subprocess.call([*PYTEST, *arguments])
        told = [stack.enter_context(tempfile.TemporaryFile()) for _ in BESIDE]
        beside = [_begin(part, out) for part, out in zip(BESIDE, told, strict=True)]
        try:
            codes = [subprocess.call([*PYTEST, *REST])]
            codes += [process.wait() for process in beside]
        finally:
            for process in beside:
                process.kill()
                process.wait()
        for out in told:
            out.seek(0)
            sys.stdout.buffer.write(out.read())
            sys.stdout.flush()
    return max(codes)


def _stores(size: str, stack: ExitStack) -> dict[str, str]:
    if size == "large":
        return stack.enter_context(stores.large())
    if size != "small":
        sys.exit("STORES is small (SQLite, in-process) or large (PostgreSQL, Redis).")
    return {}


def _begin(part: list[str], told: IO[bytes]) -> subprocess.Popen[bytes]:
    """One part in a process of its own; the cache of failures is one file, and left to the rest."""
    more = ["-s"] if part is SOAK else []
    return subprocess.Popen([*PYTEST, "-p", "no:cacheprovider", *more, *part], stdout=told, stderr=subprocess.STDOUT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
