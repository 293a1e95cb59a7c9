"""The programs that the tests drive: found on this machine, or installed where that is possible."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

DEBIAN_PACKAGES = {
    "Chromium": "chromium-headless-shell",
    "Redis": "redis-server",
    "PostgreSQL": "postgresql",
    "nginx": "nginx-light",
}


def chromium() -> str | None:
    """The one without windows first: the same engine for a third less of the processor."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


def redis_server() -> str | None:
    return shutil.which("redis-server")


def postgresql() -> str | None:
    """The folder of initdb and postgres, which Debian keeps out of the PATH."""
    in_path = shutil.which("initdb")
    if in_path:
        return str(Path(in_path).resolve().parent)
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return str(found[-1].parent) if found else None


def nginx() -> str | None:
    """Also where only root has its folder in the PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def missing() -> list[str]:
    finders = {"Chromium": chromium, "Redis": redis_server, "PostgreSQL": postgresql, "nginx": nginx}
    return [name for name, find in finders.items() if find() is None]


def main() -> None:
    if missing() and shutil.which("apt-get") and os.geteuid() == 0:
        _install([DEBIAN_PACKAGES[name] for name in missing()])
    if missing():
        packages = " ".join(DEBIAN_PACKAGES[name] for name in missing())
        line = f"The tests also need {', '.join(missing())}; on Debian: sudo apt-get install {packages}"
        if os.environ.get("CI"):
            sys.exit(line)
        print(line)


def _install(packages: list[str]) -> None:
    print(f"Installing {' '.join(packages)} for the tests (once) ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "-qq", "update"], ["apt-get", "-qq", "-y", "install", *packages]):
        outcome = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
        if outcome.returncode:
            return


if __name__ == "__main__":
    main()
